// SPDX-License-Identifier: LGPL-2.1-or-later
#include "world.hpp"

#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sys/epoll.h>

namespace gate {

using luod::core::UniqueFd;

namespace {

constexpr const char *login = "org.freedesktop.login1.Manager", *luodInterface = "org.luod1.Manager";

sd_event* makeLoop() {
    sd_event* loop = nullptr;
    sd_event_new(&loop);
    return loop;
}

int nothing(sd_bus_message* call) { return sd_bus_reply_method_return(call, ""); }
int noChanges(sd_bus_message* call) { return sd_bus_reply_method_return(call, "a(sss)", 0); }

} // namespace

World::World()
    : loop(makeLoop(), sd_event_unref), logind(loop.get(), bus.address(), "org.freedesktop.login1", "/org/freedesktop/login1"),
      systemd(loop.get(), bus.address(), "org.freedesktop.systemd1", "/org/freedesktop/systemd1"),
      luod(loop.get(), bus.address(), "org.luod1", "/org/luod1") {
    for (const char* directory : {"run/luod", "sys/kernel", "dev/pts"})
        std::filesystem::create_directories(root / directory);
    root.write("dev/pts/0", "");
    playLogind();
    playSystemd();
    playLuod();
    watch(notify.fd());
}

World::~World() {
    if (gate_) // nobody answers its questions any more
        gate_->signal(SIGKILL);
}

void World::playLogind() {
    logind.property("InhibitDelayMaxUSec", "t", std::uint64_t(60'000'000));
    logind.property("ScheduledShutdown", "(st)", "", std::uint64_t(0));
    logind.property("TTY", "s", "pts/0");
    logind.method("Inhibit", [this](sd_bus_message* call) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) < 0)
            return -errno;
        lock_.reset(ends[0]);
        UniqueFd theirs(ends[1]);
        watch(lock_.get());
        return sd_bus_reply_method_return(call, "h", theirs.get());
    });
    logind.method("RebootWithFlags", [this](sd_bus_message* call) {
        sd_bus_message_read(call, "t", &rebootFlags);
        return nothing(call);
    });
    logind.method("ListSessions", [](sd_bus_message* call) {
        return sd_bus_reply_method_return(call, "a(susso)", 1, "1", 0u, "root", "", "/org/freedesktop/login1/session/_31");
    });
    logind.come();
}

void World::playSystemd() {
    systemd.property("ActiveState", "s", "inactive");
    systemd.method("MaskUnitFiles", [this](sd_bus_message* call) {
        kexecState = "masked";
        return noChanges(call);
    });
    systemd.method("UnmaskUnitFiles", [this](sd_bus_message* call) {
        kexecState = "loaded";
        return noChanges(call);
    });
    systemd.method("LoadUnit", [this](sd_bus_message* call) {
        systemd.property("LoadState", "s", kexecState.c_str());
        return sd_bus_reply_method_return(call, "o", "/org/freedesktop/systemd1/unit/one");
    });
    systemd.method("StartUnit", [this](sd_bus_message* call) {
        const char *unit = nullptr, *mode = nullptr;
        sd_bus_message_read(call, "ss", &unit, &mode);
        started.push_back(std::string(unit) + " " + mode);
        return sd_bus_reply_method_return(call, "o", "/org/freedesktop/systemd1/job/1");
    });
    systemd.method("ListJobs", [this](sd_bus_message* call) { return answerJobs(call); });
    for (const char* member : {"Reload", "ClearJobs"})
        systemd.method(member, nothing);
    systemd.come();
}

int World::answerJobs(sd_bus_message* call) {
    const char *job = "/org/freedesktop/systemd1/job/1", *unit = "/org/freedesktop/systemd1/unit/one";
    if (!kexecQueued_)
        return sd_bus_reply_method_return(call, "a(usssoo)", 1, 1u, "kexec.target", "stop", "waiting", job, unit);
    return sd_bus_reply_method_return(call, "a(usssoo)", 2, 1u, "luod-gate.service", "stop", "running", job, unit, 2u,
                                      "kexec.target", "start", "waiting", job, unit);
}

void World::playLuod() {
    luod.property("Phase", "s", "idle");
    luod.property("UpdateMode", "s", "");
    holding(1, false);
    luod.method("LiveUpdate", [this](sd_bus_message* call) { return noteLiveUpdate(call); });
    luod.method("AbortLiveUpdate", [this](sd_bus_message* call) {
        const char* why = nullptr;
        sd_bus_message_read_basic(call, 's', &why);
        abortedBecause = why;
        return nothing(call);
    });
    luod.come();
}

