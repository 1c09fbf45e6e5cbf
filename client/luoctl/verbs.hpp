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
    int exitCode = 0;                   // for verbs whose answer it is
};

// What a shell may offer for a verb's arguments.
enum class Offers { Nothing, Session, Sessions, SessionThenFile, File };

struct VerbRow {
    std::string_view name, synopsis, summary;
    size_t least, most; // arguments
    bool passesFds;     // cannot go over ssh
    Offers offers;
    void (*run)(Context&);
    bool takesCommand = false; // what follows "--" is one
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
void runCheck(Context& context);
void runLoad(Context& context);
void runUnload(Context& context);
void runKexec(Context& context);
void runAbort(Context& context);
void runInhibit(Context& context);
void runListInhibitors(Context& context);
void runReport(Context& context);
void runQuota(Context& context);
void runIsRestored(Context& context);
void runMetrics(Context& context);
void runDoctor(Context& context);

} // namespace luoctl
