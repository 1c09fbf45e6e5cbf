// SPDX-License-Identifier: LGPL-2.1-or-later
#include "machine.hpp"

#include "properties.hpp"
#include "refusals.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace luod::qemu {

namespace {

constexpr std::uint64_t mebibyte = 1 << 20;
constexpr const char* ownMemory = "ram";

std::string descriptorPath(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

// "2M" from hugetlbsize=, or what the machine uses where nothing is said: 2M on all that QEMU runs guests on with KVM.
Result<std::uint64_t> hugePageOf(const Properties& given) {
    if (!given.isOn("hugetlb"))
        return 0;
    const std::string text = given.find("hugetlbsize") ? given.value("hugetlbsize") : "2M";
    auto size = sizeOf(text, 1);
    return size ? Result<std::uint64_t>(*size) : failure("hugetlbsize=" + text + " is no size");
}

// Reads the command word by word: memory is taken out, everything else stays.
class Builder {
public:
    explicit Builder(const Words& command) : left_(command.begin() + 1, command.end()) { made_.command = {command.front()}; }

    Result<Machine> build() {
        while (!left_.empty())
            if (auto read = readOption(); !read)
                return failure(read.error());
        if (!memoryChosen_)
            addOwnMemory();
        return std::move(made_);
    }

private:
    Result<> readOption() {
        const std::string word = take();
        const std::string option = optionName(word);
        if (!takesValue(option) || left_.empty()) {
            keep(word);
            return refuseOption(option, "");
        }
        const std::string value = take();
        if (auto allowed = refuseOption(option, value); !allowed)
            return allowed;
        if (option == "object" && isMemory(value))
            return readMemory(value);
        keep(word);
        keep(value);
        return look(option, value);
    }

    // What matters to where memory lies.
    Result<> look(const std::string& option, const std::string& value) {
        if (option == "machine" || option == "M")
            memoryChosen_ |= Properties(value, "type").find("memory-backend") != nullptr;
        if (option == "numa")
            memoryChosen_ |= Properties(value, "type").find("memdev") != nullptr;
        if (option != "m")
            return {};
        const Properties given(value, "size");
        auto size = sizeOf(given.value("size"), mebibyte);
        if (!size)
            return failure("-m " + value + ": " + given.value("size") + " is no size");
        size_ = *size;
        return {};
    }

    static bool isMemory(const std::string& object) {
        return Properties(object, "qom-type").value("qom-type").starts_with("memory-backend-");
    }

    Result<> readMemory(const std::string& object) {
        Properties given(object, "qom-type");
        auto size = sizeOf(given.value("size"), 1);
        if (!size || given.value("id").empty())
            return failure("-object " + object + ": a memory backend has an id= and a size=");
        auto hugePage = hugePageOf(given);
        if (!hugePage)
            return failure("-object " + object + ": " + hugePage.error());
        Backend backend{given.value("id"), *size, *hugePage, ""};
        for (const char* ours : {"qom-type", "id", "size", "share", "hugetlb", "hugetlbsize", "seal"})
            given.remove(ours);
        backend.properties = given.text();
        made_.memory.push_back(std::move(backend));
        return {};
    }

    void addOwnMemory() {
        made_.memory.push_back({ownMemory, size_, 0, ""});
        keep("-machine");
        keep(std::string("memory-backend=") + ownMemory);
    }

    std::string take() {
        std::string word = std::move(left_.front());
        left_.erase(left_.begin());
        return word;
    }
    void keep(std::string word) { made_.command.push_back(std::move(word)); }

    Words left_;
    Machine made_;
    std::uint64_t size_ = 128 * mebibyte; // QEMU's own default
    bool memoryChosen_ = false;
};

std::string objectOf(const Backend& backend, int fd) {
    std::string text = "memory-backend-file,id=" + backend.id + ",size=" + std::to_string(backend.size) +
                       ",mem-path=" + descriptorPath(fd) + ",share=on";
    return backend.properties.empty() ? text : text + "," + backend.properties;
}

std::string withNumbers(std::string word, const std::map<std::string, int>& carried) {
    for (const auto& [name, fd] : carried) {
        const std::string mark = "@" + name + "@";
        for (std::size_t at = 0; (at = word.find(mark)) != std::string::npos;)
            word.replace(at, mark.size(), std::to_string(fd));
    }
    return word;
}

} // namespace

Result<Machine> machineOf(const Words& command, const Words& carried) {
    if (command.empty())
        return failure("there is no QEMU command");
    if (auto allowed = refuseDevices(command, carried); !allowed)
        return failure(allowed.error());
    return Builder(command).build();
}

Words commandFor(const Machine& machine, const Inherited& fds, const Words& more) {
    Words words{machine.command.front()};
    for (std::size_t i = 0; i < machine.memory.size(); ++i)
        words.insert(words.end(), {"-object", objectOf(machine.memory[i], fds.memory.at(i))});
    for (std::size_t i = 1; i < machine.command.size(); ++i)
        words.push_back(withNumbers(machine.command[i], fds.carried));
    words.insert(words.end(), {"-chardev", "socket,id=luo-qmp,fd=" + std::to_string(fds.monitor), "-mon",
                               "chardev=luo-qmp,mode=control"});
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

} // namespace luod::qemu
