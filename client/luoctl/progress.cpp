// SPDX-License-Identifier: LGPL-2.1-or-later
#include "progress.hpp"

#include "failure.hpp"
#include "format.hpp"
#include "json.hpp"
#include "output.hpp"
#include "wait.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace luoctl {
namespace {

constexpr size_t named = 3; // more of them would not fit on a line
constexpr std::string_view eraseLine = "\r\x1b[K";

} // namespace

std::string waitingText(const std::vector<std::string>& who, uint64_t waited, uint64_t deadline) {
    std::string text = "waiting for ";
    size_t shown = who.size() > named ? named - 1 : who.size();
    for (size_t i = 0; i < shown; ++i)
        text += (i == 0 ? "" : i + 1 == who.size() ? " and " : ", ") + printable(who[i]);
    if (shown < who.size())
        text += fmt::format(" and {} others", who.size() - shown);
    text += fmt::format(" for {}s", waited / 1'000'000);
    if (deadline > waited)
        text += fmt::format(", {}s left", (deadline - waited) / 1'000'000);
    return text;
}

Progress::Progress(const Options& options)
    : options_(options), terminal_(isatty(STDOUT_FILENO) && options.json == Json::Off && !options.quiet),
      start_(monotonicNow()) {}

// The machine may go at any moment, and the terminal with it: what cannot be written is not worth an error.
void Progress::write(const std::string& text) {
    writeAll(STDOUT_FILENO, text);
}

void Progress::clear() {
    if (shown_)
        write(std::string(eraseLine));
    shown_ = false;
}

void Progress::say(const std::string& event, const std::string& words, const std::string& line) {
    uint64_t passed = monotonicNow() - start_;
    clear();
    if (options_.json != Json::Off)
        write(dump({{"event", event}, {"after_usec", passed}, {"detail", words}}, options_.json));
    else if (!options_.quiet)
        write(fmt::format("[{:>8}] {}\n", seconds(passed), printable(line)));
}

void Progress::waiting(const std::vector<std::string>& who, uint64_t since, uint64_t deadline) {
    if (!terminal_)
        return;
    clear();
    if (who.empty())
        return;
    write("           " + waitingText(who, monotonicNow() - since, deadline));
    shown_ = true;
}

} // namespace luoctl
