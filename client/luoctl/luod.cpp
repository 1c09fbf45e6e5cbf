// SPDX-License-Identifier: LGPL-2.1-or-later
#include "luod.hpp"

#include "convert.hpp"
#include "failure.hpp"
#include "format.hpp"
#include "parse.hpp"
#include "proto/names.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <set>

namespace luoctl {
namespace {

const char* direction(const Options& options) {
    return options.direction.empty() ? nullptr : options.direction.c_str();
}

} // namespace

luod_client* Luod::handle() {
    if (client_)
        return client_.get();
    luod_client* client = nullptr;
    int r = options_.host.empty() ? luod_open(&client, nullptr) : luod_open_remote(&client, options_.host.c_str());
    if (r < 0)
        throw noBus(options_.host.empty() ? "the bus" : options_.host, r);
    client_.reset(client);
    return client;
}

int Luod::check(int result, const std::string& doing) {
    if (result < 0)
        throw fromLuod(doing, luod_error_name(handle()), luod_error_message(handle()), result);
    return result;
}

Status Luod::status() {
    luod_status* got = nullptr;
    check(luod_get_status(handle(), &got), "cannot ask for the status");
    Owned<luod_status> owned{got};
    Status status = rowOf(*got);
    for (const Session& session : list())
        ++(session.state == "lost" ? status.lost : session.direction == "incoming" ? status.incoming : status.outgoing);
    return status;
}

std::vector<Session> Luod::list() {
    luod_sessions* got = nullptr;
    check(luod_list(handle(), direction(options_), options_.owner, &got), "cannot list sessions");
    Owned<luod_sessions> owned{got};
    std::vector<Session> rows;
    while (const luod_session* session = luod_sessions_next(got))
        rows.push_back(rowOf(*session));
    return rows;
}

std::string Luod::find(const std::string& session) {
    if (session.starts_with('/')) // no session's name has a slash in it
        return session;
    char* path = nullptr;
    int r = luod_find(handle(), session.c_str(), direction(options_), options_.owner, &path);
    if (r == -ENOENT && options_.owner == LUOD_ANY_OWNER)
        return findOfOthers(session, r);
    check(r, fmt::format("session {}", session));
    return Owned<char>{path}.get();
}

// Only root is shown others' sessions; for everybody else there is nothing new in the list.
std::string Luod::findOfOthers(const std::string& session, int result) {
    Failure failure =
        fromLuod(fmt::format("session {}", session), luod_error_name(handle()), luod_error_message(handle()), result);
    std::vector<Session> found = list();
    std::erase_if(found, [&](const Session& row) { return row.name != session; });
    std::set<std::string> owners;
    for (const Session& row : found)
        owners.insert(userName(row.owner));
    if (owners.empty())
        throw failure;
    if (owners.size() > 1)
        throw usage(
            fmt::format("sessions named {} belong to {}: say whose with --owner", session, fmt::join(owners, ", ")));
    auto incoming = std::ranges::find(found, "incoming", &Session::direction);
    return incoming == found.end() ? found.front().path : incoming->path;
}

std::vector<Quota> Luod::quotas() {
    luod_quotas* got = nullptr;
    check(luod_get_quotas(handle(), options_.owner, &got), "cannot ask for the quotas");
    Owned<luod_quotas> owned{got};
    std::vector<Quota> rows;
    while (const luod_quota* quota = luod_quotas_next(got))
        rows.push_back(rowOf(*quota));
    return rows;
}

Session Luod::session(const std::string& path) {
    luod_sessions* got = nullptr;
    check(luod_get_session(handle(), path.c_str(), &got), fmt::format("session {}", path));
    Owned<luod_sessions> owned{got};
    return rowOf(*luod_sessions_next(got));
}

std::vector<File> Luod::files(const std::string& path) {
    luod_files* got = nullptr;
    check(luod_list_files(handle(), path.c_str(), &got), "cannot list the session's files");
    Owned<luod_files> owned{got};
    std::vector<File> rows;
    while (const luod_file* file = luod_files_next(got))
        rows.push_back(rowOf(*file));
    return rows;
}

std::string Luod::create(const std::string& name) {
    char* path = nullptr;
    luod_create_options wish{.owner = options_.owner, .flags = options_.bindToUnit ? LUOD_BIND_TO_UNIT : 0};
    check(luod_create_with(handle(), name.c_str(), &wish, &path), fmt::format("cannot create session {}", name));
    return Owned<char>{path}.get();
}

void Luod::preserve(const std::string& path, const luod_input& file, bool byLuod) {
    check(luod_preserve(handle(), path.c_str(), &file, 1, byLuod ? LUOD_BY_LUOD : 0), "cannot preserve");
}

std::vector<Retrieved> Luod::retrieve(const std::string& path, const std::vector<File>& files, bool byLuod) {
    std::vector<uint64_t> tokens;
    std::ranges::transform(files, std::back_inserter(tokens), &File::token);
    std::vector<int> fds(files.size(), -1);
    check(luod_retrieve(handle(), path.c_str(), tokens.data(), tokens.size(), byLuod ? LUOD_BY_LUOD : 0, fds.data()),
          "cannot retrieve");
    std::vector<Retrieved> out;
    for (size_t i = 0; i < files.size(); ++i)
        out.push_back({files[i].token, files[i].name, Fd{fds[i]}});
    return out;
}

void Luod::annotate(const std::string& path, const File& file) {
    Metadata metadata(file.metadata);
    check(luod_annotate(handle(), path.c_str(), file.token, file.name.c_str(), metadata.values().data(),
                        metadata.values().size()),
          "cannot annotate");
}

void Luod::takeOut(const std::string& path, uint64_t token) {
    check(luod_take_out(handle(), path.c_str(), token), fmt::format("cannot take out token {}", token));
}

void Luod::finish(const std::string& path) {
    check(luod_finish(handle(), path.c_str()), "cannot finish the session");
}
void Luod::discard(const std::string& path) {
    check(luod_discard(handle(), path.c_str()), "cannot discard the session");
}

const File& findFile(const std::vector<File>& files, const std::string& tokenOrName) {
    auto token = parseToken(tokenOrName);
    auto at =
        token ? std::ranges::find(files, *token, &File::token) : std::ranges::find(files, tokenOrName, &File::name);
    if (at == files.end() || tokenOrName.empty())
        throw asLuod(fmt::format("file {}", tokenOrName), "NoSuchFile", "");
    return *at;
}

} // namespace luoctl
