// SPDX-License-Identifier: LGPL-2.1-or-later
#include "content.hpp"
#include "failure.hpp"
#include "json.hpp"
#include "output.hpp"
#include "parse.hpp"
#include "verbs.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace luoctl {
namespace {

// Another program may take the same free token meanwhile, or have it without luod's knowledge: choose again, but not
// for ever.
constexpr int attempts = 8;

struct Target {
    std::optional<uint64_t> token; // nothing: luoctl chooses
    std::string name;
};

Target targetOf(const Context& context) {
    const Options& options = context.options;
    const std::string& word = context.arguments[1];
    Target target{parseToken(word), options.name.value_or("")};
    if (!target.token && options.name)
        throw usage("--name goes with a TOKEN; a NAME is given in its place already");
    if (!target.token)
        target.name = word;
    return target;
}

Fd openSource(const std::string& file) {
    Fd fd{open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    if (fd.get() < 0)
        throw local(fmt::format("cannot open {}", file), errno);
    return fd;
}

// The descriptor to hand over; owned where it is one that was made here.
int sourceOf(const Context& context, const std::string& name, Fd& owned) {
    bool hasFile = context.arguments.size() == 3;
    if (context.options.fd && hasFile)
        throw usage("give either a FILE or --fd");
    if (context.options.fd) {
        if (fcntl(*context.options.fd, F_GETFD) < 0)
            throw usage(fmt::format("descriptor {} is not open: start luoctl with it inherited", *context.options.fd));
        return *context.options.fd;
    }
    std::string file = hasFile ? context.arguments[2] : "-";
    if (file == "-" && isatty(STDIN_FILENO))
        throw usage("standard input is a terminal: name a FILE, give --fd, or pipe the content in");
    Fd source = file == "-" ? Fd{} : openSource(file);
    owned = memfdOf(file == "-" ? STDIN_FILENO : source.get(), name.empty() ? "luoctl" : name);
    return owned.get();
}

Dict metadataOf(const Options& options) {
    Dict dict;
    for (const auto& [key, value] : options.metadata) {
        if (!value)
            throw usage(fmt::format("--metadata={} is not KEY=VALUE", key));
        dict.push_back({key, LUOD_STRING, *value});
    }
    return dict;
}

// What luod knows of the session. A name that is taken has to be found here: the kernel knows no names, and once it has
// the file, luod can only refuse to note it.
std::vector<uint64_t> takenTokens(Luod& luod, const std::string& session, const std::string& name) {
    std::vector<uint64_t> tokens;
    for (const File& file : luod.files(session)) {
        if (!name.empty() && file.name == name)
            throw asLuod(fmt::format("cannot preserve {}", name), "NameTaken",
                         fmt::format("the session holds a file of that name under token {}", file.token));
        tokens.push_back(file.token);
    }
    return tokens;
}

uint64_t preserveSomewhere(Luod& luod, const std::string& session, std::vector<uint64_t> taken, luod_input file,
                           bool byLuod) {
    for (int attempt = 1;; ++attempt) {
        file.token = freeToken(taken);
        int r = luod_preserve(luod.handle(), session.c_str(), &file, 1, byLuod ? LUOD_BY_LUOD : 0);
        bool isTaken = std::string_view(luod_error_name(luod.handle())).ends_with(".TokenTaken");
        if (r >= 0)
            return file.token;
        if (!isTaken || attempt == attempts)
            luod.check(r, "cannot preserve");
        taken.insert(std::ranges::lower_bound(taken, file.token), file.token);
    }
}

} // namespace

void runPreserve(Context& context) {
    const Options& options = context.options;
    Target target = targetOf(context);
    Dict dict = metadataOf(options);
    Metadata metadata(dict);
    std::string session = context.luod.find(context.arguments[0]);
    std::vector<uint64_t> taken = takenTokens(context.luod, session, target.name);
    Fd owned;
    luod_input file{.fd = sourceOf(context, target.name, owned),
                    .token = target.token.value_or(0),
                    .name = target.name.c_str(),
                    .metadata = metadata.values().data(),
                    .n_metadata = metadata.values().size()};
    if (target.token)
        context.luod.preserve(session, file, options.byLuod);
    else
        file.token = preserveSomewhere(context.luod, session, std::move(taken), file, options.byLuod);
    if (options.json != Json::Off)
        show(dump({{"path", session}, {"token", file.token}, {"name", target.name}}, options.json), options);
    else if (!options.quiet)
        show(fmt::format("{}\n", file.token), options);
}

} // namespace luoctl
