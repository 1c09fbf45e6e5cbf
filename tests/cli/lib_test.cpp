// SPDX-License-Identifier: LGPL-2.1-or-later
#include "open_fds.hpp"
#include "playground.hpp"

#include <cerrno>
#include <cstring>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

using cli::closeOnExec, cli::contentOf;
using luod::test::openFds;

// To be closed by hand, as a program in C would.
int memfd(const std::string& content) {
    return cli::memfdWith(content).release();
}

class Library : public cli::Playground {
protected:
    int preserve(const std::string& session, uint64_t token, const char* name, int fd, unsigned flags = 0) {
        luod_input input{.fd = fd, .token = token, .name = name};
        return luod_preserve(c.get(), session.c_str(), &input, 1, flags);
    }
    void expectError(const char* name, const char* inMessage) {
        EXPECT_STREQ(luod_error_name(c.get()), name);
        EXPECT_NE(std::strstr(luod_error_message(c.get()), inMessage), nullptr) << luod_error_message(c.get());
    }

    Client c = client();
};

TEST_F(Library, SaysHowTheMachineStands) {
    luod_status* status = nullptr;
    ASSERT_EQ(luod_get_status(c.get(), &status), 0);
    EXPECT_STREQ(status->version, "0.mock");
    EXPECT_STREQ(status->kernel_release, "7.3.4");
    EXPECT_TRUE(status->available);
    EXPECT_EQ(status->live_updates, 1u);
    luod_status_free(status);
}

TEST_F(Library, CreatesFindsAndLists) {
    std::string path = create("vm1");
    char* found = nullptr;
    ASSERT_EQ(luod_find(c.get(), "vm1", nullptr, LUOD_ANY_OWNER, &found), 0);
    EXPECT_EQ(path, found);
    free(found);
    luod_sessions* list = nullptr;
    ASSERT_EQ(luod_list(c.get(), nullptr, LUOD_ANY_OWNER, &list), 0);
    const luod_session* session = luod_sessions_next(list);
    ASSERT_NE(session, nullptr);
    EXPECT_STREQ(session->name, "vm1");
    EXPECT_STREQ(session->direction, "outgoing");
    EXPECT_EQ(luod_sessions_next(list), nullptr);
    luod_sessions_free(list);
}

TEST_F(Library, ListsQuotasOfUsersAndOfAll) {
    luod_quotas* list = nullptr;
    ASSERT_EQ(luod_get_quotas(c.get(), LUOD_ANY_OWNER, &list), 0);
    std::string seen;
    while (const luod_quota* quota = luod_quotas_next(list))
        seen += std::to_string(int(quota->owner)) + quota->quantity + std::to_string(quota->used) + " ";
    EXPECT_EQ(seen, "0sessions1 0bytes512 54321sessions2 54321bytes3221225472 -1sessions3 -1bytes3221225984 ");
    luod_quotas_free(list);
    EXPECT_EQ(luod_get_quotas(c.get(), LUOD_ANY_OWNER, nullptr), -EINVAL);
    fail("GetQuotas", "org.luod1.Error.AccessDenied", "only root may name another owner");
    EXPECT_EQ(luod_get_quotas(c.get(), 7, &list), -EACCES);
    EXPECT_EQ(list, nullptr);
}

TEST_F(Library, CreatesWhatIsBoundToItsUnit) {
    luod_create_options options{.owner = LUOD_ANY_OWNER, .flags = LUOD_BIND_TO_UNIT};
    char* path = nullptr;
    ASSERT_EQ(luod_create_with(c.get(), "bound", &options, &path), 0);
    luod_sessions* list = nullptr;
    ASSERT_EQ(luod_get_session(c.get(), path, &list), 0);
    const luod_session* session = luod_sessions_next(list);
    EXPECT_TRUE(session->bound_to_unit);
    EXPECT_STREQ(session->security_label, "system_u:vmm_t");
    luod_sessions_free(list);
    free(path);
    options.flags = ~0U;
    EXPECT_EQ(luod_create_with(c.get(), "x", &options, &path), -EINVAL);
    EXPECT_EQ(luod_create_with(c.get(), "x", nullptr, &path), -EINVAL);
}

