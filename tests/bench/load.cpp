// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Puts load on luod, and measures it: fills sessions with files of known content by each of the four ways, verifies them
// after a live update, and says what a file cost in time and processor. Used by the benchmarks and by scenarios of tests/vm.
//
//   load fill SESSIONS FILES BYTES       sessions load-0..., each with FILES files (by luod, in batches)
//   load verify SESSIONS FILES BYTES     retrieves, compares every byte, finishes
//   load preserve WAY FILES              one session bench-WAY-FILES; prints: WAY FILES wall-us cpu-us per file
//   load retrieve WAY FILES              the same after the live update
//   load carry FILES                     a bare D-Bus call with one fd to a server that does nothing: wall-us per call
//   load sessions COUNT                  creates as many empty sessions
//   load clients COUNT                   as many clients with a delay lock; when all are asked, they close them; prints when the
//                                        last one is about to (CLOCK_MONOTONIC, microseconds)
//   load claimable COUNT                 waits for luod to be on the bus, claims COUNT sessions; prints when each step was done
//
// WAY: raw (ioctls on an own session, without luod), one (by luod, one file in a call), batch (by luod, 16 in a call), borrow.

#include "client/lib/luod.h"
#include "proto/liveupdate-abi.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::size_t pageOfFds = 16;

unsigned long long monotonic() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<unsigned long long>(now.tv_sec) * 1'000'000 + static_cast<unsigned long long>(now.tv_nsec) / 1000;
}

[[noreturn]] void die(const std::string& what, const char* why = std::strerror(errno)) {
    std::fprintf(stderr, "load: %s: %s\n", what.c_str(), why);
    std::exit(1);
}

struct Client {
    luod_client* handle = nullptr;
    Client() {
        if (luod_open(&handle, nullptr) < 0)
            die("the bus", "cannot be reached");
    }
    ~Client() { luod_close(handle); }
    int check(int result, const char* what) const {
        if (result < 0)
            die(what, luod_error_message(handle));
        return result;
    }
    std::string create(const std::string& name) const {
        char* path = nullptr;
        check(luod_create(handle, name.c_str(), LUOD_ANY_OWNER, &path), "create");
        return own(path);
    }
    std::string find(const std::string& name, const char* direction) const {
        char* path = nullptr;
        check(luod_find(handle, name.c_str(), direction, LUOD_ANY_OWNER, &path), name.c_str());
        return own(path);
    }

private:
    static std::string own(char* path) {
        std::string copy(path);
        std::free(path);
        return copy;
    }
};

std::string content(std::size_t session, std::size_t file, std::size_t bytes) {
    std::string out(bytes, '\0');
    std::uint64_t state = session * 1'000'003 + file + 1;
    for (char& c : out) {
        state = state * 6364136223846793005 + 1442695040888963407;
        c = static_cast<char>(state >> 56);
    }
    return out;
}

int memfd(const std::string& bytes) {
    int fd = memfd_create("load", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes.data(), bytes.size()) != ssize_t(bytes.size()))
        die("memfd");
    return fd;
}

// Wall clock, and processor time of this process. What luod spends is read from its cgroup by whoever runs this.
struct Stopwatch {
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    double cpuStart = cpu();
    static double cpu() {
        rusage used{};
        getrusage(RUSAGE_SELF, &used);
        auto us = [](const timeval& t) { return double(t.tv_sec) * 1e6 + double(t.tv_usec); };
        return us(used.ru_utime) + us(used.ru_stime);
    }
    double wall() const { return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count(); }
    void print(const std::string& label, std::size_t count) const {
        std::printf("%s %zu %.1f %.1f\n", label.c_str(), count, wall() / double(count), (cpu() - cpuStart) / double(count));
    }
};

std::vector<luod_input> inputs(const std::vector<int>& fds) {
    std::vector<luod_input> files;
    for (std::size_t i = 0; i < fds.size(); ++i)
        files.push_back({.fd = fds[i], .token = i, .name = nullptr, .metadata = nullptr, .n_metadata = 0, .kind = "memfd"});
    return files;
}

void fill(std::size_t sessions, std::size_t files, std::size_t bytes) {
    Client client;
    for (std::size_t s = 0; s < sessions; ++s) {
        auto path = client.create("load-" + std::to_string(s));
        std::vector<int> fds;
        for (std::size_t f = 0; f < files; ++f)
            fds.push_back(memfd(content(s, f, bytes)));
        auto all = inputs(fds);
        client.check(luod_preserve(client.handle, path.c_str(), all.data(), all.size(), LUOD_BY_LUOD), "preserve");
        for (int fd : fds)
            close(fd);
    }
}

