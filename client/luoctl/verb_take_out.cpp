// SPDX-License-Identifier: LGPL-2.1-or-later
#include "verbs.hpp"

namespace luoctl {

void runTakeOut(Context& context) {
    std::string session = context.luod.find(context.arguments[0]);
    std::vector<File> files = context.luod.files(session);
    std::vector<uint64_t> tokens;
    // All are looked up before the first is taken out: a slip of the pen shall change nothing.
    for (size_t i = 1; i < context.arguments.size(); ++i)
        tokens.push_back(findFile(files, context.arguments[i]).token);
    for (uint64_t token : tokens)
        context.luod.takeOut(session, token);
}

} // namespace luoctl
