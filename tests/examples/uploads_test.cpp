// SPDX-License-Identifier: LGPL-2.1-or-later

// client/examples/uploads.py: what an upload was told to have arrived has, whatever comes between.

#include "example.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fstream>
#include <sys/socket.h>

namespace luod::tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string bytes(std::size_t size) {
    std::string all(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        all[i] = char(i * 7 + i / 256);
    return all;
}

class Uploads : public ExampleTest {
protected:
    Uploads() {
        std::filesystem::create_directory(dir / "done");
        service.start();
    }

    int port() {
        const std::string status = service.status();
        return std::stoi(status.substr(status.rfind(' ') + 1));
    }

    class Upload {
    public:
        Upload(int port, const std::string& name) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
            const sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(std::uint16_t(port)),
                                      .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
            EXPECT_EQ(connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
            say(fmt::format("{} {}\n", name, content.size()));
        }
        std::size_t told() { // how much is there
            const std::string line = readLine(fd_.get());
            return line.empty() ? 0 : here_ = std::stoul(line);
        }
        void send(std::size_t until) { say(content.substr(here_, until - here_)); }
        void wait(std::size_t until) {
            while (here_ < until)
                ASSERT_GT(told(), 0u); // or it has hung up
        }
        void sendAndWait(std::size_t until) {
            send(until);
            wait(until);
        }

    private:
        void say(const std::string& words) {
            EXPECT_EQ(::send(fd_.get(), words.data(), words.size(), MSG_NOSIGNAL), ssize_t(words.size()));
        }
        core::UniqueFd fd_;
        std::size_t here_ = 0;
    };

    Upload begin(const std::string& name, std::size_t until) {
        Upload upload(port(), name);
        EXPECT_EQ(upload.told(), 0u);
        upload.sendAndWait(until);
        return upload;
    }
    void expectHere(const std::string& name, std::size_t here) { EXPECT_EQ(Upload(port(), name).told(), here); }
    void expectCompleted(const std::string& name) {
        Upload upload(port(), name);
        upload.told();
        upload.sendAndWait(content.size());
        expectDone(name);
    }
    void expectDone(const std::string& name) {
        std::ifstream file(dir / "done/" + name);
        EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), content);
    }

    static const std::string content;
    Service service{world, {UPLOADS, "demo", dir / "done"}};
};

const std::string Uploads::content = bytes(100'000);

TEST_F(Uploads, GoOnInTheNextKernelAtTheSamePort) {
    const int before = port();
    begin("a", 10);
    for (int i = 0; i < 20; ++i) // more than a message carries
        begin(fmt::format("b{}", i), 60'000);
    for (int times = 0; times < 2; ++times) {
        update();
        service.start();
        EXPECT_EQ(port(), before);
        expectHere("a", 10);
        EXPECT_EQ(sessions(), "");
    }
    expectCompleted("a");
    for (int i = 0; i < 20; ++i) {
        expectHere(fmt::format("b{}", i), 60'000);
        expectCompleted(fmt::format("b{}", i));
    }
}

TEST_F(Uploads, NothingIsReadUntilAnUpdateIsAborted) {
    Upload upload = begin("a", 10);
    beginUpdate();
    waitReady("demo");
    EXPECT_THAT(sessions(), HasSubstr("outgoing"));
    upload.send(content.size());
    abort();
    upload.wait(content.size()); // on the same connection, and it grows again
    expectDone("a");
    EXPECT_EQ(sessions(), "");
    begin("b", 20);
    update(); // it has a lock again: this waits for it
    EXPECT_THAT(lead.report(), HasSubstr("ready demo"));
    service.start();
    expectHere("b", 20);
    expectHere("a", 0);
}

TEST_F(Uploads, ServiceIsKilledAndStartedAgain) {
    const int before = port();
    Upload upload = begin("a", 30'000);
    service.kill();
    EXPECT_EQ(port(), before);
    expectHere("a", 30'000);
    expectCompleted("a");
    service.kill();
    expectHere("a", 0);
}

TEST_F(Uploads, ServiceIsKilledWhileItStandsStill) {
    begin("a", 30'000);
    beginUpdate();
    waitReady("demo");
    service.kill();
    goOver();
    service.start();
    expectHere("a", 30'000);
    expectCompleted("a");
}

TEST_F(Uploads, ServiceIsKilledWhileItStandsStillAndTheUpdateIsAborted) {
    begin("a", 30'000);
    beginUpdate();
    waitReady("demo");
    service.kill();
    Upload waiting(port(), "a");
    abort();
    EXPECT_EQ(waiting.told(), 30'000u);
    waiting.sendAndWait(content.size());
    expectDone("a");
}

TEST_F(Uploads, ServiceIsKilledWhileItIsPreserved) {
    begin("a", 30'000);
    begin("b", 40'000);
    world.fault("preserve:nth=2:delay=200ms"); // of three
    beginUpdate();
    waitSessionAdded();
    service.kill();
    goOver();
    service.start();
    expectHere("a", 30'000);
    expectHere("b", 40'000);
}

TEST_F(Uploads, ServiceEndsBeforeItHasFinishedAndIsStartedAgain) {
    begin("a", 30'000);
    update();
    world.fault("finish:nth=1:errno=EBUSY"); // by which it ends
    service.start();
    expectHere("a", 30'000);
    expectCompleted("a");
    EXPECT_EQ(sessions(), "");
}

TEST_F(Uploads, LuodIsKilledMeanwhile) {
    begin("a", 30'000);
    beginUpdate();
    waitReady("demo");
    world.luod().kill();
    Upload waiting(port(), "a");
    abort();
    EXPECT_EQ(waiting.told(), 30'000u);
}

} // namespace
} // namespace luod::tests
