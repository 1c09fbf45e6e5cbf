// SPDX-License-Identifier: LGPL-2.1-or-later
#define SD_JOURNAL_SUPPRESS_LOCATION // where in the source is nobody's business; MESSAGE_ID says what it is
#include "platform/journal.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

namespace luod::platform {

namespace {

std::atomic<int> logLevel = LOG_INFO;

// $JOURNAL_STREAM is "device:inode" of the stream the service manager gave. An inherited variable may speak of somebody
// else's stderr.
bool toJournal() {
    static const bool connected = [] {
        const char* stream = std::getenv("JOURNAL_STREAM");
        struct stat stderrIs {};
        return stream && ::fstat(STDERR_FILENO, &stderrIs) == 0 &&
               fmt::format("{}:{}", stderrIs.st_dev, stderrIs.st_ino) == stream;
    }();
    return connected;
}

// On one line, and so that a name cannot write lines of its own.
void appendPlain(std::string& line, std::string_view text) {
    for (unsigned char c : text) {
        if (c < 0x20 || c == 0x7f)
            fmt::format_to(std::back_inserter(line), "\\x{:02x}", c);
        else
            line += static_cast<char>(c);
    }
}

} // namespace

std::vector<std::string> journalFields(int priority, std::string_view message, std::initializer_list<LogField> fields,
                                       std::string_view messageId) {
    std::vector<std::string> all{fmt::format("MESSAGE={}", message), fmt::format("PRIORITY={}", priority)};
    if (!messageId.empty())
        all.push_back(fmt::format("MESSAGE_ID={}", messageId));
    for (const auto& field : fields)
        all.push_back(fmt::format("{}={}", field.key, field.value));
    return all;
}

std::string logLine(int priority, std::string_view message, std::initializer_list<LogField> fields, bool prefix) {
    std::string line = prefix ? fmt::format("<{}>", priority) : std::string();
    appendPlain(line, message);
    const char* between = " (";
    for (const auto& field : fields) {
        line += between;
        appendPlain(line, field.key);
        line += '=';
        appendPlain(line, field.value);
        between = ", ";
    }
    line += fields.size() ? ")\n" : "\n";
    return line;
}

void setLogLevel(int priority) {
    logLevel = priority;
}

void log(int priority, std::string_view message, std::initializer_list<LogField> fields, std::string_view messageId) {
    if (priority > logLevel)
        return;
    if (toJournal()) {
        auto all = journalFields(priority, message, fields, messageId);
        std::vector<iovec> parts;
        for (auto& field : all)
            parts.push_back({field.data(), field.size()});
        if (::sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) >= 0)
            return;
    }
    std::string line = logLine(priority, message, fields, !::isatty(STDERR_FILENO));
    [[maybe_unused]] auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace luod::platform
