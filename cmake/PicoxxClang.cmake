# picoxx_find_clang(<variable>): clang++, or else the newest that the system has under a name with a version; cached.
include_guard(GLOBAL)

function(picoxx_find_clang variable)
  set(names clang++)
  foreach(version RANGE 40 14 -1)
    list(APPEND names clang++-${version})
  endforeach()
  find_program(${variable} NAMES ${names})
  mark_as_advanced(${variable})
endfunction()