void compare(int fd, const std::string& expected, const std::string& what) {
    std::string seen(expected.size() + 1, '\0');
    ssize_t got = pread(fd, seen.data(), seen.size(), 0);
    if (got != ssize_t(expected.size()) || seen.compare(0, expected.size(), expected) != 0)
        die(what, "came back different");
}

void verify(std::size_t sessions, std::size_t files, std::size_t bytes) {
    Client client;
    for (std::size_t s = 0; s < sessions; ++s) {
        std::string name = "load-" + std::to_string(s);
        auto path = client.find(name, "incoming");
        std::vector<uint64_t> tokens(files);
        for (std::size_t f = 0; f < files; ++f)
            tokens[f] = f;
        std::vector<int> fds(files);
        client.check(luod_retrieve(client.handle, path.c_str(), tokens.data(), files, 0, fds.data()), "retrieve");
        for (std::size_t f = 0; f < files; ++f) {
            compare(fds[f], content(s, f, bytes), name + ", file " + std::to_string(f));
            close(fds[f]);
        }
        client.check(luod_finish(client.handle, path.c_str()), "finish");
    }
    std::printf("%zu sessions with %zu files each came back as they were\n", sessions, files);
}

int onDevice(unsigned long request, const std::string& name) {
    int device = open(LUO_DEVICE_PATH, O_RDWR | O_CLOEXEC);
    luo_create_session argument{};
    argument.size = sizeof argument;
    std::strncpy(reinterpret_cast<char*>(argument.name), name.c_str(), sizeof argument.name - 1);
    if (device < 0 || ioctl(device, request, &argument) < 0)
        die("raw session " + name);
    close(device);
    return argument.fd;
}

// The raw session lives as long as somebody holds it: a child does, until the machine goes over.
void leaveHolding() {
    std::fflush(stdout);
    if (fork() == 0) {
        setsid();
        close(STDOUT_FILENO); // whoever reads what was printed must not wait for this one
        close(STDERR_FILENO);
        for (;;)
            pause();
    }
}

void preserve(const std::string& way, std::size_t count) {
    std::vector<int> fds;
    for (std::size_t i = 0; i < count; ++i)
        fds.push_back(memfd(content(0, i, 4096)));
    auto files = inputs(fds);
    std::string name = "bench-" + way + "-" + std::to_string(count);
    if (way == "raw") {
        int session = onDevice(LUO_CREATE_SESSION, name);
        Stopwatch watch;
        for (const luod_input& file : files)
            if (luod_ioctl_preserve(session, file.fd, file.token) < 0)
                die("raw preserve");
        watch.print("preserve " + way, count);
        return leaveHolding();
    }
    Client client;
    auto path = client.create(name);
    Stopwatch watch;
    if (way == "borrow") {
        client.check(luod_preserve(client.handle, path.c_str(), files.data(), count, 0), "preserve");
    } else {
        std::size_t step = way == "one" ? 1 : pageOfFds;
        for (std::size_t i = 0; i < count; i += step)
            client.check(luod_preserve(client.handle, path.c_str(), &files[i], std::min(step, count - i), LUOD_BY_LUOD),
                         "preserve");
    }
    watch.print("preserve " + way, count);
}

void retrieve(const std::string& way, std::size_t count) {
    std::string name = "bench-" + way + "-" + std::to_string(count);
    std::vector<int> fds(count);
    std::vector<uint64_t> tokens(count);
    for (std::size_t i = 0; i < count; ++i)
        tokens[i] = i;
    if (way == "raw") {
        int session = onDevice(LUO_RETRIEVE_SESSION, name);
        Stopwatch watch;
        for (std::size_t i = 0; i < count; ++i)
            if ((fds[i] = luod_ioctl_retrieve(session, i)) < 0)
                die("raw retrieve");
        watch.print("retrieve " + way, count);
    } else {
        Client client;
        auto path = client.find(name, "incoming");
        Stopwatch watch;
        if (way == "one") {
            for (std::size_t i = 0; i < count; ++i)
                client.check(luod_retrieve(client.handle, path.c_str(), &tokens[i], 1, LUOD_BY_LUOD, &fds[i]), "retrieve");
        } else if (way == "batch") {
            luod_files* list = nullptr;
            client.check(luod_retrieve_all(client.handle, path.c_str(), LUOD_BY_LUOD, &list), "retrieve all");
            for (std::size_t i = 0; luod_files_next(list); ++i)
                fds[i] = luod_files_take_fd(list);
            luod_files_free(list);
        } else {
            client.check(luod_retrieve(client.handle, path.c_str(), tokens.data(), count, 0, fds.data()), "retrieve");
        }
        watch.print("retrieve " + way, count);
    }
    for (std::size_t i = 0; i < count; ++i)
        compare(fds[i], content(0, i, 4096), name);
}

