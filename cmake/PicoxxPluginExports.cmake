# cmake -DNM=nm -DLIBRARY=file -P PicoxxPluginExports.cmake
# Fails unless the one symbol that a plugin shows is its descriptor.
execute_process(COMMAND "${NM}" -D --defined-only --format=posix "${LIBRARY}" OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE " [^\n]*\n" ";" symbols "${symbols}")
string(REGEX REPLACE ";$" "" symbols "${symbols}")
if(NOT symbols STREQUAL "picoxx_plugin_entry")
  message(FATAL_ERROR "${LIBRARY} exports \"${symbols}\"; it must export picoxx_plugin_entry and nothing else. "
                      "Is there a PICOXX_PLUGIN in its sources?")
endif()
