# The toolchain file of the presets that compile with Clang.
include("${CMAKE_CURRENT_LIST_DIR}/PicoxxClang.cmake")
picoxx_find_clang(PICOXX_CLANG)
set(CMAKE_CXX_COMPILER "${PICOXX_CLANG}")
