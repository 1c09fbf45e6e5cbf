// SPDX-License-Identifier: LGPL-2.1-or-later
#include "playground.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace cli {

Playground::Playground() {
    bus_ = connect();
    startMock();
}

Playground::Bus Playground::connect() {
    sd_bus* bus = nullptr;
    EXPECT_GE(sd_bus_new(&bus), 0);
    EXPECT_GE(sd_bus_set_address(bus, privateBus_.address().c_str()), 0);
    EXPECT_GE(sd_bus_set_bus_client(bus, 1), 0);
    EXPECT_GE(sd_bus_start(bus), 0);
    return {bus, sd_bus_flush_close_unref};
}

void Playground::startMock(const std::string& outcome) {
    std::vector<std::string> command{MOCK_LUOD, privateBus_.address()};
    if (!outcome.empty())
        command.push_back(outcome);
    mock_ = std::make_unique<Process>(command);
    EXPECT_EQ(luod::tests::readLine(mock_->out()), "ready");
}

std::map<std::string, std::string> Playground::environment() const {
    return {
        {"LUOD_BUS_ADDRESS", privateBus_.address()}, {"LD_PRELOAD", FAKE_IOCTL}, {"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}};
}

Process Playground::startLuoctl(std::vector<std::string> words, int out, int err, int in) {
    words.insert(words.begin(), LUOCTL);
    luod::tests::ProcessOptions options{
        .command = std::move(words), .environment = environment(), .captureOutput = out < 0, .captureErrors = err < 0};
    if (out >= 0)
        options.fds.emplace_back(STDOUT_FILENO, out);
    if (err >= 0)
        options.fds.emplace_back(STDERR_FILENO, err);
    if (in >= 0)
        options.fds.emplace_back(STDIN_FILENO, in);
    return Process(std::move(options));
}

Outcome Playground::luoctl(std::vector<std::string> words, const std::string& input) {
    words.insert(words.begin(), LUOCTL);
    UniqueFd in = memfdWith(input);
    return luod::tests::run({.command = std::move(words),
                             .environment = environment(),
                             .fds = {{STDIN_FILENO, in.get()}},
                             .captureErrors = true});
}

Playground::Client Playground::client() {
    luod_client* client = nullptr;
    EXPECT_EQ(luod_open(&client, privateBus_.address().c_str()), 0);
    return {client, luod_close};
}

std::string Playground::create(const std::string& name) {
    char* path = nullptr;
    EXPECT_EQ(luod_create(client().get(), name.c_str(), LUOD_ANY_OWNER, &path), 0);
    std::string out = path ? path : "";
    free(path);
    return out;
}

namespace {

struct Unref {
    void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, Unref>;

Message mockCall(sd_bus* bus, const char* method) {
    sd_bus_message* made = nullptr;
    EXPECT_GE(sd_bus_message_new_method_call(bus, &made, "org.luod1", "/org/luod1", "org.luod1.Mock", method), 0);
    return Message{made};
}

Message sent(sd_bus* bus, const Message& call) {
    sd_bus_message* reply = nullptr;
    EXPECT_GE(sd_bus_call(bus, call.get(), 0, nullptr, &reply), 0);
    return Message{reply};
}

} // namespace

unsigned Playground::calls(const char* method) {
    Message call = mockCall(bus_.get(), "Calls");
    sd_bus_message_append(call.get(), "s", method);
    unsigned count = 0;
    EXPECT_GT(sd_bus_message_read(sent(bus_.get(), call).get(), "u", &count), 0);
    return count;
}

std::string Playground::seen(const char* method) {
    Message call = mockCall(bus_.get(), "Seen");
    sd_bus_message_append(call.get(), "s", method);
    const char* words = "";
    Message reply = sent(bus_.get(), call);
    EXPECT_GT(sd_bus_message_read(reply.get(), "s", &words), 0);
    return words;
}

void Playground::setFindings(const std::vector<Row>& rows) {
    Message call = mockCall(bus_.get(), "Findings");
    sd_bus_message_open_container(call.get(), 'a', "(ssss)");
    for (const Row& row : rows)
        sd_bus_message_append(call.get(), "(ssss)", row[0], row[1], row[2], row[3]);
    sd_bus_message_close_container(call.get());
    sent(bus_.get(), call);
}

void Playground::setPhase(const char* phase, const std::vector<std::string>& awaited) {
    Message call = mockCall(bus_.get(), "Phase");
    sd_bus_message_append(call.get(), "s", phase);
    sd_bus_message_open_container(call.get(), 'a', "s");
    for (const std::string& who : awaited)
        sd_bus_message_append(call.get(), "s", who.c_str());
    sd_bus_message_close_container(call.get());
    sent(bus_.get(), call);
}

void Playground::setReport(const char* outcome, const std::vector<Moment>& moments) {
    Message call = mockCall(bus_.get(), "Report");
    sd_bus_message_append(call.get(), "a{sv}", 8, "update", "s", "6b1f", "outcome", "s", outcome, "words", "s",
                          "all is <well> & \"good\"", "mode", "s", "systemd", "from", "s", "7.3.4", "to", "s", "7.3.5",
                          "reason", "s", "security", "forced", "as", 1, "memory");
    sd_bus_message_open_container(call.get(), 'a', "(sstts)");
    for (const Moment& m : moments)
        sd_bus_message_append(call.get(), "(sstts)", m.what, m.subject, m.monotonic, m.wall, "");
    sd_bus_message_close_container(call.get());
    sent(bus_.get(), call);
}

UniqueFd memfdWith(const std::string& content) {
    UniqueFd fd{memfd_create("test", MFD_CLOEXEC)};
    EXPECT_EQ(write(fd.get(), content.data(), content.size()), ssize_t(content.size()));
    lseek(fd.get(), 0, SEEK_SET);
    return fd;
}

std::string contentOf(int fd) {
    std::string content(size_t(lseek(fd, 0, SEEK_END)), '\0');
    EXPECT_EQ(pread(fd, content.data(), content.size(), 0), ssize_t(content.size()));
    return content;
}

bool closeOnExec(int fd) {
    return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

} // namespace cli
