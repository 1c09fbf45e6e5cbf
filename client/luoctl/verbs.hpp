// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The one table of verbs: dispatch, --help, completions and the man page's test are fed from it.

#include "luod.hpp"
#include "options.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luoctl {

struct Context {
    const Options& options;
    Luod& luod;
    std::vector<std::string> arguments; // without the verb
};

// What a shell may offer for a verb's arguments.
enum class Offers { Nothing, Session, Sessions, SessionThenFile };

struct VerbRow {
    std::string_view name, synopsis, summary;
    size_t least, most; // arguments
    bool passesFds;     // cannot go over ssh
    Offers offers;
    void (*run)(Context&);
};

std::span<const VerbRow> verbs();

// A file each.
void runStatus(Context& context);
void runList(Context& context);
void runShow(Context& context);
void runCreate(Context& context);
void runPreserve(Context& context);
void runRetrieve(Context& context);
void runAnnotate(Context& context);
void runTakeOut(Context& context);
void runFinish(Context& context);
void runDiscard(Context& context);
void runMonitor(Context& context);

} // namespace luoctl
