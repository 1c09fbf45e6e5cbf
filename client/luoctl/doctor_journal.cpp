// SPDX-License-Identifier: LGPL-2.1-or-later
// The journal's last words about luod, and the kernel's about live update.
#include "doctor.hpp"
#include "failure.hpp"
#include "format.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/core.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>

namespace luoctl {
namespace {

constexpr size_t most = 300; // of each kind, the last ones

struct Close {
    void operator()(sd_journal* journal) const { sd_journal_close(journal); }
};
using Journal = std::unique_ptr<sd_journal, Close>;

Journal openJournal() {
    sd_journal* journal = nullptr;
    if (int r = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM); r < 0)
        throw local("the journal cannot be opened", -r);
    return Journal{journal};
}

std::string field(sd_journal* journal, const char* name) {
    const void* data = nullptr;
    size_t length = 0;
    if (sd_journal_get_data(journal, name, &data, &length) < 0)
        return "";
    std::string_view text(static_cast<const char*>(data), length);
    return std::string(text.substr(std::min(text.find('=') + 1, text.size())));
}

JournalLine lineOf(sd_journal* journal) {
    JournalLine line{.from = field(journal, "SYSLOG_IDENTIFIER"), .message = field(journal, "MESSAGE"),
                     .id = field(journal, "MESSAGE_ID")};
    if (std::string priority = field(journal, "PRIORITY"); priority.size() == 1 && std::isdigit(priority[0]))
        line.priority = priority[0] - '0';
    sd_journal_get_realtime_usec(journal, &line.time);
    return line;
}

// The last lines that match and please, oldest first.
std::string collect(sd_journal* journal, const std::function<bool(const JournalLine&)>& pleases) {
    std::vector<std::string> lines;
    sd_journal_seek_tail(journal);
    while (lines.size() < most && sd_journal_previous(journal) > 0)
        if (JournalLine line = lineOf(journal); pleases(line))
            lines.push_back(textOf(line));
    std::string text;
    for (auto line = lines.rbegin(); line != lines.rend(); ++line)
        text += *line;
    if (text.empty())
        throw Failure{1, fmt::format("there is nothing that uid {} may read; root and members of systemd-journal may read "
                                     "everything",
                                     getuid())};
    return text;
}

// What the units said, and what the service manager said about them.
std::string ofUnits() {
    Journal journal = openJournal();
    for (const char* unit : {"luod.service", "luod-gate.service", "luod-modules.service", "luod-verdict.service",
                             "luod-metrics.service"})
        for (const char* name : {"_SYSTEMD_UNIT", "UNIT"}) {
            sd_journal_add_match(journal.get(), fmt::format("{}={}", name, unit).c_str(), 0);
            sd_journal_add_disjunction(journal.get());
        }
    return collect(journal.get(), [](const JournalLine&) { return true; });
}

bool aboutLiveUpdate(const JournalLine& line) {
    std::string lower = line.message;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    constexpr std::array words{"luo", "liveupdate", "live update", "kho", "kexec"};
    return std::ranges::any_of(words, [&](const char* word) { return lower.find(word) != lower.npos; });
}

std::string ofKernel() {
    Journal journal = openJournal();
    sd_id128_t boot{};
    char text[SD_ID128_STRING_MAX];
    if (int r = sd_id128_get_boot(&boot); r < 0)
        throw local("this boot's id cannot be read", -r);
    sd_journal_add_match(journal.get(), "_TRANSPORT=kernel", 0);
    sd_journal_add_match(journal.get(), fmt::format("_BOOT_ID={}", sd_id128_to_string(boot, text)).c_str(), 0);
    return collect(journal.get(), aboutLiveUpdate);
}

} // namespace

std::string textOf(const JournalLine& line) {
    std::string id = line.id.empty() ? "" : fmt::format(" [{}]", line.id);
    return fmt::format("{} <{}> {}: {}{}\n", timestamp(line.time), line.priority, line.from, printable(line.message), id);
}

Part journalPart() {
    return {"journal", {tried("units", ofUnits), tried("kernel", ofKernel)}};
}

} // namespace luoctl
