// SPDX-License-Identifier: LGPL-2.1-or-later
#include "failure.hpp"
#include "help.hpp"
#include "output.hpp"
#include "verbs.hpp"

#include <algorithm>
#include <clocale>
#include <csignal>
#include <exception>
#include <fmt/core.h>

namespace {

using namespace luoctl;

const VerbRow& verbOf(const Options& options) {
    std::string_view name = options.arguments.empty() ? "status" : std::string_view(options.arguments.front());
    auto row = std::ranges::find(verbs(), name, &VerbRow::name);
    if (row == verbs().end())
        throw usage(fmt::format("unknown verb {}", name));
    return *row;
}

void checkFits(const VerbRow& verb, const Options& options, size_t arguments) {
    if (arguments < verb.least || arguments > verb.most)
        throw usage(
            fmt::format("it is: luoctl {} {}", verb.name, verb.synopsis.empty() ? "(no arguments)" : verb.synopsis));
    for (const OptionRow* row : options.seen)
        if (!takes(*row, verb.name))
            throw usage(fmt::format("{} does not go with {}", label(*row), verb.name));
    if (verb.passesFds && !options.host.empty())
        throw usage(
            fmt::format("{} passes open files, which cannot go to another host: run luoctl there, as with 'ssh {} "
                        "luoctl {} ...'",
                        verb.name, options.host, verb.name));
}

int run(Options& options) {
    if (options.help || options.version) {
        show(options.help ? helpText() : "luoctl " LUOD_VERSION "\n", options);
        return 0;
    }
    const VerbRow& verb = verbOf(options);
    std::vector<std::string> arguments;
    if (!options.arguments.empty())
        arguments.assign(options.arguments.begin() + 1, options.arguments.end());
    // For verbs without a command "--" says that no options follow.
    if (options.hasCommand && !verb.takesCommand)
        arguments.insert(arguments.end(), options.command.begin(), options.command.end());
    checkFits(verb, options, arguments.size());
    Luod luod(options);
    Context context{options, luod, std::move(arguments)};
    verb.run(context);
    return context.exitCode;
}

int tell(const Failure& failure) {
    writeAll(STDERR_FILENO, fmt::format("luoctl: {}\n", failure.line));
    return failure.exitCode;
}

} // namespace

int main(int argc, char** argv) {
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN); // a reader that went away is an error like others, not the end
    try {
        Options options = parse(argc, argv);
        return run(options);
    } catch (const Failure& failure) {
        return tell(failure);
    } catch (const std::exception& error) {
        return tell({1, error.what()});
    }
}