int World::noteLiveUpdate(sd_bus_message* call) {
    sd_bus_message_enter_container(call, 'a', "{sv}");
    while (sd_bus_message_enter_container(call, 'e', "sv") > 0) {
        const char *key = nullptr, *type = nullptr, *word = nullptr;
        int yes = 0;
        char container = 0;
        sd_bus_message_read_basic(call, 's', &key);
        sd_bus_message_peek_type(call, &container, &type);
        if (std::string_view(type) == "s" && sd_bus_message_read(call, "v", "s", &word) >= 0)
            asked.words[key] = word;
        else if (std::string_view(key) == "deadline-usec")
            sd_bus_message_read(call, "v", "t", &asked.deadline);
        else if (std::string_view(key) == "shutdown-asked" && sd_bus_message_read(call, "v", "b", &yes) >= 0)
            asked.shutdownAsked = yes;
        sd_bus_message_exit_container(call);
    }
    return sd_bus_reply_method_return(call, "s", "11111111-2222-3333-4444-555555555555");
}

void World::holding(unsigned sessions, bool client) {
    luod.property("Sessions", "u", sessions);
    luod.method("ListInhibitors", [client](sd_bus_message* call) {
        if (!client)
            return sd_bus_reply_method_return(call, "a(sssuustts)", 0);
        return sd_bus_reply_method_return(call, "a(sssuustts)", 1, "vmm", "guest", "delay", 0u, 1u, "", std::uint64_t(0),
                                          std::uint64_t(0), "held");
    });
}

void World::phase(const char* phase, const char* mode) {
    luod.property("Phase", "s", phase);
    luod.property("UpdateMode", "s", mode);
    luod.signal("org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as", luodInterface, 3, "Phase", "s", phase,
                "UpdateMode", "s", mode, "Available", "b", 1, 0);
}

void World::aborted(const char* why) {
    luod.signal(luodInterface, "PrepareForLiveUpdate", "ba{sv}", 0, 2, "outcome", "s", "aborted", "reason", "s", why);
}

void World::shutdown(bool begins, const char* type) {
    if (type)
        logind.signal(login, "PrepareForShutdownWithMetadata", "ba{sv}", int(begins), 1, "type", "s", type);
    logind.signal(login, "PrepareForShutdown", "b", int(begins));
}

void World::start() {
    gate_.emplace(luod::tests::ProcessOptions{.command = {LUOD_GATE, "--root=" + root.path().string()},
                                              .environment = bus.environment(),
                                              .logFile = root / "said"});
    watch(gate_->pidfd());
    ASSERT_TRUE(until([this] { return !notify.silent(); }));
}

void World::terminate() { gate_->signal(SIGTERM); }

int World::end() {
    EXPECT_TRUE(until([this] {
        pollfd ended{gate_->pidfd(), POLLIN, 0};
        return ::poll(&ended, 1, 0) > 0;
    }));
    return gate_->wait();
}

std::string World::said() {
    std::ifstream file(root / "said");
    return {std::istreambuf_iterator<char>(file), {}};
}

void World::watch(int fd) {
    sd_event_source* source = nullptr;
    auto wakes = [](sd_event_source* from, int, std::uint32_t, void*) {
        return sd_event_source_set_enabled(from, SD_EVENT_OFF); // once is enough: the test looks for itself
    };
    sd_event_add_io(loop.get(), &source, fd, EPOLLIN, wakes, nullptr);
    sd_event_source_set_floating(source, true);
    sd_event_source_unref(source);
}

bool World::until(const std::function<bool()>& so) {
    luod::tests::Deadline deadline;
    while (!so()) {
        if (deadline.milliseconds() == 0)
            return false;
        sd_event_run(loop.get(), std::uint64_t(deadline.milliseconds()) * 1000);
    }
    return true;
}

void World::settle() {
    int answers = 0;
    for (Fake* fake : {&logind, &systemd, &luod})
        fake->ping([&answers] { ++answers; });
    EXPECT_TRUE(until([&answers] { return answers == 3; }));
}

bool World::locked() {
    pollfd lock{lock_.get(), POLLIN, 0};
    return lock_ && ::poll(&lock, 1, 0) == 0;
}

} // namespace gate