TEST_F(Library, ShowsOneSessionWithItsDetails) {
    std::string path = create("vm1");
    luod_sessions* list = nullptr;
    ASSERT_EQ(luod_get_session(c.get(), path.c_str(), &list), 0);
    const luod_session* session = luod_sessions_next(list);
    EXPECT_STREQ(session->kernel_name, "luod.0.vm1");
    EXPECT_EQ(session->created, 1'700'000'000'000'000u);
    EXPECT_FALSE(session->lent);
    luod_sessions_free(list);
}

TEST_F(Library, TellsLuodsErrorsByNameWordsAndNumber) {
    char* path = nullptr;
    EXPECT_EQ(luod_find(c.get(), "nobody", nullptr, LUOD_ANY_OWNER, &path), -ENOENT);
    expectError("org.luod1.Error.NoSuchSession", "no session");
    create("vm1");
    EXPECT_EQ(luod_create(c.get(), "vm1", LUOD_ANY_OWNER, &path), -EEXIST);
    expectError("org.luod1.Error.NameTaken", "vm1");
    EXPECT_EQ(luod_finish(c.get(), "/org/luod1/session/99"), -ENOENT);
    expectError("org.freedesktop.DBus.Error.UnknownObject", "99");
    EXPECT_EQ(luod_finish(c.get(), "not a path"), -EINVAL);
}

TEST_F(Library, ForgetsTheErrorOfTheCallBefore) {
    char* path = nullptr;
    EXPECT_LT(luod_find(c.get(), "nobody", nullptr, LUOD_ANY_OWNER, &path), 0);
    create("vm1");
    ASSERT_EQ(luod_find(c.get(), "vm1", nullptr, LUOD_ANY_OWNER, &path), 0);
    free(path);
    EXPECT_STREQ(luod_error_name(c.get()), "");
}

TEST_F(Library, SaysWhenLuodIsNotThere) {
    endMock();
    luod_status* status = nullptr;
    EXPECT_EQ(luod_get_status(c.get(), &status), -EHOSTUNREACH);
}

class BothWays : public Library, public testing::WithParamInterface<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Account, BothWays, testing::Values(0u, LUOD_BY_LUOD),
                         [](const auto& info) { return info.param ? "ByLuod" : "Borrowed"; });

TEST_P(BothWays, AFileComesBackWithItsContent) {
    std::string session = create("vm1");
    int fd = memfd("guest memory");
    ASSERT_EQ(preserve(session, 7, "ram", fd, GetParam()), 0) << luod_error_message(c.get());
    close(fd);
    kexec();
    uint64_t token = 7;
    int back = -1;
    ASSERT_EQ(luod_retrieve(c.get(), session.c_str(), &token, 1, GetParam(), &back), 0) << luod_error_message(c.get());
    EXPECT_EQ(contentOf(back), "guest memory");
    EXPECT_TRUE(closeOnExec(back));
    close(back);
    token = 0;
    back = luod_retrieve_by_name(c.get(), session.c_str(), "ram", GetParam(), &token);
    ASSERT_GE(back, 0);
    EXPECT_EQ(token, 7u);
    EXPECT_TRUE(closeOnExec(back));
    close(back);
    EXPECT_EQ(luod_finish(c.get(), session.c_str()), 0);
}

TEST_P(BothWays, ManyFilesGoInOneCallAndComeBackInOne) {
    constexpr size_t count = 50; // more than a message carries
    std::string session = create("vm1");
    size_t before = openFds();
    std::vector<luod_input> inputs;
    std::vector<std::string> names;
    for (size_t i = 0; i < count; ++i)
        names.push_back("file" + std::to_string(i));
    for (size_t i = 0; i < count; ++i)
        inputs.push_back({.fd = memfd(names[i]), .token = i + 1, .name = names[i].c_str()});
    ASSERT_EQ(luod_preserve(c.get(), session.c_str(), inputs.data(), count, GetParam()), 0)
        << luod_error_message(c.get());
    for (const luod_input& input : inputs)
        close(input.fd);
    kexec();
    luod_files* files = nullptr;
    ASSERT_EQ(luod_retrieve_all(c.get(), session.c_str(), GetParam(), &files), 0) << luod_error_message(c.get());
    for (size_t i = 0; i < count; ++i) {
        const luod_file* file = luod_files_next(files);
        ASSERT_NE(file, nullptr);
        EXPECT_EQ(file->name, names[i]);
        EXPECT_EQ(contentOf(file->fd), names[i]);
    }
    EXPECT_EQ(luod_files_next(files), nullptr);
    luod_files_free(files);
    EXPECT_EQ(openFds(), before);
}

