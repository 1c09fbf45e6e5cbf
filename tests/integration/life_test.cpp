// SPDX-License-Identifier: LGPL-2.1-or-later

// The whole API through libluod, and luoctl for what must be done inside the machine, over three boots.

#include "expect.hpp"
#include "memfd.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/mman.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

namespace luod::tests {
namespace {

using core::UniqueFd;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// How luod's sessions come over: in the fd store, as systemd 261 carries it, or straight out of the running machine;
// then only the kernel has them.
enum class Way { Carried, Direct };

class Life : public testing::TestWithParam<Way> {
protected:
    void kexec() { GetParam() == Way::Direct ? world.luod().kexecDirect() : world.luod().kexec(); }
    void expectBack(const std::string& session, std::uint64_t token, const std::string& content) {
        UniqueFd fd;
        expectDone(client.retrieve(session, token, fd));
        ASSERT_TRUE(fd);
        EXPECT_EQ(contentOf(fd.get()), content);
        EXPECT_TRUE(fcntl(fd.get(), F_GETFD) & FD_CLOEXEC);
    }

    World world;
    Client client{world};
};

std::string wayName(const testing::TestParamInfo<Way>& info) {
    return info.param == Way::Direct ? "Direct" : "Carried";
}
INSTANTIATE_TEST_SUITE_P(Way, Life, testing::Values(Way::Carried, Way::Direct), wayName);

TEST_P(Life, AFileComesBackAsItWas) {
    const std::string session = client.made("vm1");
    UniqueFd file = memfdWith("guest memory", MFD_ALLOW_SEALING);
    ASSERT_EQ(fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
    lseek(file.get(), 6, SEEK_SET);
    expectDone(client.preserve(session, file.get(), 7, "ram"));
    ASSERT_EQ(pwrite(file.get(), "GUEST", 5, 0), 5); // its content is taken at the kexec
    file.reset();
    kexec();
    const Client::Status status = client.status();
    EXPECT_TRUE(status.available) << status.reason;
    EXPECT_EQ(status.lastHandover, "done");
    EXPECT_EQ(status.liveUpdates, 1u);
    EXPECT_EQ(client.found("vm1"), session);
    EXPECT_THAT(client.picture(), AllOf(HasSubstr("vm1 0 incoming active 1"), HasSubstr("7 'ram' memfd waiting 12")));
    UniqueFd back, again;
    expectDone(client.retrieve(session, "ram", back));
    EXPECT_EQ(contentOf(back.get()), "GUEST memory");
    EXPECT_EQ(lseek(back.get(), 0, SEEK_CUR), 6);
    EXPECT_EQ(fcntl(back.get(), F_GET_SEALS), F_SEAL_SHRINK);
    EXPECT_THAT(client.picture(), HasSubstr("7 'ram' memfd retrieved 12"));
    expectDone(client.retrieve(session, 7, again));
    lseek(back.get(), 3, SEEK_SET);
    EXPECT_EQ(lseek(again.get(), 0, SEEK_CUR), 3); // one open file, one position
    expectDone(client.finish(session));
    EXPECT_EQ(client.picture(), "");
    EXPECT_EQ(contentOf(back.get()), "GUEST memory");
    expectDone(client.create("vm1")); // the name is free again
}

TEST_P(Life, MetadataOfEveryType) {
    const std::string session = client.made("vm1");
    const std::uint8_t bytes[] = {0, 1, 255};
    const char* strings[] = {"one", "", "größe", nullptr};
    const std::vector<luod_value> metadata{
        {.key = "bool", .type = LUOD_BOOL, .as = {.u = 1}},
        {.key = "byte", .type = LUOD_BYTE, .as = {.u = 255}},
        {.key = "bytes", .type = LUOD_BYTES, .as = {.bytes = {bytes, 3}}},
        {.key = "double", .type = LUOD_DOUBLE, .as = {.d = -0.5}},
        {.key = "i16", .type = LUOD_INT16, .as = {.i = INT16_MIN}},
        {.key = "i32", .type = LUOD_INT32, .as = {.i = INT32_MIN}},
        {.key = "i64", .type = LUOD_INT64, .as = {.i = INT64_MIN}},
        {.key = "string", .type = LUOD_STRING, .as = {.s = "größe"}},
        {.key = "strings", .type = LUOD_STRINGS, .as = {.strings = strings}},
        {.key = "u16", .type = LUOD_UINT16, .as = {.u = UINT16_MAX}},
        {.key = "u32", .type = LUOD_UINT32, .as = {.u = UINT32_MAX}},
        {.key = "u64", .type = LUOD_UINT64, .as = {.u = UINT64_MAX}},
    };
    const UniqueFd file = memfdWith("x");
    expectDone(client.preserve(session, {{file.get(), 1, "ram", metadata}}));
    const std::string expected = "| bool=b:1 byte=y:255 bytes=ay:0001ff double=d:-0.5 i16=n:-32768 i32=i:-2147483648 "
                                 "i64=x:-9223372036854775808 string=s:größe strings=as:one,,größe, u16=q:65535 "
                                 "u32=u:4294967295 u64=t:18446744073709551615\n";
    EXPECT_THAT(client.picture(), HasSubstr(expected));
    kexec();
    EXPECT_THAT(client.picture(), HasSubstr(expected));
    expectDone(client.annotate(session, 1, "disk", {{.key = "k", .type = LUOD_STRING, .as = {.s = "v"}}}));
    world.luod().kill();
    EXPECT_THAT(client.picture(), HasSubstr("1 'disk' memfd waiting 1 seals=u:1 | k=s:v\n"));
    expectBack(session, 1, "x");
}

TEST_P(Life, FortyFilesInPages) {
    const std::string session = client.made("many");
    std::vector<UniqueFd> files;
    std::vector<Input> inputs;
    std::map<std::uint64_t, std::string> expected, contents;
    for (std::uint64_t i = 0; i < 40; ++i) {
        const std::uint64_t token = i == 39 ? UINT64_MAX : i * 3; // 0 and the greatest are tokens like others
        expected[token] = fmt::format("content {}", i);
        files.push_back(memfdWith(expected[token]));
        inputs.push_back({files.back().get(), token, fmt::format("f{}", i), {}});
    }
    expectDone(client.preserve(session, inputs));
    kexec();
    expectDone(client.retrieveAll(session, contents));
    EXPECT_EQ(contents, expected);
    expectDone(client.finish(session));
}

// One page of RetrieveAll, which libluod does not need; how many files it has, and where to go on.
struct Page {
    std::size_t files = 0;
    bool more = false;
    std::uint64_t next = 0;
};
Page pageFrom(const World& world, const std::string& session, std::uint64_t from,
              std::map<std::uint64_t, std::string>& contents) {
    sd_bus* made = nullptr;
    sd_bus_new(&made);
    const std::unique_ptr<sd_bus, decltype(&sd_bus_flush_close_unref)> bus(made, sd_bus_flush_close_unref);
    sd_bus_set_address(made, world.address().c_str());
    sd_bus_set_bus_client(made, 1);
    EXPECT_GE(sd_bus_start(made), 0);
    sd_bus_message* reply = nullptr;
    Page page;
    EXPECT_GE(sd_bus_call_method(made, "org.luod1", session.c_str(), "org.luod1.Session", "RetrieveAll", nullptr,
                                 &reply, "t", from),
              0);
    EXPECT_GE(sd_bus_message_enter_container(reply, 'a', "(htsa{sv})"), 0);
    for (; sd_bus_message_enter_container(reply, 'r', "htsa{sv}") > 0; ++page.files) {
        int fd = -1;
        std::uint64_t token = 0;
        const char* name = nullptr;
        EXPECT_GE(sd_bus_message_read(reply, "hts", &fd, &token, &name), 0);
        EXPECT_GE(sd_bus_message_skip(reply, "a{sv}"), 0);
        contents[token] = contentOf(fd);
        sd_bus_message_exit_container(reply);
    }
    sd_bus_message_exit_container(reply);
    int more = 0;
    EXPECT_GE(sd_bus_message_read(reply, "bt", &more, &page.next), 0);
    page.more = more != 0;
    sd_bus_message_unref(reply);
    return page;
}

TEST_P(Life, PagesHoldNoMoreThanTheBusAllows) {
    const std::string session = client.made("many");
    std::vector<UniqueFd> files;
    std::vector<Input> inputs;
    std::map<std::uint64_t, std::string> expected, contents;
    for (std::uint64_t token : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 100, 200, 300}) {
        expected[token] = fmt::format("{}", token);
        files.push_back(memfdWith(expected[token]));
        inputs.push_back({files.back().get(), token, "", {}});
    }
    expectDone(client.preserve(session, inputs));
    kexec();
    client.status();
    const std::size_t before = world.luodFds();
    const Page first = pageFrom(world, session, 0, contents), second = pageFrom(world, session, first.next, contents);
    EXPECT_EQ(first.files, 16u);
    EXPECT_TRUE(first.more);
    EXPECT_EQ(first.next, 100u);
    EXPECT_EQ(second.files, 3u);
    EXPECT_FALSE(second.more);
    EXPECT_EQ(contents, expected);
    expectFds(world, client, before);
}

TEST_P(Life, TakenOutAndDiscardedFilesStayBehind) {
    const std::string session = client.made("vm1"), given_up = client.made("vm2");
    const UniqueFd a = memfdWith("a"), b = memfdWith("b"), c = memfdWith("c"), d = memfdWith("d");
    expectDone(client.preserve(session, {{a.get(), 1, "a", {}}, {b.get(), 2, "b", {}}, {c.get(), 3, "c", {}}}));
    expectDone(client.preserve(given_up, d.get(), 1));
    expectDone(client.takeOut(session, 2));
    EXPECT_THAT(client.picture(), AllOf(HasSubstr("vm1 0 outgoing active 2"), Not(HasSubstr("'b'"))));
    expectDone(client.discard(given_up));
    expectDone(client.preserve(session, d.get(), 2, "b")); // token, name and file are free again
    world.luod().kill();
    EXPECT_THAT(client.picture(), HasSubstr("vm1 0 outgoing active 3"));
    expectRefused(client.takeOut(session, 1), "CannotTakeOut", "luod no longer holds");
    kexec();
    std::map<std::uint64_t, std::string> contents;
    expectDone(client.retrieveAll(session, contents));
    EXPECT_EQ(contents, (std::map<std::uint64_t, std::string>{{1, "a"}, {2, "d"}, {3, "c"}}));
    EXPECT_EQ(client.status().sessions, 1u);
}

TEST_P(Life, OwnersDoTheKernelsCallsThemselves) {
    const std::string session = client.made("vm1");
    const Outcome preserved = world.luoctl({"preserve", "vm1", "ram", "-"}, "guest memory");
    ASSERT_EQ(preserved.status, 0) << preserved.err;
    EXPECT_THAT(client.picture(), AllOf(HasSubstr("'ram' memfd preserved 12"), HasSubstr("by-owner=b:1")));
    const UniqueFd file = memfdWith("by luod");
    expectDone(client.preserve(session, file.get(), 1000));
    expectRefused(client.takeOut(session, 1000), "CannotTakeOut", "lent by Open");
    kexec();
    const Outcome back = world.luoctl({"retrieve", "vm1", "ram"});
    EXPECT_EQ(back.status, 0) << back.err;
    EXPECT_EQ(back.out, "guest memory");
    EXPECT_THAT(client.picture(), HasSubstr("'ram' memfd retrieved 12"));
    expectBack(session, 1000, "by luod");
    EXPECT_EQ(world.luoctl({"finish", "vm1"}).status, 0);
    EXPECT_EQ(client.picture(), "");
}

TEST_P(Life, OneThatIsNotFinishedGoesOverNoSecondTime) {
    const std::string kept = client.made("vm1"), done = client.made("vm2");
    const UniqueFd file = memfdWith("x"), other = memfdWith("y");
    expectDone(client.preserve(kept, other.get(), 1));
    expectDone(client.preserve(done, file.get(), 1));
    kexec();
    const std::string next = client.made("vm1"); // outgoing, beside the incoming one
    EXPECT_NE(kept, next);
    EXPECT_EQ(client.found("vm1"), kept);
    EXPECT_EQ(client.found("vm1", "outgoing"), next);
    UniqueFd back;
    expectDone(client.retrieve(done, 1, back));
    expectRefused(client.preserve(next, back.get(), 2, "again"), "AlreadyPreserved", "a session holds it already");
    expectDone(client.finish(done));
    expectDone(client.preserve(next, back.get(), 2, "again"));
    back.reset();
    kexec();
    EXPECT_EQ(client.status().liveUpdates, 2u);
    EXPECT_THAT(client.picture(), HasSubstr(kept + " vm1 0 incoming lost"));
    expectRefused(client.finish(kept), "Lost", "did not come back from the kernel");
    expectBack(next, 2, "x");
    expectDone(client.discard(kept));
    expectDone(client.finish(next));
    EXPECT_EQ(client.picture(), "");
}

TEST_P(Life, ARestartOfLuodChangesNothing) {
    const std::string session = client.made("vm1");
    const UniqueFd a = memfdWith("a"), b = memfdWith("b");
    expectDone(client.preserve(session, {{a.get(), 1, "a", {}}, {b.get(), 2, "b", {}}}));
    const std::string outgoing = client.picture();
    world.luod().restart();
    EXPECT_EQ(client.picture(), outgoing);
    world.luod().kill();
    EXPECT_EQ(client.picture(), outgoing);
    kexec();
    expectBack(session, 1, "a");
    const std::string incoming = client.picture();
    world.luod().restart();
    EXPECT_EQ(client.picture(), incoming);
    world.luod().kill();
    EXPECT_EQ(client.picture(), incoming);
    EXPECT_EQ(client.status().lastHandover, "done");
    EXPECT_EQ(client.status().liveUpdates, 1u);
    expectBack(session, 1, "a");
    expectBack(session, 2, "b");
    expectDone(client.finish(session));
}

class Heard {
public:
    explicit Heard(Client& client) : client_(client) { EXPECT_EQ(luod_subscribe(client.get()), 0); }
    // The next one as text.
    std::string next() {
        const luod_event* event = nullptr;
        if (luod_wait_event(client_.get(), 20'000'000, &event) != 1)
            return "nothing";
        constexpr const char* words[] = {"",          "added",     "removed",      "changed", "preserved",
                                         "taken out", "retrieved", "availability", "gone",    "back"};
        return fmt::format("{} {} {}{} {}", words[event->type], event->session, event->name, event->state,
                           event->token);
    }

private:
    Client& client_;
};

TEST_P(Life, SubscribersHearOfEverything) {
    Client listener(world);
    Heard heard(listener);
    const std::string session = client.made("vm1");
    EXPECT_EQ(heard.next(), "added " + session + " vm1 0");
    const UniqueFd a = memfdWith("a"), b = memfdWith("b");
    expectDone(client.preserve(session, {{a.get(), 1, "a", {}}, {b.get(), 2, "", {}}}));
    EXPECT_EQ(heard.next(), "preserved " + session + " a 1");
    EXPECT_EQ(heard.next(), "preserved " + session + "  2");
    expectDone(client.annotate(session, 2, "b"));
    EXPECT_EQ(heard.next(), "changed " + session + " active 0");
    expectDone(client.takeOut(session, 1));
    EXPECT_EQ(heard.next(), "taken out " + session + "  1");
    EXPECT_EQ(heard.next(), "changed " + session + " rebuilding 0");
    EXPECT_EQ(heard.next(), "changed " + session + " active 0");
    kexec();
    EXPECT_EQ(heard.next(), "gone   0");
    EXPECT_EQ(heard.next(), "back   0");
    expectBack(session, 2, "b");
    EXPECT_EQ(heard.next(), "retrieved " + session + "  2");
    expectBack(session, 2, "b"); // said once
    expectDone(client.finish(session));
    EXPECT_EQ(heard.next(), "removed " + session + "  0");
}

// systemd before 261 closes the fd store on its way into systemctl kexec, and the kernel then forgets the sessions.
// Nothing of that may confuse the next luod.
TEST(OlderSystemd, ForgetsTheSessionsAndLuodBeginsAnew) {
    World world({.manager = {"--carry", "no"}});
    Client client(world);
    const UniqueFd file = memfdWith("x");
    expectDone(client.preserve(client.made("vm1"), file.get(), 1));
    world.luod().kexec();
    EXPECT_EQ(client.picture(), "");
    EXPECT_EQ(client.status().lastHandover, "none");
    EXPECT_TRUE(client.status().available);
    expectDone(client.preserve(client.made("vm1"), file.get(), 1));
}

} // namespace
} // namespace luod::tests
