// SPDX-License-Identifier: LGPL-2.1-or-later
#include "client.hpp"

#include "content.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace soak {
namespace {

std::string own(char* path) {
    std::string copy(path);
    std::free(path);
    return copy;
}

luod_input input(const File& file, int fd) {
    return {.fd = fd, .token = file.token, .name = file.name.empty() ? nullptr : file.name.c_str(), .metadata = nullptr,
            .n_metadata = 0, .kind = "memfd"};
}

} // namespace

void Client::open() {
    if (luod_open(&handle_, nullptr) < 0)
        lost("the bus cannot be reached");
}

void Client::goAndComeBack() {
    luod_close(handle_);
    open();
}

// Waits until there is a luod again, where there was none to answer; anything else is the end.
void Client::again(int result, const char* what) {
    constexpr int passing[] = {EHOSTUNREACH, ETIMEDOUT, EBUSY, ENOTCONN, ECONNRESET, EPIPE, EUCLEAN, EIO};
    if (std::ranges::find(passing, -result) == std::end(passing) || ++inVain_ > 1000)
        lost(std::string(what) + ": " + luod_error_name(handle_) + ": " + luod_error_message(handle_));
    luod_status* status = nullptr;
    if (luod_get_status(handle_, &status) >= 0)
        luod_status_free(status);
}

Client::Path Client::create(const std::string& name) {
    for (;;) {
        char* path = nullptr;
        int r = luod_create(handle_, name.c_str(), LUOD_ANY_OWNER, &path);
        if (r >= 0)
            return own(path);
        if (r != -EEXIST)
            again(r, "create");
        else if (auto found = find(name, "outgoing"))
            return *found;
    }
}

std::optional<Client::Path> Client::find(const std::string& name, const char* direction) {
    for (;;) {
        char* path = nullptr;
        int r = luod_find(handle_, name.c_str(), direction, LUOD_ANY_OWNER, &path);
        if (r >= 0)
            return own(path);
        if (r == -ENOENT)
            return {};
        again(r, "find");
    }
}

Client::Path Client::findOrLose(const Session& session, const char* direction) {
    auto path = find(session.name, direction);
    if (!path)
        lost("session " + session.name + " is not there");
    return *path;
}

std::map<std::uint64_t, std::string> Client::listed(const Path& path) {
    luod_files* list = nullptr;
    for (int r; (r = luod_list_files(handle_, path.c_str(), &list)) < 0;)
        again(r, "list");
    std::map<std::uint64_t, std::string> all;
    while (const luod_file* file = luod_files_next(list))
        all[file->token] = file->name;
    luod_files_free(list);
    return all;
}

void Client::expectListed(const Path& path, const Session& session) {
    std::map<std::uint64_t, std::string> expected;
    for (const File& file : session.files)
        expected[file.token] = file.name;
    auto seen = listed(path);
    if (seen != expected)
        lost(session.name + " holds " + std::to_string(seen.size()) + " files instead of " + std::to_string(expected.size()) +
             ", or others");
    inVain_ = 0;
}

std::vector<const File*> Client::missing(const Path& path, const Session& session) {
    auto there = listed(path);
    std::vector<const File*> files;
    for (const File& file : session.files)
        if (!there.contains(file.token))
            files.push_back(&file);
    return files;
}

void Client::preserveByLuod(const Path& path, const Session& session) {
    for (auto files = missing(path, session); !files.empty(); files = missing(path, session)) {
        std::vector<Fd> fds;
        std::vector<luod_input> inputs;
        for (const File* file : files) {
            if (inputs.size() == 64) // then some of what was lost to a kill is looked for anew
                break;
            fds.push_back(make(*file));
            inputs.push_back(input(*file, fds.back().get()));
        }
        if (int r = luod_preserve(handle_, path.c_str(), inputs.data(), inputs.size(), LUOD_BY_LUOD); r < 0)
            again(r, "preserve");
    }
}

void Client::preserveAlone(const Path& path, const Session& session) {
    for (auto files = missing(path, session); !files.empty(); files = missing(path, session)) {
        Fd kernel(luod_borrow(handle_, path.c_str()));
        if (kernel.get() < 0) {
            again(kernel.get(), "borrow");
            continue;
        }
        std::vector<luod_input> inputs;
        for (const File* file : files) {
            int r = luod_ioctl_preserve(kernel.get(), make(*file).get(), file->token);
            if (r < 0 && r != -EEXIST) // preserved before, but not noted
                lost(std::string("PRESERVE_FD: ") + std::strerror(-r));
            inputs.push_back(input(*file, -1));
        }
        if (int r = luod_note_preserved(handle_, path.c_str(), inputs.data(), inputs.size()); r < 0)
            again(r, "note");
    }
}

// False where luod cannot: it was restarted since the files were handed over.
bool Client::takeOut(const Path& path, const Session& session) {
    const File surplus{.token = 1ULL << 62, .content = 1, .bytes = 4096, .name = "surplus"};
    Session more{.name = session.name, .files = session.files};
    more.files.push_back(surplus);
    preserveByLuod(path, more);
    for (;;) {
        int r = luod_take_out(handle_, path.c_str(), surplus.token);
        if (r >= 0 || r == -ENOENT)
            return true;
        if (r == -ENOTRECOVERABLE)
            return false;
        again(r, "take out");
    }
}

void Client::fill(const Session& session) {
    for (;;) {
        Path path = create(session.name);
        session.borrowed ? preserveAlone(path, session) : preserveByLuod(path, session);
        if (!session.takesOut || takeOut(path, session))
            break;
        discard(session); // the way to be rid of a file then
    }
    expectFilled(session);
}

void Client::expectFilled(const Session& session) { expectListed(findOrLose(session, "outgoing"), session); }

void Client::discard(const Session& session) {
    while (auto path = find(session.name, "outgoing"))
        if (int r = luod_discard(handle_, path->c_str()); r < 0 && r != -ENOENT)
            again(r, "discard");
}

void Client::retrieve(const Path& path, const Session& session, std::size_t from, std::size_t to) {
    std::vector<std::uint64_t> tokens;
    for (std::size_t i = from; i < to; ++i)
        tokens.push_back(session.files[i].token);
    std::vector<int> fds(tokens.size(), -1);
    unsigned flags = session.borrowed ? 0 : LUOD_BY_LUOD;
    for (int r; (r = luod_retrieve(handle_, path.c_str(), tokens.data(), tokens.size(), flags, fds.data())) < 0;)
        again(r, "retrieve");
    for (std::size_t i = from; i < to; ++i) {
        Fd fd(fds[i - from]);
        compare(fd.get(), session.files[i], session.name + ", token " + std::to_string(session.files[i].token));
    }
}

void Client::finish(const Path& path, const Session& session) {
    for (bool asked = false;; asked = true) {
        if (asked && !find(session.name, "incoming")) // it was, just before luod was killed
            return;
        int r = luod_finish(handle_, path.c_str());
        if (r >= 0)
            return;
        again(r, "finish");
    }
}

void Client::verify(const Session& session) {
    Path path = findOrLose(session, "incoming");
    expectListed(path, session);
    constexpr std::size_t page = 64;
    for (std::size_t i = 0; i < session.files.size(); i += page)
        retrieve(path, session, i, std::min(i + page, session.files.size()));
    finish(path, session);
}

} // namespace soak