TEST_F(Library, AllFilesByLuodComeInAsFewMessagesAsTheBusAllows) {
    constexpr size_t count = 40; // three pages of 16
    std::string session = create("vm1");
    std::vector<std::string> names;
    std::vector<luod_input> inputs;
    luod_value node{.key = "node", .type = LUOD_UINT32, .as = {.u = 3}};
    for (size_t i = 0; i < count; ++i)
        names.push_back("file" + std::to_string(i));
    for (const std::string& name : names)
        inputs.push_back(
            {.fd = memfd(name), .token = inputs.size() + 1, .name = name.c_str(), .metadata = &node, .n_metadata = 1});
    ASSERT_EQ(luod_preserve(c.get(), session.c_str(), inputs.data(), count, 0), 0);
    for (const luod_input& input : inputs)
        close(input.fd);
    kexec();
    size_t before = openFds();
    luod_files* files = nullptr;
    ASSERT_EQ(luod_retrieve_all(c.get(), session.c_str(), LUOD_BY_LUOD, &files), 0) << luod_error_message(c.get());
    EXPECT_EQ(calls("RetrieveAll"), 3u);
    EXPECT_EQ(calls("Retrieve") + calls("ListFiles"), 0u);
    EXPECT_EQ(openFds(), before + count) << "one descriptor a file, whatever the messages carried";
    const luod_file* last = nullptr;
    while (const luod_file* file = luod_files_next(files))
        last = file;
    EXPECT_EQ(last->token, count);
    EXPECT_STREQ(last->name, "file39");
    EXPECT_EQ(last->size, 6u);
    ASSERT_EQ(last->n_metadata, 1u);
    EXPECT_EQ(last->metadata[0].as.u, 3u);
    EXPECT_EQ(contentOf(last->fd), "file39");
    EXPECT_TRUE(closeOnExec(last->fd));
    luod_files_free(files);
    EXPECT_EQ(openFds(), before);
}

TEST_P(BothWays, ATakenTokenIsRefusedAndWhatCameBeforeStays) {
    std::string session = create("vm1");
    int fds[] = {memfd("1"), memfd("2"), memfd("3")};
    luod_input inputs[] = {{.fd = fds[0], .token = 1}, {.fd = fds[1], .token = 1}, {.fd = fds[2], .token = 3}};
    EXPECT_EQ(luod_preserve(c.get(), session.c_str(), inputs, 3, GetParam()), -EEXIST);
    expectError("org.luod1.Error.TokenTaken", "token 1");
    luod_files* files = nullptr;
    ASSERT_EQ(luod_list_files(c.get(), session.c_str(), &files), 0);
    ASSERT_NE(luod_files_next(files), nullptr);
    EXPECT_EQ(luod_files_next(files), nullptr);
    luod_files_free(files);
    for (int fd : fds)
        close(fd);
}

TEST_P(BothWays, AnOutgoingSessionGivesNothingBack) {
    std::string session = create("vm1");
    int fd = memfd("x");
    ASSERT_EQ(preserve(session, 1, "a", fd), 0);
    close(fd);
    uint64_t token = 1;
    size_t before = openFds();
    EXPECT_EQ(luod_retrieve(c.get(), session.c_str(), &token, 1, GetParam(), &fd), -EBADFD);
    expectError("org.luod1.Error.WrongDirection", "outgoing");
    EXPECT_EQ(openFds(), before);
}

// The mock's kernel takes the file, as Linux 7.0 does.
TEST_P(BothWays, AnIncomingSessionTakesNothingIn) {
    std::string session = create("vm1");
    kexec();
    int fd = memfd("x");
    EXPECT_EQ(preserve(session, 1, "a", fd, GetParam()), -EBADFD);
    expectError("org.luod1.Error.WrongDirection", "incoming");
    close(fd);
}

