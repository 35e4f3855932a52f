# What `cmake --install` puts in place: libraries, headers and the package that find_package(picoxx) reads. Every component has an
# export set of its own, so that who asks for one needs only what that one needs.
include_guard(GLOBAL)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(PICOXX_INSTALL_PACKAGEDIR "${CMAKE_INSTALL_LIBDIR}/cmake/picoxx")

# Plugins of another ABI lie in another folder. The header knows the number.
file(STRINGS "${PROJECT_SOURCE_DIR}/core/include/picoxx/port/plugin.h" PICOXX_PLUGIN_ABI_MAJOR
     REGEX "^#define PICOXX_PLUGIN_ABI_MAJOR ")
string(REGEX REPLACE "[^0-9]" "" PICOXX_PLUGIN_ABI_MAJOR "${PICOXX_PLUGIN_ABI_MAJOR}")
set(PICOXX_INSTALL_PLUGINDIR "${CMAKE_INSTALL_LIBDIR}/picoxx/plugins-${PICOXX_PLUGIN_ABI_MAJOR}")
set(PICOXX_INSTALL_FULL_PLUGINDIR "${CMAKE_INSTALL_FULL_LIBDIR}/picoxx/plugins-${PICOXX_PLUGIN_ABI_MAJOR}")

# picoxx_install(<component> TARGETS <target>... [HEADERS <folder>] [EXCEPT <header>...])
# Installs the targets (as picoxx::<name>, the name without its picoxx_) and what is in HEADERS as one component of
# find_package(picoxx). What the component needs is read off the targets; components it needs must be installed before it.
function(picoxx_install component)
  if(NOT PICOXX_INSTALL)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "HEADERS" "TARGETS;EXCEPT")

  foreach(target IN LISTS arg_TARGETS)
    get_target_property(name ${target} EXPORT_NAME)
    if(NOT name)
      string(REGEX REPLACE "^picoxx_" "" name ${target})
      set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
    endif()
  endforeach()
  install(
    TARGETS ${arg_TARGETS}
    EXPORT picoxx-${component}
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(
    EXPORT picoxx-${component}
    NAMESPACE picoxx::
    FILE picoxx-${component}.cmake
    DESTINATION "${PICOXX_INSTALL_PACKAGEDIR}")
  if(arg_HEADERS)
    set(except "")
    foreach(header IN LISTS arg_EXCEPT)
      list(APPEND except PATTERN ${header} EXCLUDE)
    endforeach()
    install(DIRECTORY "${arg_HEADERS}/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" ${except})
  endif()

  _picoxx_needs(components packages ${arg_TARGETS})
  list(REMOVE_ITEM components ${component})
  get_property(installed GLOBAL PROPERTY PICOXX_INSTALLED_COMPONENTS)
  foreach(needed IN LISTS components)
    if(NOT needed IN_LIST installed)
      message(FATAL_ERROR "picoxx::${component} needs picoxx::${needed}, which is not installed before it")
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY PICOXX_INSTALLED_COMPONENTS ${component})
  set_property(
    GLOBAL APPEND_STRING
    PROPERTY PICOXX_COMPONENT_TABLE
             "set(_picoxx_${component}_components ${components})\nset(_picoxx_${component}_packages ${packages})\n")
endfunction()

# The components of ours and the packages that the targets link, privately too: these are static libraries.
function(_picoxx_needs components_variable packages_variable)
  set(components "")
  set(packages "")
  foreach(target IN LISTS ARGN)
    get_target_property(libraries ${target} INTERFACE_LINK_LIBRARIES)
    foreach(library IN LISTS libraries)
      string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" library "${library}")
      string(REGEX REPLACE "::.*" "" package "${library}")
      if(library MATCHES "^picoxx::(.+)$")
        list(APPEND components ${CMAKE_MATCH_1})
      elseif(DEFINED PICOXX_FIND_${package})
        list(APPEND packages ${package})
      elseif(library MATCHES "::")  # a library of the system is only a name
        message(FATAL_ERROR "${target} links ${library}: cmake/PicoxxDependencies.cmake does not say whose it is")
      endif()
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES components)
  list(REMOVE_DUPLICATES packages)
  set(${components_variable} ${components} PARENT_SCOPE)
  set(${packages_variable} ${packages} PARENT_SCOPE)
endfunction()

# picoxx_install_package(): the files that find_package(picoxx) reads, once every component is known.
function(picoxx_install_package)
  if(NOT PICOXX_INSTALL)
    return()
  endif()
  get_property(PICOXX_INSTALLED_COMPONENTS GLOBAL PROPERTY PICOXX_INSTALLED_COMPONENTS)
  get_property(PICOXX_COMPONENT_TABLE GLOBAL PROPERTY PICOXX_COMPONENT_TABLE)
  list(JOIN PICOXX_INSTALLED_COMPONENTS " " PICOXX_INSTALLED_COMPONENTS)
  foreach(package Threads Boost PostgreSQL spdlog GTest OpenSSL)
    string(APPEND PICOXX_COMPONENT_TABLE "set(_picoxx_find_${package} ${PICOXX_FIND_${package}})\n")
  endforeach()
  string(REPLACE ";" " " PICOXX_COMPONENT_TABLE "${PICOXX_COMPONENT_TABLE}")

  configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/cmake/picoxxConfig.cmake.in" "${PROJECT_BINARY_DIR}/picoxxConfig.cmake"
    INSTALL_DESTINATION "${PICOXX_INSTALL_PACKAGEDIR}" PATH_VARS PICOXX_INSTALL_PLUGINDIR
    NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/picoxxConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/picoxxConfig.cmake" "${PROJECT_BINARY_DIR}/picoxxConfigVersion.cmake"
                "${PROJECT_SOURCE_DIR}/cmake/PicoxxAddPlugin.cmake" "${PROJECT_SOURCE_DIR}/cmake/PicoxxPluginExports.cmake"
          DESTINATION "${PICOXX_INSTALL_PACKAGEDIR}")
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/CHANGELOG.md" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
endfunction()
