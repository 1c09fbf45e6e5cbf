// SPDX-License-Identifier: LGPL-2.1-or-later
#include "command.hpp"
#include "content.hpp"
#include "failure.hpp"
#include "verbs.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

namespace luoctl {
namespace {

std::vector<File> wanted(const Context& context, const std::string& session) {
    std::vector<File> all = context.luod.files(session);
    if (context.arguments.size() == 1)
        return all;
    std::vector<File> some;
    for (size_t i = 1; i < context.arguments.size(); ++i)
        some.push_back(findFile(all, context.arguments[i]));
    return some;
}

void checkOutput(const Options& options, size_t files) {
    if (options.hasCommand) {
        if (options.command.empty())
            throw usage("there is no command after --");
        if (!options.output.empty())
            throw usage("--output does not go with a command");
        return;
    }
    if (files != 1)
        throw usage(files == 0
                        ? "the session holds no files"
                        : fmt::format("there are {} files: name one of them, or give a command that takes all", files));
    if (options.output.empty() && isatty(STDOUT_FILENO))
        throw usage("standard output is a terminal: redirect it, or use -o FILE ('-o -' if you mean it)");
}

// Guest memory is nobody else's business: the file is for its owner only.
Fd openOutput(const std::string& file) {
    Fd fd{open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600)};
    if (fd.get() < 0)
        throw local(fmt::format("cannot open {}", file), errno);
    return fd;
}

void writeOut(int content, const Options& options) {
    if (options.output.empty() || options.output == "-")
        return writeContent(content, STDOUT_FILENO);
    Fd out = openOutput(options.output);
    writeContent(content, out.get());
    // With --finish this copy is the only one that will be left.
    struct stat status {};
    if (options.finish && fstat(out.get(), &status) == 0 && S_ISREG(status.st_mode) && fsync(out.get()) < 0)
        throw local(fmt::format("cannot write {} to its disk", options.output), errno);
    if (close(out.release()) < 0)
        throw local(fmt::format("cannot write {}", options.output), errno);
}

} // namespace

void runRetrieve(Context& context) {
    const Options& options = context.options;
    std::string session = context.luod.find(context.arguments[0]);
    std::vector<File> files = wanted(context, session);
    checkOutput(options, files.size());
    std::vector<Retrieved> retrieved = context.luod.retrieve(session, files, options.byLuod);
    if (!options.hasCommand)
        writeOut(retrieved.front().fd.get(), options);
    if (options.finish)
        context.luod.finish(session);
    if (options.hasCommand)
        become(options.command, std::move(retrieved));
}

} // namespace luoctl
