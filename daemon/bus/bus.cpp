// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/bus.hpp"

#include "bus/compat.hpp"
#include "bus/convert.hpp"
#include "proto/names.hpp"

#include <chrono>
#include <ctime>
#include <sys/epoll.h>
#include <utility>

namespace luod::bus {
namespace {

std::uint64_t monotonicNow() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::uint64_t(now.tv_sec) * 1'000'000 + std::uint64_t(now.tv_nsec) / 1000;
}

std::uint32_t epollEvents(short pollEvents) { return std::uint32_t(pollEvents); } // the bits are the same

constexpr const char* objectManagerInterface = "org.freedesktop.DBus.ObjectManager";
constexpr const char* propertiesInterface = "org.freedesktop.DBus.Properties";

} // namespace

Bus::Bus(platform::EventLoop& loop, std::function<void(const std::string&)> lost)
    : loop_(loop), lost_(std::move(lost)), connection_(sdbus::createSystemBusConnection()) {
    auto poll = compat::poll(*connection_);
    timer_ = loop_.timer([this] { process(); });
    io_ = loop_.io(poll.fd, EPOLLIN, [this](std::uint32_t) { process(); });
    if (poll.eventFd >= 0)
        extra_ = loop_.io(poll.eventFd, EPOLLIN, [this](std::uint32_t) { process(); });
    // What to wait for changes with every message sent: it is asked for each time before the loop goes to sleep.
    io_.prepare([this] { arm(); });
    access_ = std::make_unique<Access>(*connection_, [this](const std::string& gone) { signals_->unsubscribe(gone); });
    signals_ = std::make_unique<Signals>(*access_);
}

Bus::~Bus() = default;

void Bus::serve(House house, Facts facts) {
    objects_ = std::make_unique<SessionObjects>(*connection_, *access_, house.custodian,
                                                [this](std::function<void()> f) { loop_.post(std::move(f)); });
    manager_ = std::make_unique<ManagerObject>(*connection_, house, *access_, *objects_, *signals_, std::move(facts));
}

void Bus::own() { connection_->requestName(compat::ServiceName{proto::busName}); }

void Bus::arm() {
    if (broken_)
        return;
    try {
        auto poll = compat::poll(*connection_);
        io_.events(epollEvents(poll.events));
        if (poll.deadline == compat::Poll::never) {
            timer_.off();
            return;
        }
        auto now = monotonicNow();
        timer_.after(std::chrono::microseconds(poll.deadline > now ? poll.deadline - now : 0));
    } catch (const sdbus::Error& error) {
        lose(error.what());
    }
}

void Bus::lose(const std::string& why) {
    if (std::exchange(broken_, true))
        return;
    io_.off();
    timer_.off();
    loop_.post([this, why] { lost_(why); });
}

// Nobody hears what is said on a lost bus, and what it is about goes on.
template <typename Say> void Bus::unlessLost(Say say) {
    if (broken_)
        return;
    try {
        say();
    } catch (const sdbus::Error& error) {
        lose(error.what());
    }
}

void Bus::process() {
    if (broken_)
        return;
    try {
        // Not for ever: others wait for the loop too. What is left over makes the next poll return at once.
        for (int messages = 0; messages < 64 && compat::processOne(*connection_); ++messages) {
        }
    } catch (const sdbus::Error& error) {
        lose(error.what());
    }
}

void Bus::sessionAdded(const core::Session& session) {
    unlessLost([&] {
        if (!signals_->concerns(session))
            return;
        std::map<std::string, Dict> interfaces{{proto::sessionInterface, properties(session)}};
        signals_->emit(manager_->object(), session, objectManagerInterface, "InterfacesAdded",
                       sdbus::ObjectPath{sessionPath(session.id)}, interfaces);
    });
}

void Bus::sessionGone(const core::Session& session) {
    unlessLost([&] {
        objects_->drop(session.id);
        signals_->emit(manager_->object(), session, objectManagerInterface, "InterfacesRemoved",
                       sdbus::ObjectPath{sessionPath(session.id)}, std::vector<std::string>{proto::sessionInterface});
    });
}

// Files are only invalidated: they may be many, and whoever wants them can ask.
void Bus::propertiesChanged(const core::Session& session, bool state) {
    Dict changed;
    if (state)
        changed.emplace("State", sdbus::Variant(std::string(stateWord(session))));
    signals_->emit(objects_->get(session.id).object(), session, propertiesInterface, "PropertiesChanged",
                   std::string(proto::sessionInterface), changed, std::vector<std::string>{"Files"});
}

void Bus::sessionChanged(const core::Session& session) {
    unlessLost([&] {
        if (signals_->concerns(session))
            propertiesChanged(session, true);
    });
}

void Bus::filesPreserved(const core::Session& session, const std::vector<core::Token>& tokens) {
    unlessLost([&] {
        if (!signals_->concerns(session))
            return;
        auto& object = objects_->get(session.id).object();
        for (core::Token token : tokens)
            signals_->emit(object, session, proto::sessionInterface, "FilePreserved", uint64_t(token),
                           session.files.at(token).name);
        propertiesChanged(session, false);
    });
}

void Bus::fileTakenOut(const core::Session& session, core::Token token) {
    unlessLost([&] {
        if (!signals_->concerns(session))
            return;
        signals_->emit(objects_->get(session.id).object(), session, proto::sessionInterface, "FileTakenOut",
                       uint64_t(token));
        propertiesChanged(session, true);
    });
}

void Bus::filesRetrieved(const core::Session& session, const std::vector<core::Token>& tokens) {
    unlessLost([&] {
        if (!signals_->concerns(session))
            return;
        auto& object = objects_->get(session.id).object();
        for (core::Token token : tokens)
            signals_->emit(object, session, proto::sessionInterface, "FileRetrieved", uint64_t(token));
        propertiesChanged(session, false);
    });
}

void Bus::filesInvalidated(const core::Session& session, const std::vector<core::Token>& tokens) {
    unlessLost([&] {
        if (!signals_->concerns(session))
            return;
        auto& object = objects_->get(session.id).object();
        for (core::Token token : tokens)
            signals_->emit(object, session, proto::sessionInterface, "FileInvalidated", uint64_t(token),
                           session.files.at(token).name);
        propertiesChanged(session, true);
    });
}

void Bus::phaseChanged() {
    unlessLost([&] { manager_->phaseChanged(); });
}

void Bus::prepare(const core::Update& update) {
    unlessLost([&] { manager_->prepare(update); });
}

void Bus::over(const core::Update& update) {
    unlessLost([&] { manager_->over(update); });
}

void Bus::moment(const core::Moment& moment, std::size_t awaited) {
    unlessLost([&] { manager_->moment(moment, awaited); });
}

} // namespace luod::bus
