// SPDX-License-Identifier: LGPL-2.1-or-later
#include "example.hpp"

#include "binaries.hpp"

#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>

namespace luod::tests {

void Service::start() {
    const core::UniqueFd arrivals(inotify_init1(IN_CLOEXEC));
    inotify_add_watch(arrivals.get(), dir_.path().c_str(), IN_MOVED_TO);
    std::vector<std::string> words{binary("service-manager"), "--control", dir_ / "control", "--"};
    words.insert(words.end(), command_.begin(), command_.end());
    manager_ = world_.begin(words);
    if (!waitEither(arrivals.get(), manager_->connection.get()) || !waitReadable(arrivals.get(), Deadline(std::chrono::milliseconds(0))))
        throw std::runtime_error("the service manager has ended: " + manager_->said());
    ask("wait-ready");
}

std::string Service::ask(const std::string& command) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    (dir_ / "control").copy(address.sun_path, sizeof address.sun_path - 1);
    const core::UniqueFd connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const std::string line = command + "\n";
    if (connect(connection.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 ||
        send(connection.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0)
        throw std::system_error(errno, std::generic_category(), manager_->said());
    const std::string answer = readLine(connection.get());
    if (!answer.starts_with("ok"))
        throw std::runtime_error(command + ": " + answer + "\n" + manager_->said());
    return answer.substr(std::min<std::size_t>(answer.size(), 3));
}

void ExampleTest::update() {
    expectDone(lead.load());
    expectDone(lead.begin());
    world.luod().waitNextBoot();
    EXPECT_EQ(lead.handover(), "done");
}

void ExampleTest::beginUpdate() {
    expectDone(lead.load());
    other_.emplace(world, "other");
    luod_subscribe_progress(other_->client().get());
    expectDone(lead.begin());
}

void ExampleTest::waitFor(Client& client, const std::function<bool(const luod_event&)>& isIt) {
    for (const luod_event* event = nullptr; luod_wait_event(client.get(), 20'000'000, &event) > 0;)
        if (isIt(*event))
            return;
    throw std::runtime_error("what is waited for does not happen");
}

void ExampleTest::waitReady(const std::string& who) {
    waitFor(other_->client(), [&](const luod_event& event) {
        return event.type == LUOD_EVENT_PROGRESS && event.what == std::string("ready") && event.subject == who;
    });
}

void ExampleTest::waitSessionAdded() {
    waitFor(other_->client(), [](const luod_event& event) { return event.type == LUOD_EVENT_SESSION_ADDED; });
}

void ExampleTest::abort() {
    expectDone(lead.abort("the test says so"));
    other_.reset();
}

void ExampleTest::goOver() {
    other_->ready();
    world.luod().waitNextBoot();
    EXPECT_EQ(lead.handover(), "done");
}

} // namespace luod::tests
