// SPDX-License-Identifier: LGPL-2.1-or-later
#include "vm.hpp"

#include "outgoing.hpp"

#include <fcntl.h>
#include <filesystem>
#include <sys/socket.h>

namespace luod::qemu {

namespace {

constexpr std::uint64_t startPatience = 300'000'000; // microseconds: QEMU may have to touch all of its memory first

std::vector<File> memoryOf(const Parts& parts, bool huge) {
    std::vector<File> files;
    for (std::size_t i = 0; i < parts.memory.size(); ++i)
        if (const Backend& backend = parts.description.machine.memory[i]; (backend.hugePage > 0) == huge)
            files.push_back({0, filename::memory + backend.id, parts.memory[i].get(), {}});
    return files;
}

Inherited inheritedBy(const Parts& parts, int monitor) {
    Inherited fds;
    for (const Fd& fd : parts.memory)
        fds.memory.push_back(fd.get());
    for (std::size_t i = 0; i < parts.carried.size(); ++i)
        fds.carried[parts.description.carried[i]] = parts.carried[i].get();
    fds.monitor = monitor;
    return fds;
}

std::vector<int> numbersOf(const Inherited& fds) {
    std::vector<int> numbers = fds.memory;
    for (const auto& [name, fd] : fds.carried)
        numbers.push_back(fd);
    numbers.push_back(fds.monitor);
    return numbers;
}

// The socket closes first, but what QEMU had to say about it stands in the journal or on the terminal already.
std::unexpected<std::string> startFailure(const std::string& words, Child& child) {
    if (words.find("QEMU has ended") == std::string::npos)
        return failure(words);
    return failure("QEMU does not start: " + endingOf(child.wait()));
}

Result<> greet(Vm& vm) {
    const Deadline deadline = Deadline::in(startPatience);
    if (auto begun = vm.guest.begin(deadline); !begun)
        return startFailure(begun.error(), vm.child);
    auto type = vm.guest.machineType(deadline);
    if (!type)
        return startFailure(type.error(), vm.child);
    vm.parts.description.machineType = std::move(*type);
    vm.parts.description.qemuVersion = vm.guest.version();
    return {};
}

} // namespace

std::vector<File> ordinaryMemoryOf(const Parts& parts) { return memoryOf(parts, false); }
std::vector<File> hugeMemoryOf(const Parts& parts) { return memoryOf(parts, true); }

std::vector<File> carriedBy(const Parts& parts) {
    std::vector<File> files;
    for (std::size_t i = 0; i < parts.carried.size(); ++i)
        files.push_back({0, filename::carried + parts.description.carried[i], parts.carried[i].get(), {}});
    return files;
}

Result<Parts> freshParts(Machine machine, const std::vector<std::pair<std::string, std::string>>& paths) {
    Parts parts;
    for (const Backend& backend : machine.memory) {
        auto fd = memoryFor(backend);
        if (!fd)
            return failure(fd.error());
        parts.memory.push_back(std::move(*fd));
    }
    for (const auto& [name, path] : paths) {
        parts.carried.emplace_back(open(path.c_str(), O_RDWR | O_CLOEXEC));
        if (parts.carried.back().get() < 0)
            return systemFailure("--carry " + name + "=" + path);
        parts.description.carried.push_back(name);
    }
    parts.description.machine = std::move(machine);
    parts.description.directory = std::filesystem::current_path();
    return parts;
}

Result<Vm> launch(Parts parts, const Words& more) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return systemFailure("a socket for QEMU");
    Fd ours(ends[0]), theirs(ends[1]);
    const Inherited fds = inheritedBy(parts, theirs.get());
    auto child = Child::start(commandFor(parts.description.machine, fds, more), numbersOf(fds), parts.description.directory);
    if (!child)
        return failure(child.error());
    theirs = Fd();
    Vm vm{std::move(parts), std::move(*child), qmp::Guest(std::move(ours))};
    if (auto greeted = greet(vm); !greeted)
        return failure(greeted.error());
    return vm;
}

} // namespace luod::qemu
