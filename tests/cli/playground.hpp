// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A private bus with the mock of luod on it, and luoctl to be run against both.

#include "luod.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <sys/types.h>
#include <systemd/sd-bus.h>
#include <vector>

namespace cli {

struct Ran {
    int exitCode = -1; // -1: ended by a signal
    std::string out, err;
};

// A child that is killed, by its pid, with its owner.
class Child {
public:
    Child() = default;
    explicit Child(pid_t pid) : pid_(pid) {}
    Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
    Child& operator=(Child&& other) noexcept {
        std::swap(pid_, other.pid_);
        return *this;
    }
    ~Child() { end(9); }
    int end(int signal); // its wait status
    pid_t pid() const { return pid_; }

private:
    pid_t pid_ = 0;
};

class Playground : public testing::Test {
protected:
    void SetUp() override;
    void startMock();
    void endMock() { mock_.end(15); }

    // luoctl with these words; input is its standard input.
    Ran luoctl(std::vector<std::string> words, const std::string& input = "");
    Child startLuoctl(std::vector<std::string> words, int out, int err);

    std::unique_ptr<luod_client, luod_client* (*)(luod_client*)> client();
    std::string create(const std::string& name); // its path

    // What the mock is to play.
    void kexec() { play("Kexec", ""); }
    void fail(const char* method, const char* error, const char* message) {
        play("Fail", "sss", method, error, message);
    }
    void failKernel(int error) { play("FailKernel", "i", error); }
    void setAvailable(bool yes) { play("Available", "b", int(yes)); }

    std::string address() const { return address_; }
    using Bus = std::unique_ptr<sd_bus, sd_bus* (*)(sd_bus*)>;
    Bus connect(); // another connection to the same bus

private:
    template <typename... Args> void play(const char* method, const char* types, Args... args) {
        ASSERT_GE(sd_bus_call_method(bus_.get(), "org.luod1", "/org/luod1", "org.luod1.Mock", method, nullptr, nullptr,
                                     types, args...),
                  0);
    }

    std::string address_;
    Child daemon_, mock_;
    Bus bus_{nullptr, sd_bus_flush_close_unref};
};

// An empty memfd with this content, at position 0; to be closed by the caller.
int memfdWith(const std::string& content);
std::string contentOf(int fd);
// How many descriptors this process has open.
size_t openFds();
bool closeOnExec(int fd);

} // namespace cli
