// SPDX-License-Identifier: LGPL-2.1-or-later
#include "describe.hpp"

#include "failure.hpp"
#include "format.hpp"
#include "handover.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <fmt/ranges.h>

namespace luoctl {
namespace {

std::string handover(const Status& status) {
    const HandoverRow* row = handoverRow(status.lastHandover);
    std::string text = row ? fmt::format("{} ({})", row->word, row->meaning) : printable(status.lastHandover);
    return status.handoverReason.empty() ? text : fmt::format("{}: {}", text, printable(status.handoverReason));
}

bool allLost(const std::string& handover) {
    const HandoverRow* row = handoverRow(handover);
    return row && row->meaning.ends_with("all is lost");
}

Colour colourOf(const std::string& state) {
    if (state == "lost" || state == "invalid" || allLost(state))
        return Colour::Bad;
    return state == "rebuilding" || state == "waiting" || state == "partial" ? Colour::Warn : Colour::None;
}

std::string updateText(const Status& status) {
    if (status.phase.empty() || status.phase == "idle")
        return "";
    std::string text = fmt::format("{} ({}, {})", status.phase, status.update, status.updateMode);
    if (!status.awaited.empty())
        text += printable(fmt::format(", waiting for {}", fmt::join(status.awaited, ", ")));
    return text;
}

std::string loadedText(const Status& status) {
    if (status.loadedCmdline.empty() && status.loadedKernel.empty() && status.loadedRelease.empty())
        return "";
    std::string text = status.loadedRelease.empty() ? "of unknown release" : status.loadedRelease;
    if (!status.loadedKernel.empty())
        text += fmt::format(" ({})", status.loadedKernel);
    return printable(fmt::format("{}: {}", text, status.loadedCmdline));
}

std::string hexadecimal(const std::vector<uint8_t>& bytes) {
    return fmt::format("{:02x}", fmt::join(bytes, ""));
}

struct ToText {
    std::string operator()(bool b) const { return b ? "yes" : "no"; }
    std::string operator()(uint64_t u) const { return std::to_string(u); }
    std::string operator()(int64_t i) const { return std::to_string(i); }
    std::string operator()(double d) const { return fmt::format("{}", d); }
    std::string operator()(const std::string& s) const {
        return s.empty() || s.find(' ') != std::string::npos ? fmt::format("\"{}\"", printable(s)) : printable(s);
    }
    std::string operator()(const std::vector<uint8_t>& bytes) const { return hexadecimal(bytes); }
    std::string operator()(const std::vector<std::string>& strings) const {
        return printable(fmt::format("{}", fmt::join(strings, ",")));
    }
};

std::string sessionsText(const Status& status) {
    std::string text = fmt::format("{} outgoing, {} incoming", status.outgoing, status.incoming);
    if (status.lost)
        text += fmt::format(", {} lost", status.lost);
    uint64_t mine = status.outgoing + status.incoming + status.lost;
    return mine == status.sessions ? text : fmt::format("{} (of {} on this machine)", text, status.sessions);
}

const char* yesNo(bool b) {
    return b ? "yes" : "no";
}

} // namespace

std::string textOf(const Dict& dict) {
    std::string text;
    for (const Entry& entry : dict)
        text +=
            fmt::format("{}{}={}", text.empty() ? "" : " ", printable(entry.key), std::visit(ToText{}, entry.value));
    return text;
}

Table tableOf(const std::vector<Session>& sessions) {
    Table table{{{"NAME"}, {"OWNER"}, {"DIRECTION"}, {"STATE"}, {"FILES", true}, {"SIZE", true}, {"UNIT"}}, {}};
    for (const Session& s : sessions)
        table.rows.push_back({{printable(s.name)},
                              {userName(s.owner)},
                              {s.direction},
                              {s.state, colourOf(s.state)},
                              {std::to_string(s.files)},
                              {bytes(s.bytes)},
                              {printable(s.unit)}});
    return table;
}

Table tableOf(const std::vector<File>& files) {
    Table table{{{"TOKEN", true}, {"NAME"}, {"KIND"}, {"STATE"}, {"SIZE", true}, {"DETAILS"}, {"METADATA"}}, {}};
    for (const File& f : files)
        table.rows.push_back({{std::to_string(f.token)},
                              {printable(f.name)},
                              {printable(f.kind)},
                              {f.state, colourOf(f.state)},
                              {bytes(f.size)},
                              {textOf(f.details), Colour::Faint},
                              {textOf(f.metadata)}});
    return table;
}

std::vector<Field> fieldsOf(const Status& status) {
    Cell available{status.available ? "yes" : fmt::format("no: {}", printable(status.unavailableReason)),
                   status.available ? Colour::Good : Colour::Bad};
    return {{"luod", {status.version}},
            {"Kernel", {status.kernelRelease}},
            {"Live update", std::move(available)},
            {"Come through", {fmt::format("{} live update{}", status.liveUpdates, status.liveUpdates == 1 ? "" : "s")}},
            {"Last handover", {handover(status), colourOf(status.lastHandover)}},
            {"Loaded kernel", {loadedText(status)}},
            {"Update", {updateText(status), Colour::Warn}},
            {"Sessions", {sessionsText(status)}},
            {"Files", {std::to_string(status.files)}},
            {"Next", {nextStep(status)}}};
}

std::vector<Field> fieldsOf(const Session& session) {
    return {{"Session", {printable(session.name)}},
            {"Object", {session.path}},
            {"Owner", {fmt::format("{} ({})", userName(session.owner), session.owner)}},
            {"Unit", {printable(session.unit) + (session.boundToUnit ? " (bound to it)" : "")}},
            {"Label", {printable(session.label)}},
            {"Kernel's name", {printable(session.kernelName)}},
            {"Direction", {session.direction}},
            {"State", {session.state, colourOf(session.state)}},
            {"Created", {timestamp(session.created)}},
            {"Lent", {yesNo(session.lent)}},
            {"Files", {fmt::format("{} ({})", session.files, bytes(session.bytes))}}};
}

std::string nextStep(const Status& status) {
    if (!status.available)
        return "put right what is said above, then 'luoctl status' again";
    if (!updateText(status).empty())
        return "a live update is under way: 'luoctl abort' calls it off";
    if (status.lastHandover == "unreadable")
        return "'journalctl -k' says what could not be read; boot a kernel that has the handlers";
    if (status.lost)
        return "'luoctl list' shows what is lost; 'luoctl discard SESSION' removes the entries";
    if (status.incoming)
        return "'luoctl retrieve' and 'luoctl finish' the incoming sessions: another live update would lose them";
    if (status.outgoing && !status.loadedCmdline.empty())
        return "'luoctl check' says whether a live update would work, 'luoctl kexec' does it";
    if (status.outgoing)
        return "what is preserved goes over with the next kexec; 'luoctl list' shows it";
    if (allLost(status.lastHandover))
        return "what luod held is lost, for the reason above: start its owners anew";
    return "'luoctl create NAME' makes a session, 'luoctl preserve NAME TOKEN FILE' puts a file into it";
}

std::vector<Property> propertiesOf(const Status& status) {
    return {{"Version", status.version},
            {"KernelRelease", status.kernelRelease},
            {"Available", yesNo(status.available)},
            {"UnavailableReason", printable(status.unavailableReason)},
            {"LiveUpdates", std::to_string(status.liveUpdates)},
            {"LastHandover", status.lastHandover},
            {"LastHandoverReason", printable(status.handoverReason)},
            {"Phase", status.phase},
            {"Update", status.update},
            {"UpdateMode", status.updateMode},
            {"Awaited", printable(fmt::format("{}", fmt::join(status.awaited, " ")))},
            {"LoadedKernel", printable(status.loadedKernel)},
            {"Sessions", std::to_string(status.sessions)},
            {"Files", std::to_string(status.files)}};
}

std::vector<Property> propertiesOf(const Session& session) {
    return {{"Name", printable(session.name)},
            {"Path", session.path},
            {"Owner", std::to_string(session.owner)},
            {"Unit", printable(session.unit)},
            {"KernelName", printable(session.kernelName)},
            {"Direction", session.direction},
            {"State", session.state},
            {"Created", std::to_string(session.created)},
            {"Lent", yesNo(session.lent)},
            {"BoundToUnit", yesNo(session.boundToUnit)},
            {"SecurityLabel", printable(session.label)},
            {"Files", std::to_string(session.files)},
            {"Bytes", std::to_string(session.bytes)}};
}

std::string select(const std::vector<Property>& all, const std::vector<std::string>& names, bool valueOnly) {
    std::string out;
    auto add = [&](const Property& property) {
        out += valueOnly ? property.value + "\n" : fmt::format("{}={}\n", property.name, property.value);
    };
    for (const std::string& name : names) {
        auto at = std::ranges::find(all, name, &Property::name);
        if (at == all.end())
            throw usage(fmt::format("there is no property {} here", name));
        add(*at);
    }
    if (names.empty())
        std::ranges::for_each(all, add);
    return out;
}

} // namespace luoctl
