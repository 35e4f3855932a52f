// Every file that is no good plugin, and what the user is told. The files are made by the build (modules/) or here.
#include "plugin_test.hpp"

#include <picoxx/plugin_registry.hpp>

#include <picoxx/port/plugin_build.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <ostream>
#include <stdexcept>
#include <string>

#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

PICOXX_STATIC_PLUGIN(round_robin);

namespace picoxx {
namespace {

using testing::build_tree;
using testing::content_of;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::module;
using testing::shipped;
using ::testing::StartsWith;
using testing::TemporaryFolder;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

struct BadFile {
    std::string name;
    /// Where it is; it may make it.
    std::function<std::filesystem::path(const TemporaryFolder&)> file;
    Errc code;
    /// What stands behind `plugin "<path>": `; %p is the path.
    std::string text;
    /// Whether `inspect` says so, too: it runs nothing, so it cannot know what shows on loading only.
    bool is_seen_in_the_file = true;
};

void PrintTo(const BadFile& bad, std::ostream* out) { *out << bad.name; }

BadFile built(const std::string& name, Errc code, std::string text, bool is_seen_in_the_file = true) {
    return {name, [name](const TemporaryFolder&) { return module(name); }, code, std::move(text), is_seen_in_the_file};
}

BadFile written(const std::string& name, Errc code, std::string text, std::function<std::string()> content) {
    return {name, [=](const TemporaryFolder& folder) { return folder.write(name, content()); }, code, std::move(text)};
}

std::string good_plugin() { return content_of(shipped("random")); }

std::string good_plugin_with(std::size_t at, char byte) {
    std::string content = good_plugin();
    content[at] = byte;
    return content;
}

/// Edits the first program header of a kind.
std::string good_plugin_with_header(std::uint32_t type, const std::function<void(ElfW(Phdr) &)>& edit) {
    std::string content = good_plugin();
    ElfW(Ehdr) header;
    std::memcpy(&header, content.data(), sizeof header);
    for (std::size_t i = 0; i < header.e_phnum; ++i) {
        char* const at = content.data() + header.e_phoff + i * sizeof(ElfW(Phdr));
        ElfW(Phdr) entry;
        std::memcpy(&entry, at, sizeof entry);
        if (entry.p_type != type) continue;
        edit(entry);
        std::memcpy(at, &entry, sizeof entry);
        return content;
    }
    throw std::logic_error{"there is no such header"};
}

const std::string misfit = "damaged ELF file: its segments do not fit together";

std::string other_build(std::string_view from, std::string_view to) {
    return "not binary compatible: built as \"" + replaced(PICOXX_PLUGIN_BUILD, from, to) + "\" with " +
           PICOXX_PLUGIN_TOOLCHAIN + ", this program is \"" + PICOXX_PLUGIN_BUILD + "\" (" + PICOXX_PLUGIN_TOOLCHAIN +
           "); rebuild it with the same C++ standard library and sanitizer setting";
}

const std::string no_descriptor = "a shared library, but not a picoxx plugin (no PICOXX_PLUGIN descriptor in it)";

const BadFile bad_files[] = {
    // -------------------------------------------------------------------------------------------------- no such file
    {"missing", [](const TemporaryFolder& folder) { return folder.path() / "missing.so"; }, Errc::plugin_not_found,
     "no such file (No such file or directory)"},
    {"dangling_link",
     [](const TemporaryFolder& folder) {
         std::filesystem::create_symlink(folder.path() / "nowhere", folder.path() / "link.so");
         return folder.path() / "link.so";
     },
     Errc::plugin_not_found, "no such file (No such file or directory)"},
    {"relative", [](const TemporaryFolder&) { return std::filesystem::path{"picoxx_random.so"}; },
     Errc::plugin_bad_name, "path is not absolute; relative paths are never searched"},
    {"empty_path", [](const TemporaryFolder&) { return std::filesystem::path{}; }, Errc::plugin_bad_name,
     "path is not absolute; relative paths are never searched"},

    // ---------------------------------------------------------------------------------------------------- no library
    {"folder", [](const TemporaryFolder& folder) { return folder.folder("folder.so"); }, Errc::plugin_not_a_library,
     "not a regular file"},
    {"fifo",
     [](const TemporaryFolder& folder) {
         const auto path = folder.path() / "fifo.so";
         ::mkfifo(path.c_str(), 0644);
         return path;
     },
     Errc::plugin_not_a_library, "not a regular file"},
    {"device", [](const TemporaryFolder&) { return std::filesystem::path{"/dev/null"}; }, Errc::plugin_not_a_library,
     "not a regular file"},
    written("text", Errc::plugin_not_a_library, "not an ELF shared library (6 bytes)", [] { return "hello\n"; }),
    written("empty", Errc::plugin_not_a_library, "not an ELF shared library (0 bytes)", [] { return ""; }),
    written("tiny", Errc::plugin_not_a_library, "not an ELF shared library (4 bytes)", [] { return "\177ELF"; }),
    written("object_file", Errc::plugin_not_a_library,
            "not an ELF shared library (" + std::to_string(std::filesystem::file_size(shipped("random"))) + " bytes)",
            [] { return good_plugin_with(16, 1); }),
    written("other_word_size", Errc::plugin_not_a_library, "wrong ELF class or byte order for this program",
            [] { return good_plugin_with(4, sizeof(void*) == 8 ? 1 : 2); }),
    written("other_byte_order", Errc::plugin_not_a_library, "wrong ELF class or byte order for this program",
            [] { return good_plugin_with(5, 2); }),
#if defined(__x86_64__)
    written("other_processor", Errc::plugin_not_a_library,
            "built for another processor (ELF machine 183, this program is 62)",
            [] { return good_plugin_with(18, static_cast<char>(183)); }),
#endif
    written("without_program_headers", Errc::plugin_not_a_library,
            "truncated ELF file: program headers end at byte %n, the file has 64",
            [] { return good_plugin().substr(0, 64); }),
    written("segment_without_memory", Errc::plugin_not_a_library, misfit,
            [] {
                return good_plugin_with_header(PT_LOAD, [](ElfW(Phdr) & entry) { entry.p_memsz = entry.p_filesz / 2; });
            }),
    written("segments_over_each_other", Errc::plugin_not_a_library, misfit,
            [] { return good_plugin_with_header(PT_LOAD, [](ElfW(Phdr) & entry) { entry.p_memsz = 0x100'0000; }); }),
    written("segment_out_of_step", Errc::plugin_not_a_library, misfit,
            [] { return good_plugin_with_header(PT_LOAD, [](ElfW(Phdr) & entry) { entry.p_vaddr += 8; }); }),
    written("dynamic_part_elsewhere", Errc::plugin_not_a_library, misfit,
            [] { return good_plugin_with_header(PT_DYNAMIC, [](ElfW(Phdr) & entry) { entry.p_vaddr += 0x10'0000; }); }),
    written(
        "protected_part_elsewhere", Errc::plugin_not_a_library, misfit,
        [] { return good_plugin_with_header(PT_GNU_RELRO, [](ElfW(Phdr) & entry) { entry.p_memsz = 0x100'0000; }); }),

    // ----------------------------------------------------------------------------------------------------- no plugin
    built("no_descriptor", Errc::plugin_not_a_plugin, no_descriptor),
    {"program", [](const TemporaryFolder&) { return std::filesystem::path{PICOXX_TEST_PROGRAM}; },
     Errc::plugin_not_a_plugin, no_descriptor},
    {"this_program", [](const TemporaryFolder&) { return std::filesystem::path{"/proc/self/exe"}; },
     Errc::plugin_not_a_plugin, "a program with a picoxx plugin linked in, not a plugin"},
    built("not_exported", Errc::plugin_not_a_plugin,
          "descriptor present but symbol \"picoxx_plugin_entry\" is not exported (was it built with "
          "picoxx_add_plugin()?)"),

    // --------------------------------------------------------------------------------------------- another program's
    built("other_abi", Errc::plugin_abi_mismatch,
          "built for plugin ABI 2.0, this program has plugin ABI 1.0; rebuild the plugin against picoxx 0.1.0"),
    built("newer_abi", Errc::plugin_core_too_old,
          "needs plugin ABI 1.2 (picoxx 0.5.0), this program has plugin ABI 1.0 (picoxx 0.1.0); upgrade picoxx or "
          "rebuild "
          "the plugin"),
    built("other_library", Errc::plugin_build_mismatch, other_build("libstdc++/cxx11", "libc++/abi1")),
    built("debug_library", Errc::plugin_build_mismatch, other_build("cxx11", "cxx11/debug")),
    built("cow_strings", Errc::plugin_build_mismatch, other_build("cxx11", "cow")),
    built("other_sanitizer", Errc::plugin_build_mismatch, other_build(PICOXX_PLUGIN_SANITIZER, "msan")),
#if defined(__x86_64__)
    built("control_characters", Errc::plugin_build_mismatch, other_build("x86_64", "??[1m?")),
#endif
    built("unended_text", Errc::plugin_build_mismatch, other_build(PICOXX_PLUGIN_BUILD, std::string(80, 'x'))),
    built("other_port_version", Errc::plugin_abi_mismatch,
          "other_port_version implements picoxx.balance_strategy version 2, this program uses version 1"),
    built("other_port_version_in_memory", Errc::plugin_abi_mismatch,
          "other_port_version_in_memory implements picoxx.balance_strategy version 2, this program uses version 1",
          false),

    // ------------------------------------------------------------------------------------------------------- damaged
    built("small_stamp", Errc::plugin_bad_descriptor, "damaged descriptor: stamp size 128, expected 256"),
    built("small_descriptor", Errc::plugin_bad_descriptor,
          "damaged descriptor: descriptor size 256, expected at least " +
              std::to_string(sizeof(picoxx_plugin_descriptor))),
    built("bad_own_name", Errc::plugin_bad_descriptor,
          "damaged descriptor: its name \"../_own_name\" is not of a-z, 0-9 and _"),
    built("long_listing", Errc::plugin_bad_descriptor,
          "damaged descriptor: its list of components is not where it should be"),
    built("no_listing_magic", Errc::plugin_bad_descriptor,
          "damaged descriptor: its list of components is not where it should be"),
    built("bad_listing", Errc::plugin_bad_descriptor, "damaged descriptor: its list of components cannot be read"),
    built("no_components", Errc::plugin_bad_descriptor, "damaged descriptor: it lists no components", false),
    built("null_components", Errc::plugin_bad_descriptor, "damaged descriptor: it lists no components", false),
    built("many_components", Errc::plugin_bad_descriptor, "damaged descriptor: it lists 2147483647 components", false),
    built("small_stride", Errc::plugin_bad_descriptor,
          "damaged descriptor: component size 8, expected at least " + std::to_string(sizeof(picoxx_component)), false),
    built("small_component", Errc::plugin_bad_descriptor,
          "damaged descriptor: component size 8, expected at least " + std::to_string(sizeof(picoxx_component)), false),
    built("null_field", Errc::plugin_bad_descriptor, "damaged descriptor: component #0 has a null field", false),
    built("bad_component_name", Errc::plugin_bad_descriptor,
          "damaged descriptor: component #0 has the name \"Not Good\", which is not of a-z, 0-9 and _", false),

    // ------------------------------------------------------------------------------------------ refused by the system
    built("undefined_symbol", Errc::plugin_load_failed,
          "the dynamic linker refused it: %p: undefined symbol: _Z19nobody_defines_thisi", false),
    built("missing_dependency", Errc::plugin_load_failed,
          "the dynamic linker refused it: libdepx.so: cannot open shared object file: No such file or directory",
          false),
};

class BadPlugin : public ::testing::TestWithParam<BadFile> {
protected:
    const TemporaryFolder folder;
};

TEST_P(BadPlugin, is_refused_with_the_reason) {
    const std::filesystem::path file = GetParam().file(folder);
    const std::string prefix = "plugin \"" + file.string() + "\": ";
    std::string text = prefix + replaced(GetParam().text, "%p", std::filesystem::weakly_canonical(file).string());
    PluginRegistry registry{build_tree};
    const Result<PluginHandle> loaded = registry.try_load_file(file);
    ASSERT_FALSE(loaded.ok());
    EXPECT_EQ(loaded.error().code, GetParam().code);
    if (const std::size_t number = text.find("%n"); number != std::string::npos) {
        EXPECT_THAT(loaded.error().text, StartsWith(text.substr(0, number)));
        EXPECT_THAT(loaded.error().text, EndsWith(text.substr(number + 2)));
    } else {
        EXPECT_EQ(loaded.error().text, text);
    }
    EXPECT_TRUE(registry.list().empty());
    EXPECT_EQ(loaded.error().effect, Effect::none);

    // the tool's view
    const Result<PluginInfo> seen = PluginRegistry::try_inspect(file);
    const Error refusal = seen.ok() ? seen->refusal : seen.error();
    if (refusal.code == Errc::plugin_insecure_path) return;  // a developer's tree
    EXPECT_EQ(refusal.code, GetParam().is_seen_in_the_file ? GetParam().code : Errc::ok);
    EXPECT_EQ(refusal.text, GetParam().is_seen_in_the_file ? loaded.error().text : "");
}

INSTANTIATE_TEST_SUITE_P(Files, BadPlugin, ::testing::ValuesIn(bad_files),
                         [](const auto& test) { return test.param.name; });

TEST(GoodPlugin, is_what_the_bad_ones_are_without_their_fault) {
    PluginRegistry registry{build_tree};
    EXPECT_TRUE(registry.try_load_file(module("untouched")).ok());
    EXPECT_TRUE(registry.try_load_file(module("no_listing")).ok()) << "a listing is for people";
    registry.add_static(picoxx_plugin_entry_round_robin);
    EXPECT_EQ(registry.list().size(), 3U);
}

// ---------------------------------------------------------------------------------------------- files cut off anywhere

TEST(TruncatedPlugin, is_refused_or_works_and_never_ends_the_process) {
    const TemporaryFolder folder;
    const std::string whole = good_plugin();
    int refused = 0;
    for (int i = 0; i < 250; ++i) {
        const std::size_t size = whole.size() * static_cast<std::size_t>(i) / 250;
        const auto file = folder.write("cut" + std::to_string(i) + ".so", whole.substr(0, size));
        PluginRegistry registry{{.unload = Unload::when_unused}};
        (void)PluginRegistry::try_inspect(file);
        const Result<PluginHandle> loaded = registry.try_load_file(file);
        if (loaded.ok()) {
            EXPECT_EQ(testing::pick_of(*registry.make<BalanceStrategy>("random")), 0U);
            continue;
        }
        ++refused;
        EXPECT_EQ(loaded.error().code, Errc::plugin_not_a_library);
        if (size > 4096) {
            EXPECT_THAT(loaded.error().text, HasSubstr("truncated ELF file: segment ends at byte "));
            EXPECT_THAT(loaded.error().text, EndsWith(", the file has " + std::to_string(size)));
        }
    }
    EXPECT_GT(refused, 0);
}

// ------------------------------------------------------------------------------------------- files others could change

class InsecurePath : public ::testing::Test {
protected:
    void SetUp() override {
        inner = folder.folder("inner");
        file = folder.copy(shipped("random"), "inner/picoxx_random.so");
    }
    [[nodiscard]] Error error() const {
        PluginRegistry registry;
        Result<PluginHandle> loaded = registry.try_load_file(file);
        const PluginInfo info = PluginRegistry::inspect(file);
        EXPECT_EQ(info.name, "random") << "what is only read may be told";
        EXPECT_EQ(info.refusal.code, loaded.ok() ? Errc::ok : loaded.error().code);
        return loaded.ok() ? Error{} : std::move(loaded).error();
    }
    [[nodiscard]] std::string refused(const std::filesystem::path& what, const std::string& why) const {
        return "plugin \"" + file.string() + "\": refused: \"" + what.string() + "\" is " + why;
    }

    TemporaryFolder folder;
    std::filesystem::path inner;
    std::filesystem::path file;
};

TEST_F(InsecurePath, is_none_where_only_the_user_can_write) { EXPECT_EQ(error().text, ""); }

TEST_F(InsecurePath, is_refused_where_others_can_write) {
    ::chmod(file.c_str(), 0666);
    EXPECT_EQ(error().code, Errc::plugin_insecure_path);
    EXPECT_EQ(error().text, refused(file, "writable by everyone"));
    ::chmod(file.c_str(), 0664);
    EXPECT_EQ(error().text, refused(file, "writable by its group"));
    ::chmod(file.c_str(), 0644);
    ::chmod(inner.c_str(), 0777);
    EXPECT_EQ(error().text, refused(inner, "writable by everyone"));
    ::chmod(inner.c_str(), 0775);
    EXPECT_EQ(error().text, refused(inner, "writable by its group"));

    PluginRegistry unchecked{{.path_check = PathCheck::off}};
    EXPECT_TRUE(unchecked.try_load_file(file).ok());
}

TEST_F(InsecurePath, is_that_of_the_file_not_that_of_a_link) {
    std::filesystem::create_symlink(file, folder.path() / "link.so");
    ::chmod(inner.c_str(), 0777);
    PluginRegistry registry;
    EXPECT_EQ(registry.try_load_file(folder.path() / "link.so").error().text,
              "plugin \"" + (folder.path() / "link.so").string() + "\": refused: \"" + inner.string() +
                  "\" is writable by everyone");
}

TEST_F(InsecurePath, is_refused_where_it_belongs_to_another_user) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
    ASSERT_EQ(::chown(file.c_str(), 65534, 65534), 0);
    EXPECT_EQ(error().text, refused(file, "owned by uid 65534, expected root"));
    ASSERT_EQ(::chown(file.c_str(), 0, 0), 0);
    ASSERT_EQ(::chown(inner.c_str(), 65534, 0), 0);
    EXPECT_EQ(error().text, refused(inner, "owned by uid 65534, expected root"));
    ::chmod(inner.c_str(), 01755);
    EXPECT_EQ(error().text, refused(inner, "owned by uid 65534, expected root"));
}

TEST_F(InsecurePath, is_none_in_a_sticky_folder_of_root) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs a folder of root";
    ::chmod(inner.c_str(), 01777);
    EXPECT_EQ(error().text, "");
}

}  // namespace
}  // namespace picoxx
