// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "client/lib/luod.h"
#include "plan.hpp"

#include <map>
#include <optional>

namespace soak {

// A client of luod, who asks again where there was no answer, as any would. Everything may be repeated by another one after it
// was killed.
class Client {
public:
    Client() { open(); }
    ~Client() { luod_close(handle_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void goAndComeBack();
    void fill(const Session& session);
    void expectFilled(const Session& session); // as it was planned, and listed so
    void discard(const Session& session);
    void verify(const Session& session); // incoming: every byte; then it is finished

private:
    using Path = std::string;
    void open();
    void again(int result, const char* what);
    Path create(const std::string& name);
    std::optional<Path> find(const std::string& name, const char* direction);
    Path findOrLose(const Session& session, const char* direction);
    std::map<std::uint64_t, std::string> listed(const Path& path); // token and name
    void expectListed(const Path& path, const Session& session);
    std::vector<const File*> missing(const Path& path, const Session& session);
    void preserveByLuod(const Path& path, const Session& session);
    void preserveAlone(const Path& path, const Session& session);
    bool takeOut(const Path& path, const Session& session);
    void retrieve(const Path& path, const Session& session, std::size_t from, std::size_t to);
    void finish(const Path& path, const Session& session);

    luod_client* handle_ = nullptr;
    unsigned inVain_ = 0; // one after the other
};

} // namespace soak
