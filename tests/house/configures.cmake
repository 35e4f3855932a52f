# cmake -DSOURCE=... -DBUILD=... -DGENERATOR=... -DCOMPILER=... -P configures.cmake
# A user's first configuring, with this CMake: it prints no warning, and leaves the compiler's warnings warnings.
cmake_minimum_required(VERSION 3.22)
file(REMOVE_RECURSE "${BUILD}")
execute_process(
  COMMAND "${CMAKE_COMMAND}" -S "${SOURCE}" -B "${BUILD}" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}"
  OUTPUT_QUIET
  ERROR_VARIABLE errors COMMAND_ERROR_IS_FATAL ANY)
if(errors)
  message(FATAL_ERROR "configuring is not silent:\n${errors}")
endif()
load_cache("${BUILD}" READ_WITH_PREFIX built_ PICOXX_WARNINGS_AS_ERRORS)
if(built_PICOXX_WARNINGS_AS_ERRORS)
  message(FATAL_ERROR "a user's build stops at a warning")
endif()