TEST_F(Library, NothingIsLeakedWhenOneOfManyIsMissing) {
    std::string session = create("vm1");
    int fd = memfd("x");
    ASSERT_EQ(preserve(session, 1, "a", fd), 0);
    close(fd);
    kexec();
    uint64_t tokens[] = {1, 2};
    int fds[2];
    size_t before = openFds();
    EXPECT_EQ(luod_retrieve(c.get(), session.c_str(), tokens, 2, 0, fds), -ENOENT);
    expectError("org.luod1.Error.NoSuchFile", "token 2");
    EXPECT_EQ(luod_retrieve_by_name(c.get(), session.c_str(), "b", 0, nullptr), -ENOENT);
    EXPECT_EQ(openFds(), before);
}

TEST_F(Library, NamesTheKindThatTheKernelHasNoHandlerFor) {
    std::string session = create("vm1");
    int fd = eventfd(0, EFD_CLOEXEC);
    EXPECT_EQ(preserve(session, 1, "irq", fd), -EOPNOTSUPP);
    expectError("org.luod1.Error.KindNotSupported", "eventfd");
    close(fd);
    EXPECT_EQ(preserve(session, 1, "irq", fd), -EINVAL);
    expectError("org.luod1.Error.InvalidArgument", "not open");
}

TEST_F(Library, RefusesWhatWouldComeBackUnwritable) {
    std::string session = create("vm1");
    constexpr unsigned noexecSeal = 8; // MFD_NOEXEC_SEAL
    int fd = memfd_create("ram", MFD_CLOEXEC | noexecSeal);
    if (fd < 0)
        GTEST_SKIP() << "this kernel makes no such memfd";
    int fine = memfd("fine");
    luod_input inputs[] = {{.fd = fine, .token = 1, .name = "a"}, {.fd = fd, .token = 2, .name = "ram"}};
    EXPECT_EQ(luod_preserve(c.get(), session.c_str(), inputs, 2, 0), -EOPNOTSUPP);
    expectError("org.luod1.Error.KindNotSupported", "token 2 was made with MFD_NOEXEC_SEAL");
    EXPECT_EQ(luod_preserve(c.get(), session.c_str(), inputs, 1, 0), 0); // it was not tried before
    close(fine);
    close(fd);
}

TEST_F(Library, SaysThatFilesArePreservedButNotNoted) {
    std::string session = create("vm1");
    fail("NotePreserved", "org.luod1.Error.LedgerTrouble", "the ledger is full");
    int fd = memfd("x");
    EXPECT_EQ(preserve(session, 1, "a", fd), -EUCLEAN);
    expectError(LUOD_ERROR_NOT_NOTED, "the ledger is full");
    expectError(LUOD_ERROR_NOT_NOTED, "1 file is preserved");
    fail("NotePreserved", "", "");
    luod_input input{.fd = fd, .token = 1, .name = "a"};
    EXPECT_EQ(luod_note_preserved(c.get(), session.c_str(), &input, 1), 0);
    close(fd);
}

TEST_F(Library, BorrowsTheSessionForTheCallersOwnRequests) {
    std::string path = create("vm1");
    int session = luod_borrow(c.get(), path.c_str());
    ASSERT_GE(session, 0);
    EXPECT_TRUE(closeOnExec(session));
    int fd = memfd("mine");
    EXPECT_EQ(luod_ioctl_preserve(session, fd, 3), 0);
    EXPECT_EQ(luod_ioctl_preserve(session, fd, 3), -EEXIST);
    luod_input note{.fd = fd, .token = 3, .name = "mine"};
    EXPECT_EQ(luod_note_preserved(c.get(), path.c_str(), &note, 1), 0);
    close(fd);
    kexec();
    fd = luod_ioctl_retrieve(session, 3);
    ASSERT_GE(fd, 0);
    EXPECT_EQ(contentOf(fd), "mine");
    uint64_t token = 3;
    EXPECT_EQ(luod_note_retrieved(c.get(), path.c_str(), &token, 1), 0);
    close(fd);
    close(session);
    EXPECT_EQ(luod_take_out(c.get(), path.c_str(), 3), -ENOTRECOVERABLE);
}

