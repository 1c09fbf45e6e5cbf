// SPDX-License-Identifier: LGPL-2.1-or-later
// luoctl load and unload.
#include "luoctl_run.hpp"
#include "temp_dir.hpp"

#include <fstream>

namespace {

using cli::Luoctl;

class Load : public Luoctl {
protected:
    std::string file(const std::string& name, const std::string& content) {
        std::string path = directory / name;
        std::ofstream(path) << content;
        return path;
    }
    // What the mock got, but the paths.
    std::string handedOver() {
        std::string seen = this->seen("LoadKernel");
        return seen.substr(0, seen.find("] ", seen.rfind('[')) + 1);
    }

    luod::tests::TempDir directory;
};

TEST_F(Load, HandsOverKernelInitrdAndCommandLineAndShowsWhatIsLoaded) {
    std::string kernel = file("vmlinuz", "kernel"), initrd = file("initrd", "cpio");
    EXPECT_EQ(ok({"load", kernel, "--initrd", initrd, "--cmdline=root=/dev/sda"}), "root=/dev/sda luod.update=6b1f\n");
    EXPECT_EQ(seen("LoadKernel"), "[kernel] [cpio] [root=/dev/sda] kernel-path=" + kernel + " initrd-path=" + initrd);
    EXPECT_EQ(ok({"load", "-q", kernel, "--cmdline=", "--append=quiet", "--keep-cmdline"}), "");
    EXPECT_EQ(handedOver(), "[kernel] [] [quiet]");
    EXPECT_NE(seen("LoadKernel").find("keep-cmdline=1"), std::string::npos);
    EXPECT_NE(ok({"status"}).find("/boot/next"), std::string::npos);
    EXPECT_EQ(ok({"unload"}), "");
    EXPECT_EQ(ok({"status"}).find("/boot/next"), std::string::npos);
}

TEST_F(Load, PutsInitrdsTogetherWhereTheKernelLooksForThem) {
    std::string kernel = file("vmlinuz", "kernel"), five = file("five", "12345"), more = file("more", "abcd");
    ok({"load", kernel, "--initrd", five, "--initrd", more, "--initrd", five, "--cmdline=x"});
    // The mock shows zeros as the end of the text.
    EXPECT_EQ(calls("LoadKernel"), 1u);
    EXPECT_TRUE(seen("LoadKernel").starts_with("[kernel] [12345...abcd12345...] [x] ")) << seen("LoadKernel");
}

TEST_F(Load, TakesTheRunningKernelsCommandLineWhereNoneIsGiven) {
    std::string kernel = file("vmlinuz", "kernel");
    ok({"load", kernel});
    std::string without = handedOver();
    ok({"load", kernel, "--reuse-cmdline"});
    EXPECT_EQ(handedOver(), without);
    ok({"load", kernel, "--append=last=word"});
    EXPECT_TRUE(handedOver().ends_with("last=word]")) << handedOver();
}

TEST_F(Load, RefusesWhatDoesNotGoTogether) {
    std::string kernel = file("vmlinuz", "kernel");
    refusedSaying(2, "exclude each other", {"load", kernel, "--cmdline=x", "--reuse-cmdline"});
    refusedSaying(2, "KERNEL or --entry", {"load", kernel, "--entry=default"});
    refusedSaying(2, "goes with a KERNEL", {"load", "--initrd", kernel});
    refusedSaying(2, "cannot go to another host", {"-H", "far", "load", kernel});
    refusedSaying(1, "cannot open", {"load", directory / "nothing"});
    EXPECT_EQ(calls("LoadKernel"), 0u);
    fail("LoadKernel", "org.luod1.Error.KernelRefused", "the image has no signature; sign it");
    EXPECT_EQ(refused(9, {"load", kernel}), "luoctl: cannot load the kernel: the image has no signature; sign it\n");
}

} // namespace
