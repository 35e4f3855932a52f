/*
 * What a plugin file looks like from outside: one constant object with C linkage, `picoxx_plugin_entry`. Plain C (C11 and C++20).
 * A plugin is written with <picoxx/port/plugin.hpp>, which fills all of this in.
 *
 * The object begins with two parts without pointers, so that they can be read from the file before any code of it runs:
 *
 *   offset    0  picoxx_plugin_stamp    what the plugin is and what it was built for; its layout is frozen for ever
 *   offset  256  picoxx_plugin_listing  its components as text, for people and tools; `stamp.listing_size` bytes
 *   offset 2048  the component table, with pointers: read after loading only
 *
 * Compatibility: a plugin is accepted if `abi_major` is the program's, `abi_minor` is not above the program's, `build` is the
 * same text, and each component's `interface_version` is the program's for that port.
 */
#ifndef PICOXX_PORT_PLUGIN_H
#define PICOXX_PORT_PLUGIN_H

/* NOLINTBEGIN(modernize-*,readability-identifier-naming): C */

#include <stddef.h>
#include <stdint.h>

/* Raised when this file changes what an old plugin means by it; then the default directory of plugins changes, too. */
#define PICOXX_PLUGIN_ABI_MAJOR 1u
/* Raised when something optional is added. */
#define PICOXX_PLUGIN_ABI_MINOR 0u

/* 0x8b "PICOXX-PLUGIN" 0x0d 0x0a, and the same with "LISTING". */
#define PICOXX_PLUGIN_MAGIC \
    { 0x8b, 'P', 'I', 'C', 'O', 'X', 'X', '-', 'P', 'L', 'U', 'G', 'I', 'N', 0x0d, 0x0a }
#define PICOXX_PLUGIN_LISTING_MAGIC \
    { 0x8b, 'P', 'I', 'C', 'O', 'X', 'X', '-', 'L', 'I', 'S', 'T', 'I', 'N', 'G', 0x0a }

/* picoxx_plugin_stamp.flags: the library is never unmapped, whatever the program asks for. */
#define PICOXX_PLUGIN_FLAG_KEEP_MAPPED 1u

#ifdef __cplusplus
extern "C" {
#endif

/* Texts are zero-terminated and filled up with zeros. */
typedef struct picoxx_plugin_stamp {
    unsigned char magic[16]; /* PICOXX_PLUGIN_MAGIC */
    uint32_t stamp_size;     /* 256 */
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t core_version;    /* PICOXX_VERSION, shown only */
    uint32_t descriptor_size; /* sizeof(picoxx_plugin_descriptor) */
    uint32_t flags;           /* PICOXX_PLUGIN_FLAG_... */
    char build[80];           /* what decides binary compatibility, such as "x86_64;itanium;libstdc++/cxx11;nosan" */
    char toolchain[40];       /* such as "gcc 12.2.0", shown only */
    char name[48];            /* [a-z][a-z0-9_]* */
    char version[32];         /* the plugin's own, free text */
    uint32_t listing_size;    /* bytes of the listing right behind the stamp; 0: there is none */
    unsigned char reserved[12];
} picoxx_plugin_stamp;

/* One line for each component: `<interface_id> <name> <interface_version> <summary>` and a line feed. */
typedef struct picoxx_plugin_listing {
    unsigned char magic[16]; /* PICOXX_PLUGIN_LISTING_MAGIC */
    char text[1776];         /* zero-terminated and filled up with zeros */
} picoxx_plugin_listing;

/* One option given to a component. Not zero-terminated; the texts live until `create` returns. */
typedef struct picoxx_kv {
    const char* key;
    size_t key_size;
    const char* value;
    size_t value_size;
} picoxx_kv;

/* Services of the program for its components. There are none yet. */
typedef struct picoxx_host picoxx_host;

typedef struct picoxx_create_args {
    uint32_t size; /* sizeof(picoxx_create_args) of the program */
    uint32_t config_count;
    const picoxx_kv* config;
    const picoxx_host* host; /* may be null */
} picoxx_create_args;

/* Filled by `create` where it returns null; belongs to the program. */
typedef struct picoxx_error {
    uint32_t size; /* sizeof(picoxx_error) of the program */
    int32_t code;  /* a picoxx::Errc: plugin_bad_config or plugin_create_failed */
    char text[504];
} picoxx_error;

/* One implementation of one port. Both functions never throw and may be called on any thread. */
typedef struct picoxx_component {
    uint32_t size; /* sizeof(picoxx_component) of the plugin */
    uint32_t interface_version;
    const char* interface_id; /* such as "picoxx.balance_strategy" */
    const char* name;         /* [a-z][a-z0-9_]*: what options and DSNs call it */
    const char* summary;
    /* A pointer to the port (not to the class that implements it), or null with `error` filled. */
    void* (*create)(const picoxx_create_args* args, picoxx_error* error);
    void (*destroy)(void* port);
} picoxx_component;

typedef struct picoxx_plugin_descriptor {
    picoxx_plugin_stamp stamp;
    picoxx_plugin_listing listing;
    const picoxx_component* components;
    uint32_t component_count;
    uint32_t component_stride; /* sizeof(picoxx_component) of the plugin */
} picoxx_plugin_descriptor;

#ifdef __cplusplus
}  // extern "C"

static_assert(sizeof(picoxx_plugin_stamp) == 256 && offsetof(picoxx_plugin_stamp, build) == 40 &&
              offsetof(picoxx_plugin_stamp, toolchain) == 120 && offsetof(picoxx_plugin_stamp, name) == 160 &&
              offsetof(picoxx_plugin_stamp, version) == 208 && offsetof(picoxx_plugin_stamp, listing_size) == 240);
static_assert(offsetof(picoxx_plugin_descriptor, stamp) == 0 && offsetof(picoxx_plugin_descriptor, listing) == 256 &&
              offsetof(picoxx_plugin_descriptor, components) == 2048);
static_assert(sizeof(picoxx_error) == 512);
static_assert(sizeof(void*) != 8 || (sizeof(picoxx_component) == 48 && sizeof(picoxx_plugin_descriptor) == 2064 &&
                                     sizeof(picoxx_create_args) == 24 && sizeof(picoxx_kv) == 32));
#endif

/* NOLINTEND(modernize-*,readability-identifier-naming) */
#endif
