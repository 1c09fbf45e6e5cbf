// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/crossing.hpp"

#include "platform/journal.hpp"
#include "platform/message_ids.hpp"
#include "platform/service_manager.hpp"

#include <cstring>
#include <fmt/format.h>
#include <unordered_map>

namespace luod::app {
namespace {

constexpr core::SessionId settleKey = ~core::SessionId(0) - 5; // no session's
constexpr std::size_t aTurn = 16;

// Until PID 1 has acted on all messages; and then until it answers a question, which it does only after it has dealt with
// what that set off (it closes each fd in a process of its own).
void awaitManager(core::FdStore& store) {
    (void)store.settle();
    (void)platform::ServiceManager().version();
}

} // namespace

// What was begun before is dropped: the last word counts.
void Crossing::work(Step step, std::function<void()> done) {
    turn_ = parts_.loop.defer([this, step, done = std::move(done)] {
        if ((this->*step)())
            return work(step, done);
        auto finished = done; // lives on when the next work takes this one's place
        finished();
    });
}

void Crossing::takeAll(std::function<void()> done) {
    if (!parts_.guard)
        return done();
    std::vector<platform::Held> all = parts_.held();
    queue_.clear();
    for (const auto& each : all)
        if (!out_.contains(each.storeName))
            queue_.push_back(each.storeName);
    if (queue_.empty())
        return done();
    if (auto held = parts_.guard->holdAll(all); !held) {
        platform::log(LOG_WARNING, fmt::format("the fd store keeps what luod holds, since its guard cannot ({}): the update will "
                                               "take a little longer",
                                               std::strerror(held.error())),
                      {}, platform::message::unguarded);
        return done();
    }
    work(&Crossing::takeSome, [this, done = std::move(done)] {
        parts_.workers.run(settleKey, [this] { awaitManager(parts_.store); }, done);
    });
}

bool Crossing::takeSome() {
    for (std::size_t i = 0; i < aTurn && !queue_.empty(); ++i) {
        parts_.store.remove(queue_.back());
        out_.insert(std::move(queue_.back()));
        queue_.pop_back();
    }
    return !queue_.empty();
}

void Crossing::giveBack() {
    if (parts_.guard)
        work(&Crossing::giveSome, [this] { parts_.guard->release(); });
}

bool Crossing::giveSome() {
    std::unordered_map<std::string, int> now; // sessions come and go between the turns
    for (const auto& each : parts_.held())
        now.emplace(each.storeName, each.fd);
    for (std::size_t i = 0; i < aTurn && !out_.empty(); ++i) {
        auto node = out_.extract(out_.begin());
        if (auto at = now.find(node.value()); at != now.end())
            giveBackOne(at->first, at->second);
    }
    return !out_.empty();
}

void Crossing::giveBackOne(const std::string& name, int fd) {
    if (auto stored = parts_.store.store(name, fd); !stored)
        platform::log(LOG_ERR, fmt::format("{} did not go back into the fd store: {}", name, std::strerror(stored.error())), {},
                      platform::message::notStored);
}

void Crossing::giveBackNow() {
    turn_ = {};
    while (giveSome()) {
    }
}

} // namespace luod::app
