// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/verdict.hpp"

#include <fmt/format.h>

namespace luod::core {
namespace {

// record  uuid on the command line  found       device   verdict
// -       -                         any         -        as found
// yes     any                       not none    -        as found
// yes     another, or none          none        -        cold boot
// yes     same                      none        missing  no device
// yes     same                      none        there    refused
Handover verdict(const Witnesses& w) {
    if (w.recorded.empty() || w.found != Handover::None)
        return w.found;
    if (w.commandLine != w.recorded)
        return Handover::ColdBoot;
    return w.deviceMissing ? Handover::NoDevice : Handover::Refused;
}

std::string updateOf(const Witnesses& w) {
    return w.to.empty() ? fmt::format("live update {}", w.recorded) : fmt::format("live update {} to {}", w.recorded, w.to);
}

std::string wordsFor(Handover handover, const Witnesses& w, const std::string& release) {
    switch (handover) {
    case Handover::Partial:
        return fmt::format("{} took over what it was handed, but some sessions could not be retrieved: 'luoctl list' shows "
                           "them as lost, luod's journal says why; start their owners afresh and discard them",
                           release);
    case Handover::Unreadable:
        return fmt::format("{} was handed sessions and could not read them, since it has no handler for one of their files: all "
                           "are lost until the machine is started again; see 'journalctl -k | grep -i luo', and have the "
                           "handler's module loaded before /dev/liveupdate is first opened, in the initrd too",
                           release);
    case Handover::Refused:
        return fmt::format("{} replaced the kernel, but {} took nothing over: its handover version is another one. All sessions "
                           "are lost; see 'journalctl -k | grep -i kho', and run 'luoctl check' before the next one",
                           updateOf(w), release);
    case Handover::NoDevice:
        return fmt::format("{} replaced the kernel by {}, which runs without live update. All sessions are lost, and their memory "
                           "is missing until the machine is started again; put kho=on liveupdate=on on its command line, or take "
                           "a kernel with CONFIG_LIVEUPDATE",
                           updateOf(w), release);
    case Handover::ColdBoot:
        return fmt::format("{} was about to happen, but {} was {}. All sessions are lost; 'journalctl -b -1 -e' shows how the "
                           "boot before ended",
                           updateOf(w), release,
                           w.commandLine.empty() ? "booted cold instead, or the machine was reset" :
                                                   "started by another kexec instead");
    case Handover::None:
    case Handover::Done:
        break;
    }
    return {};
}

} // namespace

Verdict judge(const Witnesses& witnesses, const std::string& release) {
    Handover handover = verdict(witnesses);
    return {handover, wordsFor(handover, witnesses, release)};
}

} // namespace luod::core
