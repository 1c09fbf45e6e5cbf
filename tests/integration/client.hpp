// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/unique_fd.hpp"
#include "luod.h"
#include "world.hpp"

#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <sys/types.h>
#include <vector>

namespace luod::tests {

// What became of a call: the bus's name of the error without "org.luod1.Error.", or "".
struct Answer {
    int result = 0;
    std::string error, words;
    explicit operator bool() const { return result >= 0; }
    bool luodDied() const; // there was none, or it did not live to answer
};
std::ostream& operator<<(std::ostream& out, const Answer& answer);

struct Input {
    int fd = -1;
    std::uint64_t token = 0;
    std::string name;
    std::vector<luod_value> metadata;
};

constexpr uid_t nobody = 65534;

// libluod, more briefly. Has luod do the kernel's work: the test stands outside the simulated machine.
class Client {
public:
    explicit Client(const World& world, uid_t user = 0);
    luod_client* get() const { return client_.get(); }

    Answer create(const std::string& name, uid_t owner = LUOD_ANY_OWNER);
    std::string path; // of the session that create() or find() found last
    Answer find(const std::string& name, const char* direction = nullptr, uid_t owner = LUOD_ANY_OWNER);
    std::string made(const std::string& name, uid_t owner = LUOD_ANY_OWNER); // its path; throws where it cannot
    std::string found(const std::string& name, const char* direction = nullptr);

    Answer preserve(const std::string& session, const std::vector<Input>& files, unsigned flags = LUOD_BY_LUOD);
    Answer preserve(const std::string& session, int fd, std::uint64_t token, const std::string& name = "") {
        return preserve(session, {{.fd = fd, .token = token, .name = name}});
    }
    Answer retrieve(const std::string& session, std::uint64_t token, core::UniqueFd& fd);
    Answer retrieve(const std::string& session, const std::string& name, core::UniqueFd& fd);
    Answer retrieveAll(const std::string& session, std::map<std::uint64_t, std::string>& contents);
    Answer takeOut(const std::string& session, std::uint64_t token);
    Answer finish(const std::string& session);
    Answer discard(const std::string& session);
    Answer annotate(const std::string& session, std::uint64_t token, const std::string& name,
                    const std::vector<luod_value>& metadata = {});
    Answer answer(int result) const; // with what the client says about its last call

    struct Status {
        bool available = false;
        std::string reason, lastHandover;
        std::uint64_t liveUpdates = 0, files = 0;
        std::uint32_t sessions = 0;
    };
    Status status();
    std::string picture(); // every session and file that this client can see, a line each

private:
    std::unique_ptr<luod_client, luod_client* (*)(luod_client*)> client_;
};

// A file's own line in a picture.
std::string describe(const luod_file& file);

} // namespace luod::tests
