# Configures, builds and runs one consumer project in a fresh folder, as its author would.
#   cmake -DSOURCE=... -DBUILD=... -DARGUMENTS=... [-DPREFIX=...] [-DPROGRAM=...] [-DSAYS=regex] [-DREFUSED=regex] -P consumer.cmake
# PREFIX: where picoxx is installed. PROGRAM: what is built and run. SAYS: what it prints; without it the project's own tests are run
# instead. REFUSED: it must not even configure, and say this.
cmake_minimum_required(VERSION 3.22)

function(run step)
  execute_process(
    COMMAND ${ARGN}
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  message("${output}")
  string(REGEX REPLACE "[ \n]+" " " output "${output}")  # CMake breaks the lines of its messages
  set(output "${output}" PARENT_SCOPE)
  set(result "${result}" PARENT_SCOPE)
  if(NOT result EQUAL 0 AND NOT step STREQUAL "try")
    message(FATAL_ERROR "${step}: exit status ${result}")
  endif()
endfunction()

file(REMOVE_RECURSE "${BUILD}")
set(configure "${CMAKE_COMMAND}" -S "${SOURCE}" -B "${BUILD}" ${ARGUMENTS})
if(PREFIX)
  list(APPEND configure "-DCMAKE_PREFIX_PATH=${PREFIX}")
endif()

if(REFUSED)
  run(try ${configure})
  if(result EQUAL 0)
    message(FATAL_ERROR "this should have been refused")
  elseif(NOT output MATCHES "${REFUSED}")
    message(FATAL_ERROR "refused, but without saying: ${REFUSED}")
  endif()
  return()
endif()

run(configure ${configure})
if(PREFIX)
  load_cache("${BUILD}" READ_WITH_PREFIX cached_ picoxx_DIR)
  string(FIND "${cached_picoxx_DIR}" "${PREFIX}/" place)
  if(NOT place EQUAL 0)
    message(FATAL_ERROR "found in ${cached_picoxx_DIR}, not below ${PREFIX}")
  endif()
endif()
run(build "${CMAKE_COMMAND}" --build "${BUILD}" --target "${PROGRAM}" --parallel 2)
if(NOT SAYS)
  run(test "${CMAKE_CTEST_COMMAND}" --test-dir "${BUILD}" --no-tests=error --output-on-failure)
  return()
endif()
run("run" "${BUILD}/${PROGRAM}")
if(NOT output MATCHES "${SAYS}")
  message(FATAL_ERROR "the program does not say: ${SAYS}")
endif()
