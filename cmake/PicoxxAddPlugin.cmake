# picoxx_add_plugin(<name> [MODULE|STATIC|BOTH] SOURCES <file>... [LIBRARIES <library>...])
#
# Makes plugins of picoxx out of sources that have one PICOXX_PLUGIN in them. <name> is the plugin's name, of a-z, 0-9 and _.
#
#   MODULE (the default)  the target picoxx_<name>_plugin: the file picoxx_<name>.so, which PluginRegistry::load("<name>") looks for.
#                         It exports one symbol, and it does not link where a symbol is missing.
#   STATIC                the target picoxx_<name>_static_plugin, alias picoxx::plugins::<name>: a static library for programs that
#                         say PICOXX_STATIC_PLUGIN(<name>) and PluginRegistry::add_static(picoxx_plugin_entry_<name>).
#   BOTH                  both, each compiled from the same sources.
#
# The names differ from those of picoxx's own libraries, picoxx_<name> and picoxx::<name>. LIBRARIES are linked into both forms, so
# they are position independent; picoxx::sdk always is among them, picoxx::core never must be. Where tests are on (enable_testing()),
# the test picoxx_plugin_exports_<name> looks at the symbols of the module, and that it needs the shared standard library.
include_guard(GLOBAL)

function(picoxx_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "MODULE;STATIC;BOTH" "" "SOURCES;LIBRARIES")
  if(NOT name MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "picoxx_add_plugin: the name \"${name}\" is not of a-z, 0-9 and _, beginning with a letter")
  elseif(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "picoxx_add_plugin(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  elseif("picoxx::core" IN_LIST arg_LIBRARIES OR "picoxx::picoxx" IN_LIST arg_LIBRARIES)
    message(FATAL_ERROR "picoxx_add_plugin(${name}): the program has picoxx::core, a plugin must not have another; link picoxx::sdk")
  elseif(NOT arg_SOURCES)
    message(FATAL_ERROR "picoxx_add_plugin(${name}): SOURCES are missing")
  endif()

  if(arg_BOTH OR arg_STATIC)
    _picoxx_add_plugin_library(picoxx_${name}_static_plugin STATIC)
    add_library(picoxx::plugins::${name} ALIAS picoxx_${name}_static_plugin)
    target_compile_definitions(picoxx_${name}_static_plugin PRIVATE PICOXX_PLUGIN_STATIC_NAME=${name})
  endif()
  if(arg_BOTH OR arg_MODULE OR NOT arg_STATIC)
    set(target picoxx_${name}_plugin)
    _picoxx_add_plugin_library(${target} MODULE)
    set_target_properties(
      ${target}
      PROPERTIES PREFIX ""
                 OUTPUT_NAME picoxx_${name}
                 NO_SONAME ON)
    # At the end of the folder, so that it sees what is added to the target after this.
    cmake_language(EVAL CODE "cmake_language(DEFER CALL _picoxx_refuse_static_library \"${name}\")")
    if(APPLE)
      target_link_options(${target} PRIVATE "LINKER:-exported_symbol,_picoxx_plugin_entry")
    elseif(NOT WIN32)
      set(exports "${CMAKE_CURRENT_BINARY_DIR}/${target}.map")
      file(WRITE "${exports}" "{ global: picoxx_plugin_entry; local: *; };\n")
      set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${exports}")
      target_link_options(
        ${target}
        PRIVATE
        "LINKER:--version-script=${exports}"
        "LINKER:--exclude-libs,ALL"
        "LINKER:-z,relro"
        "LINKER:-z,now")
      get_target_property(options ${target} LINK_OPTIONS)
      if(NOT PICOXX_SANITIZE AND NOT "${options} ${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize")
        target_link_options(${target} PRIVATE "LINKER:-z,defs")
        if(CMAKE_TESTING_ENABLED)
          add_test(NAME picoxx_plugin_exports_${name}
                   COMMAND "${CMAKE_COMMAND}" "-DNM=${CMAKE_NM}" "-DREADELF=${CMAKE_READELF}"
                           "-DLIBRARY=$<TARGET_FILE:${target}>" -P
                           "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/PicoxxPluginExports.cmake")
        endif()
      endif()
    endif()
  endif()
endfunction()

function(_picoxx_add_plugin_library target type)
  add_library(${target} ${type} ${arg_SOURCES})
  target_compile_features(${target} PRIVATE cxx_std_20)
  set_target_properties(
    ${target}
    PROPERTIES CXX_EXTENSIONS OFF
               CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${target} PRIVATE picoxx::sdk ${arg_LIBRARIES})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # What a plugin must not have: a library that is never unmapped, or unmapped while threads run, has no good moment for them.
    target_compile_options(${target} PRIVATE -Wglobal-constructors -Wexit-time-destructors)
  endif()
endfunction()

# Options that come with a linked library are not seen here; the test of the module sees what they did.
function(_picoxx_refuse_static_library name)
  set(flags "${CMAKE_CXX_FLAGS} ${CMAKE_MODULE_LINKER_FLAGS}")
  foreach(config IN LISTS CMAKE_BUILD_TYPE CMAKE_CONFIGURATION_TYPES)
    string(TOUPPER "${config}" config)
    string(APPEND flags " ${CMAKE_CXX_FLAGS_${config}} ${CMAKE_MODULE_LINKER_FLAGS_${config}}")
  endforeach()
  foreach(property LINK_OPTIONS LINK_FLAGS LINK_LIBRARIES)
    get_target_property(value picoxx_${name}_plugin ${property})
    string(APPEND flags " ${value}")
  endforeach()
  if(flags MATCHES "-static-libstdc\\+\\+")
    message(FATAL_ERROR "picoxx_add_plugin(${name}): a plugin and its program share one standard library; "
                        "it cannot be linked with -static-libstdc++")
  endif()
endfunction()
