// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// libluod with owners for what it returns, as far as a guest needs it.

#include "client/lib/fd.hpp"
#include "result.hpp"

#include <cstdint>
#include <functional>
#include <luod.h>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace luod::qemu {

using client::Fd;

using Notes = std::map<std::string, std::vector<std::string>>; // metadata, as far as luo-qemu has any

struct File { // of a session
    std::uint64_t token = 0;
    std::string name;
    int fd = -1; // when it is to be preserved: the caller's
    Notes notes;
};

class Luod {
public:
    static Result<Luod> connect(); // and hears events from then on

    Result<std::string> create(const std::string& name);
    Result<std::optional<std::string>> find(const std::string& name, const char* direction);
    Result<> discard(const std::string& session);
    Result<> finish(const std::string& session);

    Result<std::vector<File>> files(const std::string& session);
    Result<Fd> borrow(const std::string& session);
    Result<> preserve(const std::string& session, const std::vector<File>& files);
    Result<> notePreserved(const std::string& session, const File& file);
    Result<std::vector<Fd>> retrieve(const std::string& session, const std::vector<std::uint64_t>& tokens);
    Result<> annotate(const std::string& session, const File& file);

    // Its owner is asked before a live update, and waited for until it is closed.
    Result<Fd> lock(const std::string& who, std::uint64_t deadline);
    Result<std::string> phase(); // "idle", "preparing", ...
    Result<> abort(const std::string& reason);

    int fd() const { return luod_get_fd(client_.get()); }
    // Everything that has come; false: the bus is gone.
    bool process(const std::function<void(const luod_event&)>& heard);

private:
    struct Close {
        void operator()(luod_client* client) const { luod_close(client); }
    };
    explicit Luod(luod_client* client) : client_(client) {}
    std::unexpected<std::string> failed() const { return failure(luod_error_message(client_.get())); }
    Result<> done(int result) const { return result < 0 ? failed() : Result<>(); }

    std::unique_ptr<luod_client, Close> client_;
};

} // namespace luod::qemu
