#pragma once

#include <version>

// What decides whether two C++ libraries can share objects: CPU, C++ ABI family, standard library with its ABI mode,
// sanitizer. The compiler's name does not: plugins of GCC and clang work in programs of the other.

#if defined(__x86_64__) && defined(__ILP32__)
#    define PICOXX_PLUGIN_CPU "x32"
#elif defined(__x86_64__) || defined(_M_X64)
#    define PICOXX_PLUGIN_CPU "x86_64"
#elif defined(__i386__) || defined(_M_IX86)
#    define PICOXX_PLUGIN_CPU "i386"
#elif defined(__aarch64__) || defined(_M_ARM64)
#    define PICOXX_PLUGIN_CPU "aarch64"
#elif defined(__arm__)
#    define PICOXX_PLUGIN_CPU "arm"
#elif defined(__powerpc64__)
#    define PICOXX_PLUGIN_CPU "ppc64"
#elif defined(__riscv)
#    define PICOXX_PLUGIN_CPU "riscv"
#elif defined(__s390x__)
#    define PICOXX_PLUGIN_CPU "s390x"
#else
#    define PICOXX_PLUGIN_CPU "cpu"  // the ELF header tells it, too
#endif

#define PICOXX_PLUGIN_TEXT_OF(number) #number
#define PICOXX_PLUGIN_TEXT(number) PICOXX_PLUGIN_TEXT_OF(number)

#if defined(_MSC_VER)
#    define PICOXX_PLUGIN_CXX_ABI "msvc" PICOXX_PLUGIN_TEXT(_MSC_VER)
#else
#    define PICOXX_PLUGIN_CXX_ABI "itanium"
#endif

#if defined(_LIBCPP_VERSION)
#    define PICOXX_PLUGIN_STDLIB "libc++/abi" PICOXX_PLUGIN_TEXT(_LIBCPP_ABI_VERSION)
#elif defined(__GLIBCXX__)
#    if _GLIBCXX_USE_CXX11_ABI
#        define PICOXX_PLUGIN_STDLIB_MODE "cxx11"
#    else
#        define PICOXX_PLUGIN_STDLIB_MODE "cow"
#    endif
#    if defined(_GLIBCXX_DEBUG)
#        define PICOXX_PLUGIN_STDLIB "libstdc++/" PICOXX_PLUGIN_STDLIB_MODE "/debug"
#    else
#        define PICOXX_PLUGIN_STDLIB "libstdc++/" PICOXX_PLUGIN_STDLIB_MODE
#    endif
#elif defined(_MSVC_STL_VERSION)
#    define PICOXX_PLUGIN_STDLIB "msvcstl/idl" PICOXX_PLUGIN_TEXT(_ITERATOR_DEBUG_LEVEL)
#else
#    error "picoxx plugins: unknown C++ standard library"
#endif

#if defined(__has_feature)
#    define PICOXX_PLUGIN_HAS_FEATURE(feature) __has_feature(feature)
#else
#    define PICOXX_PLUGIN_HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || PICOXX_PLUGIN_HAS_FEATURE(address_sanitizer)
#    define PICOXX_PLUGIN_SANITIZER "asan"
#    define PICOXX_PLUGIN_SANITIZED 1
#elif defined(__SANITIZE_THREAD__) || PICOXX_PLUGIN_HAS_FEATURE(thread_sanitizer)
#    define PICOXX_PLUGIN_SANITIZER "tsan"
#    define PICOXX_PLUGIN_SANITIZED 1
#elif PICOXX_PLUGIN_HAS_FEATURE(memory_sanitizer)
#    define PICOXX_PLUGIN_SANITIZER "msan"
#    define PICOXX_PLUGIN_SANITIZED 1
#else
#    define PICOXX_PLUGIN_SANITIZER "nosan"
#    define PICOXX_PLUGIN_SANITIZED 0
#endif

/// picoxx_plugin_stamp::build of what is compiled here.
#define PICOXX_PLUGIN_BUILD \
    PICOXX_PLUGIN_CPU ";" PICOXX_PLUGIN_CXX_ABI ";" PICOXX_PLUGIN_STDLIB ";" PICOXX_PLUGIN_SANITIZER

/// picoxx_plugin_stamp::toolchain of what is compiled here.
#if defined(__clang__)
#    define PICOXX_PLUGIN_TOOLCHAIN                                                                                  \
        "clang " PICOXX_PLUGIN_TEXT(__clang_major__) "." PICOXX_PLUGIN_TEXT(__clang_minor__) "." PICOXX_PLUGIN_TEXT( \
            __clang_patchlevel__)
#elif defined(__GNUC__)
#    define PICOXX_PLUGIN_TOOLCHAIN                                                                        \
        "gcc " PICOXX_PLUGIN_TEXT(__GNUC__) "." PICOXX_PLUGIN_TEXT(__GNUC_MINOR__) "." PICOXX_PLUGIN_TEXT( \
            __GNUC_PATCHLEVEL__)
#elif defined(_MSC_VER)
#    define PICOXX_PLUGIN_TOOLCHAIN "msvc " PICOXX_PLUGIN_TEXT(_MSC_FULL_VER)
#else
#    define PICOXX_PLUGIN_TOOLCHAIN "unknown"
#endif
