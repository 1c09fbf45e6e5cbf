// SPDX-License-Identifier: LGPL-2.1-or-later
#include "client.hpp"

#include "memfd.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <stdexcept>
#include <string_view>
#include <unistd.h>

namespace luod::tests {

bool Answer::luodDied() const {
    return error.starts_with("org.freedesktop.DBus.Error.") && error != "org.freedesktop.DBus.Error.UnknownObject";
}

std::ostream& operator<<(std::ostream& out, const Answer& answer) {
    return out << answer.result << " " << answer.error << ": " << answer.words;
}

// The bus asks the kernel who connects, at that moment.
static luod_client* connectAs(const std::string& address, uid_t user) {
    luod_client* client = nullptr;
    if (user != 0 && (setegid(user) < 0 || seteuid(user) < 0))
        throw std::runtime_error("these tests run as root");
    const int result = luod_open(&client, address.c_str());
    luod_status* status = nullptr;
    if (result >= 0 && luod_get_status(client, &status) >= 0) // wait until it is connected, if luod is there
        luod_status_free(status);
    if (user != 0 && (seteuid(0) < 0 || setegid(0) < 0))
        throw std::runtime_error("cannot be root again");
    if (result < 0)
        throw std::runtime_error("the bus does not answer");
    return client;
}

Client::Client(const World& world, uid_t user) : client_(connectAs(world.address(), user), luod_close) {}

Answer Client::answer(int result) const {
    if (result >= 0)
        return {result, "", ""};
    std::string_view name = luod_error_name(get());
    constexpr std::string_view prefix = "org.luod1.Error.";
    if (name.starts_with(prefix))
        name.remove_prefix(prefix.size());
    return {result, std::string(name), luod_error_message(get())};
}

static std::string taken(char* text) {
    std::string copy = text ? text : "";
    std::free(text);
    return copy;
}

Answer Client::create(const std::string& name, uid_t owner) {
    char* made = nullptr;
    const Answer result = answer(luod_create(get(), name.c_str(), owner, &made));
    path = taken(made);
    return result;
}

Answer Client::find(const std::string& name, const char* direction, uid_t owner) {
    char* found = nullptr;
    const Answer result = answer(luod_find(get(), name.c_str(), direction, owner, &found));
    path = taken(found);
    return result;
}

std::string Client::made(const std::string& name, uid_t owner) {
    if (const Answer result = create(name, owner); !result)
        throw std::runtime_error("create: " + result.error + ": " + result.words);
    return path;
}

std::string Client::found(const std::string& name, const char* direction) {
    if (const Answer result = find(name, direction); !result)
        throw std::runtime_error("find: " + result.error + ": " + result.words);
    return path;
}

Answer Client::preserve(const std::string& session, const std::vector<Input>& files, unsigned flags) {
    std::vector<luod_input> inputs;
    for (const Input& file : files)
        inputs.push_back({.fd = file.fd,
                          .token = file.token,
                          .name = file.name.c_str(),
                          .metadata = file.metadata.data(),
                          .n_metadata = file.metadata.size(),
                          .kind = nullptr});
    return answer(luod_preserve(get(), session.c_str(), inputs.data(), inputs.size(), flags));
}

Answer Client::retrieve(const std::string& session, std::uint64_t token, core::UniqueFd& fd) {
    int got = -1;
    const int result = luod_retrieve(get(), session.c_str(), &token, 1, LUOD_BY_LUOD, &got);
    if (result >= 0)
        fd.reset(got);
    return answer(result);
}

Answer Client::retrieve(const std::string& session, const std::string& name, core::UniqueFd& fd) {
    const int result = luod_retrieve_by_name(get(), session.c_str(), name.c_str(), LUOD_BY_LUOD, nullptr);
    if (result >= 0)
        fd.reset(result);
    return answer(result);
}

Answer Client::retrieveAll(const std::string& session, std::map<std::uint64_t, std::string>& contents) {
    luod_files* files = nullptr;
    const Answer result = answer(luod_retrieve_all(get(), session.c_str(), LUOD_BY_LUOD, &files));
    if (!result)
        return result;
    while (const luod_file* file = luod_files_next(files))
        contents[file->token] = contentOf(file->fd);
    luod_files_free(files);
    return result;
}

Answer Client::takeOut(const std::string& session, std::uint64_t token) {
    return answer(luod_take_out(get(), session.c_str(), token));
}
Answer Client::finish(const std::string& session) {
    return answer(luod_finish(get(), session.c_str()));
}
Answer Client::discard(const std::string& session) {
    return answer(luod_discard(get(), session.c_str()));
}
Answer Client::annotate(const std::string& session, std::uint64_t token, const std::string& name,
                        const std::vector<luod_value>& metadata) {
    return answer(luod_annotate(get(), session.c_str(), token, name.c_str(), metadata.data(), metadata.size()));
}

Client::Status Client::status() {
    luod_status* status = nullptr;
    if (const int result = luod_get_status(get(), &status); result < 0)
        throw std::runtime_error("status: " + answer(result).words);
    const Status copy{.available = status->available != 0,
                      .reason = status->unavailable_reason,
                      .lastHandover = status->last_handover,
                      .liveUpdates = status->live_updates,
                      .files = status->files,
                      .sessions = status->sessions};
    luod_status_free(status);
    return copy;
}

static std::string describe(const luod_value& value) {
    switch (value.type) {
    case LUOD_INT16:
    case LUOD_INT32:
    case LUOD_INT64:
        return fmt::format("{}={:c}:{}", value.key, char(value.type), value.as.i);
    case LUOD_DOUBLE:
        return fmt::format("{}=d:{}", value.key, value.as.d);
    case LUOD_STRING:
        return fmt::format("{}=s:{}", value.key, value.as.s);
    case LUOD_BYTES: {
        std::string text = fmt::format("{}=ay:", value.key);
        for (std::size_t i = 0; i < value.as.bytes.size; ++i)
            text += fmt::format("{:02x}", value.as.bytes.data[i]);
        return text;
    }
    case LUOD_STRINGS: {
        std::string text = fmt::format("{}=as:", value.key);
        for (const char* const* each = value.as.strings; *each; ++each)
            text += std::string(*each) + ",";
        return text;
    }
    default:
        return fmt::format("{}={:c}:{}", value.key, char(value.type), value.as.u);
    }
}

std::string describe(const luod_file& file) {
    std::string text = fmt::format("{} '{}' {} {} {}", file.token, file.name, file.kind, file.state, file.size);
    for (std::size_t i = 0; i < file.n_details; ++i)
        text += " " + describe(file.details[i]);
    text += " |";
    for (std::size_t i = 0; i < file.n_metadata; ++i)
        text += " " + describe(file.metadata[i]);
    return text;
}

std::string Client::picture() {
    luod_sessions* sessions = nullptr;
    if (const int result = luod_list(get(), nullptr, LUOD_ANY_OWNER, &sessions); result < 0)
        return answer(result).words;
    std::string text;
    while (const luod_session* session = luod_sessions_next(sessions)) {
        text += fmt::format("{} {} {} {} {} {}\n", session->path, session->name, session->owner, session->direction,
                            session->state, session->files);
        luod_files* files = nullptr;
        if (const int result = luod_list_files(get(), session->path, &files); result < 0) {
            text += "  " + answer(result).error + "\n";
            continue;
        }
        while (const luod_file* file = luod_files_next(files))
            text += "  " + describe(*file) + "\n";
        luod_files_free(files);
    }
    luod_sessions_free(sessions);
    return text;
}

} // namespace luod::tests