TEST_F(Library, MetadataOfEveryTypeTravels) {
    std::string session = create("vm1");
    const uint8_t raw[] = {1, 2, 255};
    const char* words[] = {"one", "two", nullptr};
    const luod_value metadata[] = {
        {.key = "b", .type = LUOD_BOOL, .as = {.u = 1}},
        {.key = "y", .type = LUOD_BYTE, .as = {.u = 200}},
        {.key = "n", .type = LUOD_INT16, .as = {.i = -5}},
        {.key = "q", .type = LUOD_UINT16, .as = {.u = 65535}},
        {.key = "i", .type = LUOD_INT32, .as = {.i = -70000}},
        {.key = "u", .type = LUOD_UINT32, .as = {.u = 4'000'000'000}},
        {.key = "x", .type = LUOD_INT64, .as = {.i = INT64_MIN}},
        {.key = "t", .type = LUOD_UINT64, .as = {.u = UINT64_MAX}},
        {.key = "d", .type = LUOD_DOUBLE, .as = {.d = 0.5}},
        {.key = "s", .type = LUOD_STRING, .as = {.s = "text"}},
        {.key = "ay", .type = LUOD_BYTES, .as = {.bytes = {raw, sizeof raw}}},
        {.key = "as", .type = LUOD_STRINGS, .as = {.strings = words}},
    };
    int fd = memfd("x");
    luod_input input{.fd = fd, .token = 1, .name = "a", .metadata = metadata, .n_metadata = std::size(metadata)};
    ASSERT_EQ(luod_preserve(c.get(), session.c_str(), &input, 1, 0), 0) << luod_error_message(c.get());
    close(fd);
    luod_files* files = nullptr;
    ASSERT_EQ(luod_list_files(c.get(), session.c_str(), &files), 0);
    const luod_file* file = luod_files_next(files);
    ASSERT_EQ(file->n_metadata, std::size(metadata));
    for (size_t i = 0; i < 8; ++i) { // the integers share the union's bits
        EXPECT_EQ(file->metadata[i].type, metadata[i].type);
        EXPECT_EQ(file->metadata[i].as.u, metadata[i].as.u) << file->metadata[i].key;
    }
    EXPECT_EQ(file->metadata[8].as.d, 0.5);
    EXPECT_STREQ(file->metadata[9].as.s, "text");
    EXPECT_EQ(std::memcmp(file->metadata[10].as.bytes.data, raw, sizeof raw), 0);
    EXPECT_STREQ(file->metadata[11].as.strings[1], "two");
    EXPECT_EQ(file->metadata[11].as.strings[2], nullptr);
    luod_files_free(files);
}

TEST_F(Library, EventsTellWhatHappens) {
    ASSERT_EQ(luod_subscribe(c.get()), 0) << luod_error_message(c.get());
    const luod_event* event = nullptr;
    std::string session = create("vm1");
    ASSERT_EQ(luod_wait_event(c.get(), 10'000'000, &event), 1);
    EXPECT_EQ(event->type, LUOD_EVENT_SESSION_ADDED);
    EXPECT_EQ(event->session, session);
    EXPECT_STREQ(event->name, "vm1");
    int fd = memfd("x");
    ASSERT_EQ(preserve(session, 5, "ram", fd), 0);
    close(fd);
    ASSERT_EQ(luod_wait_event(c.get(), 10'000'000, &event), 1);
    EXPECT_EQ(event->type, LUOD_EVENT_FILE_PRESERVED);
    EXPECT_EQ(event->token, 5u);
    EXPECT_STREQ(event->name, "ram");
    setAvailable(false);
    ASSERT_EQ(luod_wait_event(c.get(), 10'000'000, &event), 1);
    EXPECT_EQ(event->type, LUOD_EVENT_AVAILABLE);
    EXPECT_FALSE(event->available);
    EXPECT_STREQ(event->state, "gone");
    ASSERT_EQ(luod_discard(c.get(), session.c_str()), 0);
    ASSERT_EQ(luod_wait_event(c.get(), 10'000'000, &event), 1);
    EXPECT_EQ(event->type, LUOD_EVENT_SESSION_REMOVED);
    EXPECT_EQ(luod_wait_event(c.get(), 0, &event), 0);
}

TEST_F(Library, EventsGoOnAfterARestartOfLuod) {
    ASSERT_EQ(luod_subscribe(c.get()), 0);
    const luod_event* event = nullptr;
    endMock();
    ASSERT_EQ(luod_wait_event(c.get(), 10'000'000, &event), 1);
    EXPECT_EQ(event->type, LUOD_EVENT_LUOD_GONE);
    startMock();
    ASSERT_EQ(luod_wait_event(c.get(), 10'000'000, &event), 1);
    EXPECT_EQ(event->type, LUOD_EVENT_LUOD_BACK);
    create("vm2");
    ASSERT_EQ(luod_wait_event(c.get(), 10'000'000, &event), 1);
    EXPECT_EQ(event->type, LUOD_EVENT_SESSION_ADDED);
}

// Anybody may send anybody a signal directly; the bus's policy does not say who luod is.
TEST_F(Library, SignalsOfStrangersAreNotEvents) {
    auto mine = connect(), stranger = connect();
    luod_client* over = nullptr;
    ASSERT_EQ(luod_open_bus(&over, mine.get()), 0);
    c.reset(over);
    ASSERT_EQ(luod_subscribe(over), 0);
    const char* me = nullptr;
    ASSERT_GE(sd_bus_get_unique_name(mine.get(), &me), 0);
    sd_bus_message* signal = nullptr;
    ASSERT_GE(
        sd_bus_message_new_signal(stranger.get(), &signal, "/org/luod1/session/1", "org.luod1.Session", "FileTakenOut"),
        0);
    ASSERT_GE(sd_bus_message_append(signal, "t", uint64_t{1}), 0);
    ASSERT_GE(sd_bus_send_to(stranger.get(), signal, me, nullptr), 0);
    sd_bus_message_unref(signal);
    sd_bus_flush(stranger.get());
    create("vm1"); // what comes after it
    const luod_event* event = nullptr;
    ASSERT_EQ(luod_wait_event(over, 10'000'000, &event), 1);
    EXPECT_EQ(event->type, LUOD_EVENT_SESSION_ADDED);
    c.reset();
    EXPECT_GT(sd_bus_is_open(mine.get()), 0); // a connection that was lent is left open
}

TEST_F(Library, FitsAForeignEventLoop) {
    ASSERT_EQ(luod_subscribe(c.get()), 0);
    uint64_t until = 0;
    EXPECT_GE(luod_get_fd(c.get()), 0);
    EXPECT_GE(luod_get_events(c.get()), 0);
    EXPECT_EQ(luod_get_timeout(c.get(), &until), 0);
    while (luod_process(c.get()) > 0)
        ;
    const luod_event* event = nullptr;
    EXPECT_EQ(luod_next_event(c.get(), &event), 0);
}

TEST(LibraryAlone, TakesNonsenseCalmly) {
    luod_client* client = nullptr;
    EXPECT_EQ(luod_open(nullptr, nullptr), -EINVAL);
    EXPECT_LT(luod_open(&client, "unix:path=/nonexistent/socket"), 0);
    EXPECT_LT(luod_open(&client, "rubbish"), 0);
    EXPECT_EQ(luod_close(nullptr), nullptr);
    EXPECT_EQ(luod_finish(nullptr, "/"), -EINVAL);
    EXPECT_EQ(luod_files_take_fd(nullptr), -EBADF);
    EXPECT_EQ(luod_sessions_next(nullptr), nullptr);
    EXPECT_STREQ(luod_error_message(nullptr), "");
    luod_sessions_free(nullptr);
    luod_files_free(nullptr);
    luod_status_free(nullptr);
    luod_findings_free(nullptr);
    luod_inhibitors_free(nullptr);
    luod_report_free(nullptr);
    luod_reports_free(nullptr);
    EXPECT_EQ(luod_findings_next(nullptr), nullptr);
    EXPECT_EQ(luod_inhibit(nullptr, "", "", "delay", nullptr), -EINVAL);
}

} // namespace