// A server that takes one fd and answers: what any D-Bus call with an fd costs at least.
int answer(sd_bus_message* call, void*, sd_bus_error*) {
    int fd = -1;
    sd_bus_message_read(call, "h", &fd);
    return sd_bus_reply_method_return(call, "");
}

void serve(int ready) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    static const sd_bus_vtable methods[] = {SD_BUS_VTABLE_START(0),
                                            SD_BUS_METHOD("Carry", "h", "", answer, SD_BUS_VTABLE_UNPRIVILEGED),
                                            SD_BUS_VTABLE_END};
    sd_bus* bus = nullptr;
    const char* name = nullptr;
    if (sd_bus_open_system(&bus) < 0 || sd_bus_add_object_vtable(bus, nullptr, "/bench", "org.luod1.Bench", methods, nullptr) < 0 ||
        sd_bus_get_unique_name(bus, &name) < 0)
        die("bench server", "cannot be on the bus");
    if (write(ready, name, std::strlen(name)) < 0)
        die("bench server");
    close(ready);
    for (;;)
        if (sd_bus_process(bus, nullptr) == 0)
            sd_bus_wait(bus, UINT64_MAX);
}

void carry(std::size_t count) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        die("pipe");
    pid_t server = fork();
    if (server == 0)
        serve(ends[1]);
    close(ends[1]);
    char name[64] = {};
    if (read(ends[0], name, sizeof name - 1) <= 0)
        die("bench server", "did not start");
    sd_bus* bus = nullptr;
    if (sd_bus_open_system(&bus) < 0)
        die("the bus", "cannot be reached");
    int fd = memfd("x");
    Stopwatch watch;
    for (std::size_t i = 0; i < count; ++i)
        if (sd_bus_call_method(bus, name, "/bench", "org.luod1.Bench", "Carry", nullptr, nullptr, "h", fd) < 0)
            die("carry", "failed");
    watch.print("carry one", count);
    sd_bus_unref(bus);
    kill(server, SIGKILL);
    waitpid(server, nullptr, 0);
}

void sessions(std::size_t count) {
    Client client;
    Stopwatch watch;
    for (std::size_t i = 0; i < count; ++i)
        client.create("many-" + std::to_string(i));
    watch.print("create session", count);
}

void claimable(std::size_t count) {
    Client client;
    luod_sessions* list = nullptr;
    client.check(luod_list(client.handle, nullptr, LUOD_ANY_OWNER, &list), "list");
    std::size_t seen = 0;
    while (luod_sessions_next(list))
        ++seen;
    luod_sessions_free(list);
    if (seen < count)
        die("claimable", "some are missing");
    std::printf("claimable %zu at-monotonic-us %llu\n", seen, monotonic());
}

// Each on a connection of its own, as programs are.
void clients(std::size_t count) {
    std::vector<Client> all(count);
    std::vector<int> locks;
    for (const Client& each : all) {
        each.check(luod_subscribe(each.handle), "subscribe");
        const luod_inhibit_options options{.deadline = 0, .flags = 0};
        locks.push_back(each.check(luod_inhibit(each.handle, "bench", "it is measured", "delay", &options), "inhibit"));
    }
    for (const Client& each : all) {
        const luod_event* event = nullptr;
        do
            each.check(luod_wait_event(each.handle, UINT64_MAX, &event), "wait");
        while (!event || event->type != LUOD_EVENT_PREPARE);
    }
    for (std::size_t i = 0; i + 1 < count; ++i)
        close(locks[i]);
    std::printf("%llu\n", monotonic());
    std::fflush(stdout);
    close(locks.back());
}

} // namespace

int main(int argc, char** argv) {
    auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
    std::string_view verb = argc > 1 ? argv[1] : "";
    if (verb == "fill" && argc == 5)
        fill(number(2), number(3), number(4));
    else if (verb == "verify" && argc == 5)
        verify(number(2), number(3), number(4));
    else if (verb == "preserve" && argc == 4)
        preserve(argv[2], number(3));
    else if (verb == "retrieve" && argc == 4)
        retrieve(argv[2], number(3));
    else if (verb == "carry" && argc == 3)
        carry(number(2));
    else if (verb == "sessions" && argc == 3)
        sessions(number(2));
    else if (verb == "clients" && argc == 3 && number(2) > 0)
        clients(number(2));
    else if (verb == "claimable" && argc == 3)
        claimable(number(2));
    else
        return std::fputs("load: see the head of tests/bench/load.cpp for what it takes\n", stderr), 2;
}
