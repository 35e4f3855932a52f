# Compiles through ccache where it is installed, unless the user chose a launcher; only for our own build, never for a
# project that embeds us.
if(PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(PICOXX_CCACHE ccache)
  mark_as_advanced(PICOXX_CCACHE)
  if(PICOXX_CCACHE)
    # What ccache's manual asks for where headers are precompiled.
    set(CMAKE_CXX_COMPILER_LAUNCHER env "CCACHE_SLOPPINESS=pch_defines,time_macros" "${PICOXX_CCACHE}")
  endif()
endif()
