# How picoxx targets are made: one function per kind of thing.
include_guard(GLOBAL)

# picoxx_add_folders(<folder>...): add_subdirectory for each that has a CMakeLists.txt.
function(picoxx_add_folders)
  foreach(folder IN LISTS ARGN)
    if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt")
      add_subdirectory("${folder}")
    endif()
  endforeach()
endfunction()

# picoxx_configure(<target>): the language level, warnings, visibility and sanitizers every target of ours has.
function(picoxx_configure target)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    target_compile_features(${target} INTERFACE cxx_std_20)
    return()
  endif()

  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(
    ${target}
    PROPERTIES CXX_EXTENSIONS OFF
               CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               POSITION_INDEPENDENT_CODE ON)
  target_compile_definitions(${target} PRIVATE BOOST_ASIO_NO_DEPRECATED)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # GCC's -Wconversion leaves signedness out; mean the same with both compilers.
    target_compile_options(${target} PRIVATE -Wno-sign-conversion)
  else()
    # When it optimises, GCC sees uninitialised members: 12 of options that are given by name, where making a later member may
    # throw; 14 of a std::optional that is empty. Clang and the sanitizers find the real ones.
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
    if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      target_compile_options(${target} PRIVATE -Wno-restrict)  # overlapping copies in std::string's operator+, its bug 105651
    endif()
  endif()
  if(PICOXX_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(PICOXX_SANITIZE)
    set(sanitize "-fsanitize=${PICOXX_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer)
    if(PICOXX_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      list(APPEND sanitize -fno-sanitize=function)  # clang 14 cannot compile coroutines with it
    endif()
    target_compile_options(${target} PRIVATE ${sanitize})
    if(PICOXX_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # Asio fences the memory around each handler, which this sanitizer does not see; its locks and queues it does.
      target_compile_options(${target} PRIVATE -Wno-tsan)
    endif()
    target_link_options(${target} PRIVATE ${sanitize})
  endif()
endfunction()

# picoxx_add_component(<name> SOURCES <file>... [PUBLIC_LIBRARIES <lib>...] [LIBRARIES <lib>...])
# An adapter or a strategy in its folder (include/ public, src/ private): the static library picoxx_<name>, alias
# picoxx::<name>, and what installs it. It sees the ports (picoxx::sdk) and what LIBRARIES brings, nothing else of ours.
function(picoxx_add_component name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC_LIBRARIES;LIBRARIES")
  set(target picoxx_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(picoxx::${name} ALIAS ${target})
  picoxx_configure(${target})
  target_include_directories(
    ${target}
    PUBLIC "$<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>"
    PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/src")
  target_link_libraries(
    ${target}
    PUBLIC picoxx::sdk ${arg_PUBLIC_LIBRARIES}
    PRIVATE ${arg_LIBRARIES})
  picoxx_install(${name} TARGETS ${target} HEADERS include)
endfunction()

# picoxx_add_example(<name> SOURCES <file>... [LIBRARIES <lib>...]): a program of examples/.
function(picoxx_add_example name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  add_executable(${name} ${arg_SOURCES})
  picoxx_configure(${name})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
endfunction()

# picoxx_add_test(<name> SOURCES <file>... [LIBRARIES <lib>...] [LABELS <label>...] [TIMEOUT <seconds>] [AS_ONE])
# A GoogleTest program; ctest sees each of its tests as <name>.<suite>.<test>, run in a process of its own. LABELS: unit,
# contract, simulation, cluster, house, and `threads` for what is worth running under ThreadSanitizer. TIMEOUT is for one
# test, default 60. AS_ONE: ctest runs the whole program as one test, for tests that share a costly environment.
# The target picoxx_tests_<label> builds every program with that label.
function(picoxx_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "AS_ONE" "TIMEOUT" "SOURCES;LIBRARIES;LABELS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name} ${arg_SOURCES})
  picoxx_configure_test_program(${name})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
  if(PICOXX_PRECOMPILED_HEADERS)
    target_precompile_headers(${name} REUSE_FROM picoxx_test_headers)
  endif()
  foreach(label IN LISTS arg_LABELS)
    if(NOT TARGET picoxx_tests_${label})
      add_custom_target(picoxx_tests_${label})
    endif()
    add_dependencies(picoxx_tests_${label} ${name})
  endforeach()

  set(environment "")
  if(PICOXX_SANITIZE STREQUAL "thread")
    set(environment
        ENVIRONMENT "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/support/tsan_suppressions.txt:die_after_fork=0")
  endif()
  if(arg_AS_ONE)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}" ${environment})
    return()
  endif()
  gtest_discover_tests(
    ${name}
    TEST_PREFIX "${name}."
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${arg_TIMEOUT} ${environment})
  if(arg_LABELS)
    # gtest_discover_tests cannot pass a list on in every CMake we support: label what it found by a file of our own.
    set(file "${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake")
    file(
      WRITE "${file}"
      "if(${name}_TESTS)\n  set_tests_properties(\${${name}_TESTS} PROPERTIES LABELS \"${arg_LABELS}\")\nendif()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${file}")
  endif()
endfunction()

# picoxx_configure_test_program(<target>): what all test programs, and the headers precompiled for them, are compiled with.
function(picoxx_configure_test_program target)
  picoxx_configure(${target})
  # To optimise the tests themselves would take most of the time that a build takes; what they test stays optimised.
  target_compile_options(${target} PRIVATE "$<$<NOT:$<CONFIG:Debug>>:-O0;-g1>")
  target_link_libraries(${target} PRIVATE GTest::gmock_main Threads::Threads)
endfunction()

if(PICOXX_BUILD_TESTS)
  include(GoogleTest)
  if(PICOXX_PRECOMPILED_HEADERS)
    file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/test_headers.cpp" CONTENT "")
    add_library(picoxx_test_headers OBJECT "${PROJECT_BINARY_DIR}/test_headers.cpp")
    picoxx_configure_test_program(picoxx_test_headers)
    set_target_properties(picoxx_test_headers PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(picoxx_test_headers PRIVATE -fPIE)  # as programs are
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      # Else ccache would take each for another.
      target_compile_options(picoxx_test_headers PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
    target_precompile_headers(
      picoxx_test_headers
      PRIVATE
      <gmock/gmock.h>
      <gtest/gtest.h>
      <algorithm>
      <chrono>
      <functional>
      <map>
      <memory>
      <string>
      <thread>
      <vector>)
  endif()
endif()
