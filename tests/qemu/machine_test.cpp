// SPDX-License-Identifier: LGPL-2.1-or-later

// What is made of a QEMU command, and of what an operator writes; without QEMU.

#include "client/qemu/machine.hpp"
#include "client/qemu/description.hpp"
#include "client/qemu/properties.hpp"
#include "client/qemu/settings.hpp"
#include "client/qemu/words.hpp"
#include "temp_dir.hpp"

#include <gmock/gmock.h>

namespace luod::qemu {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t mebibyte = 1 << 20;

Machine made(const Words& command, const Words& carried = {}) {
    auto machine = machineOf(command, carried);
    EXPECT_TRUE(machine) << machine.error();
    return machine ? *machine : Machine();
}

std::string refusal(const Words& command, const Words& carried = {}) {
    auto machine = machineOf(command, carried);
    EXPECT_FALSE(machine);
    return machine ? "" : machine.error();
}

TEST(MachineOf, MemoryWithoutABackendGetsOne) {
    const Machine machine = made({"qemu", "-m", "2G", "-nographic"});
    EXPECT_THAT(machine.memory, ElementsAre(Backend{"ram", 2048 * mebibyte, 0, ""}));
    EXPECT_THAT(machine.command, ElementsAre("qemu", "-m", "2G", "-nographic", "-machine", "memory-backend=ram"));
    EXPECT_EQ(made({"qemu"}).memory.front().size, 128 * mebibyte);
    EXPECT_EQ(made({"qemu", "-m", "size=1536"}).memory.front().size, 1536 * mebibyte);
}

TEST(MachineOf, BackendsAreTakenOut) {
    const Machine machine =
        made({"qemu", "-m", "2G", "-object", "memory-backend-ram,id=m0,size=1G,host-nodes=0,policy=bind", "-object",
              "memory-backend-memfd,size=1G,id=m1,share=on,hugetlb=on,hugetlbsize=1G", "-object", "rng-random,id=r", "-numa",
              "node,memdev=m0", "-numa", "node,memdev=m1"});
    EXPECT_THAT(machine.memory, ElementsAre(Backend{"m0", 1024 * mebibyte, 0, "host-nodes=0,policy=bind"},
                                            Backend{"m1", 1024 * mebibyte, 1024 * mebibyte, ""}));
    EXPECT_THAT(machine.command,
                ElementsAre("qemu", "-m", "2G", "-object", "rng-random,id=r", "-numa", "node,memdev=m0", "-numa", "node,memdev=m1"));
    EXPECT_THAT(made({"qemu", "-M", "q35,memory-backend=m", "--object", "memory-backend-ram,id=m,size=64M"}).command,
                ElementsAre("qemu", "-M", "q35,memory-backend=m"));
}

TEST(MachineOf, RefusesWhatCannotBeCarried) {
    EXPECT_THAT(refusal({"qemu", "-mem-path", "/dev/hugepages"}), HasSubstr("memory-backend-memfd,hugetlb=on"));
    EXPECT_THAT(refusal({"qemu", "-object", "memory-backend-file,id=m,size=1G,mem-path=/x"}), HasSubstr("luo-qemu's own"));
    EXPECT_THAT(refusal({"qemu", "-object", R"({"qom-type":"memory-backend-ram","id":"m"})"}), HasSubstr("not as JSON"));
    EXPECT_THAT(refusal({"qemu", "-object", "memory-backend-ram,id=m,size=1G,share=off"}), HasSubstr("share=off"));
    EXPECT_THAT(refusal({"qemu", "-m", "1G,slots=4,maxmem=8G"}), HasSubstr("maxmem="));
    EXPECT_THAT(refusal({"qemu", "-drive", "file=a.img,snapshot=on"}), HasSubstr("gone with this kernel"));
    EXPECT_THAT(refusal({"qemu", "-snapshot"}), HasSubstr("gone with this kernel"));
    EXPECT_THAT(refusal({"qemu", "-daemonize"}), HasSubstr("parent"));
    EXPECT_THAT(refusal({"qemu", "-incoming", "defer"}), HasSubstr("decides itself"));
    EXPECT_THAT(refusal({"qemu", "-m", "much"}), HasSubstr("much is no size"));
    EXPECT_THAT(refusal({"qemu", "-object", "memory-backend-ram,id=m"}), HasSubstr("size="));
    EXPECT_THAT(refusal({}), HasSubstr("no QEMU command"));
}

TEST(MachineOf, DevicesAreCarriedOnlyWhereLuoQemuHasOpenedThem) {
    EXPECT_THAT(refusal({"qemu", "-device", "vfio-pci,host=01:00.0"}), HasSubstr("--carry"));
    EXPECT_THAT(refusal({"qemu", "-device", R"({"driver":"vfio-pci","host":"01:00.0"})"}), HasSubstr("--carry"));
    EXPECT_THAT(refusal({"qemu", "-device", "vfio-pci,fd=@nic@"}), HasSubstr("--carry"));
    const Machine machine = made({"qemu", "-device", "vfio-pci,fd=@nic@,iommufd=i", "-object", "iommufd,id=i,fd=@iommu@"},
                                 {"iommu", "nic"});
    const Words words = commandFor(machine, {{9}, {{"iommu", 12}, {"nic", 13}}, 5}, {"-S"});
    EXPECT_THAT(words, ElementsAre("qemu", "-object",
                                   "memory-backend-file,id=ram,size=134217728,mem-path=/proc/self/fd/9,share=on", "-device",
                                   "vfio-pci,fd=13,iommufd=i", "-object", "iommufd,id=i,fd=12", "-machine",
                                   "memory-backend=ram", "-chardev", "socket,id=luo-qmp,fd=5", "-mon",
                                   "chardev=luo-qmp,mode=control", "-S"));
}

TEST(Properties, CommasAreDoubled) {
    Properties given("file,path=a,,b,,,ro,size=1G,size=2G", "type");
    EXPECT_EQ(given.value("type"), "file");
    EXPECT_EQ(given.value("path"), "a,b,");
    EXPECT_TRUE(given.isOn("ro"));
    EXPECT_EQ(given.value("size"), "2G");
    given.remove("size");
    EXPECT_EQ(given.text(), "type=file,path=a,,b,,,ro=on");
    EXPECT_EQ(given.find("none"), nullptr);
}

TEST(Properties, Sizes) {
    EXPECT_EQ(sizeOf("1.5G", 1), 1536 * mebibyte);
    EXPECT_EQ(sizeOf("4k", 1), 4096u);
    EXPECT_EQ(sizeOf("0x100000", 1), mebibyte);
    EXPECT_EQ(sizeOf("2", mebibyte), 2 * mebibyte);
    for (const char* wrong : {"", "G", "-1", "0", "1X", "1GB", "nan", "1e40"})
        EXPECT_EQ(sizeOf(wrong, 1), std::nullopt) << wrong;
}

TEST(Words, AreSplitAsAShellDoes) {
    EXPECT_THAT(*wordsOf(R"(-append "a  b" '' c\ d 'e"\' "f\"g" h'i'j)"),
                ElementsAre("-append", "a  b", "", "c d", "e\"\\", "f\"g", "hij"));
    EXPECT_FALSE(wordsOf("'a"));
    EXPECT_THAT(*wordsOf("  "), ElementsAre());
}

TEST(Words, Times) {
    EXPECT_EQ(timeIn("90"), 90'000'000u);
    EXPECT_EQ(timeIn("1min 30s"), 90'000'000u);
    EXPECT_EQ(timeIn("500ms"), 500'000u);
    for (const char* wrong : {"", "s", "-1", "1 week", "1.5s", "99999999999"})
        EXPECT_EQ(timeIn(wrong), std::nullopt) << wrong;
}

TEST(SettingsOf, TheCommandLineCountsMoreThanTheFile) {
    const tests::TempDir dir;
    const std::string file = dir.write("vm1.conf", "# a guest\n[Guest]\nPowerdown=1min\nDeadline = 20s\nCarry=nic=/dev/a=b\n\n"
                                                   "[Command]\nqemu-system-x86_64 -m 2G\n; its disk\n-drive 'file=my disk'\n");
    auto line = readCommandLine({"--name", "vm1", "--config=" + file, "--deadline", "5"});
    ASSERT_TRUE(line) << line.error();
    EXPECT_EQ(line->settings.name, "vm1");
    EXPECT_EQ(line->settings.powerdown, 60'000'000u);
    EXPECT_EQ(line->settings.deadline, 5'000'000u);
    EXPECT_THAT(line->settings.carry, ElementsAre(std::pair<std::string, std::string>{"nic", "/dev/a=b"}));
    EXPECT_THAT(line->settings.command, ElementsAre("qemu-system-x86_64", "-m", "2G", "-drive", "file=my disk"));
    line = readCommandLine({"--name", "vm1", "--config", file, "--", "other", "--help"});
    ASSERT_TRUE(line) << line.error();
    EXPECT_THAT(line->settings.command, ElementsAre("other", "--help"));
}

TEST(SettingsOf, WhatIsWrongIsNamed) {
    const auto wrong = [](const Words& words) { return readCommandLine(words).error(); };
    EXPECT_THAT(wrong({"--", "qemu"}), HasSubstr("--name"));
    EXPECT_THAT(wrong({"--name", "vm1"}), HasSubstr("[Command]"));
    EXPECT_THAT(wrong({"--name", "vm1", "qemu"}), HasSubstr("after --"));
    EXPECT_THAT(wrong({"--name"}), HasSubstr("takes a value"));
    EXPECT_THAT(wrong({"--as-given=no"}), HasSubstr("takes no value"));
    EXPECT_THAT(wrong({"--color"}), HasSubstr("--color"));
    EXPECT_THAT(wrong({"--powerdown", "soon"}), HasSubstr("no time"));
    EXPECT_THAT(wrong({"--carry", "nic"}), HasSubstr("NAME=PATH"));
    const tests::TempDir dir;
    EXPECT_THAT(wrong({"--config", dir / "none"}), HasSubstr("No such file"));
    EXPECT_THAT(wrong({"--config", dir.write("a", "[Guest]\nPower=1\n")}), HasSubstr("a:2: there is no Power="));
    EXPECT_THAT(wrong({"--config", dir.write("b", "qemu\n")}), HasSubstr("b:1: "));
    EXPECT_THAT(wrong({"--config", dir.write("c", "[Command]\nqemu '\n")}), HasSubstr("c:2: "));
}

TEST(DescriptionOf, ComesBackFromItsFile) {
    const Description description{{{"qemu", "-m", std::string(10'000, 'x')}, {{"ram", 4096, 0, ""}, {"h", 8192, 2 * mebibyte, "a=b"}}},
                                  "pc-q35-7.2",
                                  "7.2.22",
                                  "/srv",
                                  {"nic"}};
    auto file = fileOf(description);
    ASSERT_TRUE(file) << file.error();
    auto back = descriptionIn(file->get());
    ASSERT_TRUE(back) << back.error();
    EXPECT_EQ(*back, description);
}

TEST(DescriptionOf, WhatIsNoneIsRefused) {
    auto file = emptyFile("test");
    ASSERT_TRUE(file);
    EXPECT_THAT(descriptionIn(file->get()).error(), HasSubstr("cannot be read"));
    ASSERT_EQ(write(file->get(), R"({"format":2})", 12), 12);
    EXPECT_THAT(descriptionIn(file->get()).error(), HasSubstr("another format"));
    EXPECT_THAT(fileOf({{{"qemu", "\xff"}, {}}, "", "", "", {}}).error(), HasSubstr("UTF-8"));
}

} // namespace
} // namespace luod::qemu
