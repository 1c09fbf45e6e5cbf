// SPDX-License-Identifier: LGPL-2.1-or-later
#include "image_samples.hpp"
#include "proto/image/boot_entries.hpp"
#include "proto/image/version_order.hpp"
#include "temp_dir.hpp"

#include <gtest/gtest.h>

namespace luod::image {
namespace {

class BootEntries : public testing::Test {
protected:
    tests::TempDir root;

    std::string put(const std::string& name, const std::string& content) {
        std::filesystem::create_directories((root.path() / name).parent_path());
        return root.write(name, content);
    }
    void type1(const std::string& name, const std::string& more) {
        put("boot/loader/entries/" + name, "linux /vmlinuz\n" + more);
    }
    void variable(const std::string& name, const std::string& value) {
        std::string raw(4, '\7');
        for (char c : value)
            raw += {c, '\0'};
        put("sys/firmware/efi/efivars/" + name + "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", raw + std::string(2, '\0'));
    }
    std::vector<std::string> ids() const {
        std::vector<std::string> found;
        for (const BootEntry& entry : bootEntries(root.path()))
            found.push_back(entry.id);
        return found;
    }
    std::string chosen() const {
        auto entry = defaultEntry(bootEntries(root.path()), root.path());
        return entry ? entry->id : "";
    }
};

using Ids = std::vector<std::string>;

TEST_F(BootEntries, Type1InFull) {
    put("boot/loader/entries/debian-7.3.4+3-1.conf",
        "# comment\n\ntitle  Debian GNU/Linux\nversion 7.3.4\r\nsort-key debian\n"
        "machine-id abc\nlinux /debian/7.3.4/linux\ninitrd /ucode\n"
        "initrd\t/debian/7.3.4/initrd\noptions root=/dev/vda  quiet\n"
        "options liveupdate=on\nunheard-of thing\n");
    auto entries = bootEntries(root.path());
    ASSERT_EQ(entries.size(), 1u);
    const BootEntry& entry = entries[0];
    EXPECT_EQ(entry.id, "debian-7.3.4.conf");
    EXPECT_EQ(entry.title, "Debian GNU/Linux");
    EXPECT_EQ(entry.version, "7.3.4");
    EXPECT_EQ(entry.kernel, root.path() / "boot/debian/7.3.4/linux");
    EXPECT_EQ(entry.initrds, (std::vector<std::filesystem::path>{root.path() / "boot/ucode",
                                                                 root.path() / "boot/debian/7.3.4/initrd"}));
    EXPECT_EQ(entry.cmdline, "root=/dev/vda  quiet liveupdate=on");
    EXPECT_EQ(entry.triesLeft, 3u);
    EXPECT_EQ(entry.triesDone, 1u);
    EXPECT_FALSE(entry.unified);
    EXPECT_TRUE(entryCalled(entries, "debian-7.3.4"));
    EXPECT_TRUE(entryCalled(entries, "debian-7.3.4.conf"));
    EXPECT_FALSE(entryCalled(entries, "debian"));
}

TEST_F(BootEntries, UnifiedImages) {
    std::string path =
        put("efi/EFI/Linux/os.efi", samples::pe({{".osrel", "ID=debian\nPRETTY_NAME=\"Debian 14\"\nVERSION_ID='14'\n"},
                                                 {".cmdline", "kho=on\n"},
                                                 {".linux", "kernel"}}));
    put("efi/EFI/Linux/shell.efi", samples::pe({{".text", "no kernel"}}));
    put("efi/EFI/Linux/notes.txt", "");
    auto entries = bootEntries(root.path());
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].id, "os.efi");
    EXPECT_EQ(entries[0].kernel, path);
    EXPECT_EQ(entries[0].cmdline.substr(0, 6), "kho=on");
    EXPECT_EQ(entries[0].title, "Debian 14");
    EXPECT_EQ(entries[0].sortKey, "debian");
    EXPECT_EQ(entries[0].version, "14");
    EXPECT_TRUE(entries[0].unified);
}

TEST_F(BootEntries, OthersSystemsAreLeftOut) {
    put("boot/loader/entries/windows.conf", "title Windows\nefi /EFI/Microsoft/bootmgfw.efi\n");
    EXPECT_EQ(ids(), Ids{});
    EXPECT_EQ(chosen(), "");
}

TEST_F(BootEntries, TheNewestIsTheFirst) {
    type1("a-7.9.conf", "sort-key debian\nversion 7.9\n");
    type1("b-7.10.conf", "sort-key debian\nversion 7.10\n");
    type1("rc.conf", "sort-key debian\nversion 7.10~rc1\n");
    type1("without.conf", "version 99\n");
    type1("worn+0-3.conf", "sort-key aaa\nversion 100\n");
    type1("arch.conf", "sort-key arch\nversion 1\n");
    EXPECT_EQ(ids(), (Ids{"arch.conf", "b-7.10.conf", "rc.conf", "a-7.9.conf", "without.conf", "worn.conf"}));
}

TEST_F(BootEntries, OnePartitionInTwoPlacesCountsOnce) {
    type1("one.conf", "");
    std::filesystem::create_symlink(root.path() / "boot", root.path() / "efi");
    EXPECT_EQ(ids(), Ids{"one.conf"});
}

TEST_F(BootEntries, Default) {
    type1("debian-7.2.conf", "");
    type1("debian-7.3.conf", "");
    type1("fedora-1.conf", "");
    EXPECT_EQ(chosen(), "fedora-1.conf");
    put("efi/loader/loader.conf", "timeout 3\n#default no\ndefault\tdebian-*\n");
    EXPECT_EQ(chosen(), "debian-7.3.conf");
    variable("LoaderEntryDefault", "debian-7.2.conf");
    EXPECT_EQ(chosen(), "debian-7.2.conf");
    variable("LoaderEntryOneShot", "fedora-1");
    EXPECT_EQ(chosen(), "fedora-1.conf");
    variable("LoaderEntryOneShot", "gone");
    EXPECT_EQ(chosen(), "debian-7.2.conf");
}

TEST_F(BootEntries, SavedDefault) {
    type1("a.conf", "");
    type1("b.conf", "");
    put("efi/loader/loader.conf", "default @saved\n");
    EXPECT_EQ(chosen(), "b.conf");
    variable("LoaderEntryLastBooted", "a.conf");
    EXPECT_EQ(chosen(), "a.conf");
}

TEST(VersionOrder, AsTheSpecificationHasIt) {
    constexpr std::array rising{"~1",      "",          "122.1",   "123~rc1-1", "123",    "123-a", "123-a.1", "123-1",
                                "123-1.1", "123^post1", "123.a-1", "123.1-1",   "123a-1", "124-1", "1000"};
    for (size_t i = 0; i < rising.size(); ++i)
        for (size_t j = 0; j < rising.size(); ++j)
            EXPECT_TRUE(compareVersions(rising[i], rising[j]) == (i <=> j)) << rising[i] << " and " << rising[j];
    EXPECT_TRUE(compareVersions("007", "7") == 0);
    EXPECT_TRUE(compareVersions("1_2", "1+2") == 0);
}

} // namespace
} // namespace luod::image
