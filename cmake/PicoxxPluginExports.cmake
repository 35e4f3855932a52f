# cmake -DNM=nm -DREADELF=readelf -DLIBRARY=file -P PicoxxPluginExports.cmake
# Fails unless the one symbol that a plugin shows is its descriptor, and it shares the standard library with its program.
execute_process(COMMAND "${NM}" -D --defined-only --format=posix "${LIBRARY}" OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE " [^\n]*\n" ";" symbols "${symbols}")
string(REGEX REPLACE ";$" "" symbols "${symbols}")
if(NOT symbols STREQUAL "picoxx_plugin_entry")
  message(FATAL_ERROR "${LIBRARY} exports \"${symbols}\"; it must export picoxx_plugin_entry and nothing else. "
                      "Is there a PICOXX_PLUGIN in its sources?")
endif()

execute_process(COMMAND "${READELF}" -d "${LIBRARY}" OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
if(NOT dynamic MATCHES "\\(NEEDED\\)[^\n]*\\[lib(std)?c\\+\\+")
  message(FATAL_ERROR "${LIBRARY} needs no shared C++ standard library, so it brings one of its own. "
                      "Is it linked with -static-libstdc++?")
endif()
