// SPDX-License-Identifier: LGPL-2.1-or-later

// Kernel images and initrds that somebody else made; what is read from them is judged, too.

#include "fuzz/fuzz.hpp"
#include "proto/image/command_line.hpp"
#include "proto/image/judge.hpp"

namespace luod::fuzz {
namespace {

void judgeAsTarget(const image::Facts& facts, const image::InitrdFiles& initrd) {
    static const image::ModuleTree noModules("/nonexistent", "7.3.4");
    image::Case question{.running = facts, .target = facts, .handlers = {"memfd"}, .cmdline = facts.cmdline,
                         .modules = {}, .systemd = 261};
    for (const image::Finding& each : image::judge(question))
        require(each.verdict == image::Verdict::Ok || !each.advice.empty(), "what is not ok has its advice");
    image::judgeModules(question, noModules);
    image::judgeInitrd(question, initrd, noModules);
}

} // namespace
} // namespace luod::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace luod;
    const image::Bytes bytes = std::as_bytes(std::span(data, size));
    const image::InitrdFiles initrd = image::listInitrd(bytes);
    for (const std::string& path : initrd.paths)
        fuzz::require(path.size() <= 4096, "no path is longer than one can be");
    image::parameters(image::text(bytes));
    if (const auto facts = image::inspect(bytes)) {
        fuzz::require(facts->complete == facts->trouble.empty(), "what is not complete says why");
        fuzz::judgeAsTarget(*facts, initrd);
    }
    return 0;
}
