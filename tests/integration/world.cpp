// SPDX-License-Identifier: LGPL-2.1-or-later
#include "world.hpp"

#include "binaries.hpp"
#include "memfd.hpp"

#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace luod::tests {

static core::UniqueFd connectTo(const std::string& path, int type) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    core::UniqueFd fd(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
        throw std::runtime_error(path + ": " + std::strerror(errno));
    return fd;
}

World::World(Options options) : bus_(options.bus), service_(service(options)) {}

ManagedService::Options World::service(const Options& options) {
    ManagedService::Options service = managedLuod(bus_.environment());
    std::vector<std::string> launcher{LUOD_LAUNCHER, "--agent", dir_ / "agent"};
    if (!options.config.empty())
        launcher.insert(launcher.end(), {"--config", dir_.write("luod.conf", options.config)});
    if (!options.proc.empty())
        launcher.insert(launcher.end(), {"--proc", options.proc});
    launcher.insert(launcher.end(), {"--setenv", "STATE_DIRECTORY=" + dir_.path().string()});
    for (const std::string& variable : options.environment)
        launcher.insert(launcher.end(), {"--setenv", variable});
    launcher.push_back("--");
    launcher.insert(launcher.end(), options.wrapper.begin(), options.wrapper.end());
    service.command.insert(service.command.begin(), launcher.begin(), launcher.end());
    service.managerArguments.insert(service.managerArguments.end(), options.manager.begin(), options.manager.end());
    service.simulatorArguments = options.simulator;
    service.simulatorArguments.insert(service.simulatorArguments.end(), {"--control", dir_ / "sim"});
    for (const std::string& fault : options.faults)
        service.simulatorArguments.insert(service.simulatorArguments.end(), {"--fault", fault});
    service.waitReady = options.waitReady;
    return service;
}

std::string World::simulator(const std::string& line) {
    const core::UniqueFd connection = connectTo(dir_ / "sim", SOCK_STREAM);
    const std::string whole = line + "\n";
    if (send(connection.get(), whole.data(), whole.size(), MSG_NOSIGNAL) < 0)
        throw std::runtime_error("the simulator does not listen");
    std::string answer = readAll(connection.get());
    if (!answer.starts_with("ok"))
        throw std::runtime_error(line + ": " + answer);
    return answer.substr(std::min<std::size_t>(answer.size(), 3));
}

std::vector<std::string> World::luodFdLinks() {
    std::vector<std::string> links;
    std::error_code gone; // while we look
    for (const auto& each : std::filesystem::directory_iterator("/proc/" + std::to_string(service_.pid()) + "/fd"))
        if (const auto link = std::filesystem::read_symlink(each.path(), gone); !gone)
            links.push_back(each.path().filename().string() + " " + link.string());
    return links;
}

std::vector<std::string> World::luodFdsForItsChildren() {
    const std::string process = "/proc/" + std::to_string(service_.pid());
    std::vector<std::string> inherited;
    for (const std::string& link : luodFdLinks()) {
        const std::string number = link.substr(0, link.find(' '));
        std::ifstream info(process + "/fdinfo/" + number);
        for (std::string key, value; info >> key >> value;)
            if (key == "flags:" && std::stoi(number) > 2 && !(std::stoul(value, nullptr, 8) & O_CLOEXEC))
                inherited.push_back(link);
    }
    return inherited;
}

void World::limitLuod(int resource, rlim_t most) {
    const pid_t pid = service_.pid();
    const auto which = __rlimit_resource(resource);
    rlimit limit{};
    if (prlimit(pid, which, nullptr, &limit) < 0)
        throw std::runtime_error("prlimit");
    limit.rlim_cur = most;
    if (prlimit(pid, which, &limit, nullptr) < 0)
        throw std::runtime_error("prlimit");
}

void World::limitLuodFds(rlim_t most) { limitLuod(RLIMIT_NOFILE, most); }

void World::limitLuodMemory(bool limited) {
    rlim_t pages = 0;
    std::ifstream("/proc/" + std::to_string(service_.pid()) + "/statm") >> pages;
    limitLuod(RLIMIT_AS, limited ? pages * rlim_t(sysconf(_SC_PAGESIZE)) : RLIM_INFINITY);
}

World::Begun World::begin(const std::vector<std::string>& command, const std::string& input) {
    return begin(command, memfdWith(input).get());
}

World::Begun World::begin(const std::vector<std::string>& command, int input) {
    Begun begun{{}, memfdWith(""), memfdWith("")};
    const int fds[] = {input, begun.out.get(), begun.err.get()};
    std::string words;
    for (const std::string& word : command)
        words += word + '\0';
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof fds)] = {};
    iovec part{words.data(), words.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fds);
    std::memcpy(CMSG_DATA(rights), fds, sizeof fds);
    begun.connection = connectTo(dir_ / "agent", SOCK_SEQPACKET);
    if (sendmsg(begun.connection.get(), &header, MSG_NOSIGNAL) < 0)
        throw std::runtime_error("the agent in the machine does not listen");
    return begun;
}

int World::Begun::wait(const Deadline& deadline) {
    int status = -1;
    if (!waitReadable(connection.get(), deadline))
        throw std::runtime_error("the program in the machine does not end");
    (void)recv(connection.get(), &status, sizeof status, 0);
    return status;
}

std::string World::Begun::said() const { return contentOf(err.get()); }

Outcome World::inside(const std::vector<std::string>& command, const std::string& input) {
    return inside(command, memfdWith(input).get());
}

Outcome World::inside(const std::vector<std::string>& command, int input) {
    Begun begun = begin(command, input);
    const int status = begun.wait();
    if (status < 0)
        throw std::runtime_error("the agent in the machine does not answer");
    return {status, contentOf(begun.out.get()), contentOf(begun.err.get())};
}

Outcome World::luoctl(std::vector<std::string> words, const std::string& input) {
    words.insert(words.begin(), binary("luoctl"));
    return inside(words, input);
}

} // namespace luod::tests
