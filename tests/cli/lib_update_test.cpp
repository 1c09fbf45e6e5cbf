// SPDX-License-Identifier: LGPL-2.1-or-later
// The library's part in a live update.
#include "playground.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace {

class LibraryUpdate : public cli::Playground {
protected:
    void expectError(const char* name) { EXPECT_STREQ(luod_error_name(c.get()), name); }
    const luod_event* next() {
        const luod_event* event = nullptr;
        EXPECT_EQ(luod_wait_event(c.get(), 10'000'000, &event), 1);
        return event;
    }
    std::string stateOfFirstLock() {
        luod_inhibitors* list = nullptr;
        EXPECT_EQ(luod_list_inhibitors(c.get(), &list), 0) << luod_error_message(c.get());
        const luod_inhibitor* row = luod_inhibitors_next(list);
        std::string text = row ? std::string(row->who) + " " + row->mode + " " + row->state : "none";
        luod_inhibitors_free(list);
        return text;
    }

    Client c = client();
};

TEST_F(LibraryUpdate, ALockIsHeldUntilItsDescriptorIsClosed) {
    ASSERT_EQ(luod_subscribe_progress(c.get()), 0);
    luod_inhibit_options options{.deadline = 5'000'000};
    int lock = luod_inhibit(c.get(), "vmm", "guests pause", "delay", &options);
    ASSERT_GE(lock, 0) << luod_error_message(c.get());
    EXPECT_TRUE(cli::closeOnExec(lock));
    EXPECT_EQ(seen("Inhibit"), "deadline-usec=5000000");
    EXPECT_EQ(stateOfFirstLock(), "vmm delay held");
    close(lock);
    const luod_event* event = next(); // the mock saw it go
    EXPECT_EQ(event->type, LUOD_EVENT_PROGRESS);
    EXPECT_STREQ(event->what, "ready");
    EXPECT_STREQ(event->subject, "vmm");
    EXPECT_EQ(event->awaited, 0u);
    EXPECT_EQ(stateOfFirstLock(), "none");
}

TEST_F(LibraryUpdate, WhoTakesPartHearsNothingOfTheOthers) {
    ASSERT_EQ(luod_subscribe(c.get()), 0);
    int lock = luod_inhibit(c.get(), "vmm", "guests pause", "delay", nullptr);
    ASSERT_GE(lock, 0) << luod_error_message(c.get());
    close(lock);
    Client watcher = client();
    ASSERT_EQ(luod_subscribe_progress(watcher.get()), 0);
    setPhase("prepared"); // after the progress that is not to be heard
    const luod_event* event = next();
    EXPECT_EQ(event->type, LUOD_EVENT_PHASE);
    EXPECT_STREQ(event->state, "prepared");
}

TEST_F(LibraryUpdate, AClientHearsOfTheUpdateAndOfItsEnd) {
    ASSERT_EQ(luod_subscribe(c.get()), 0);
    prepare("7.3.5", 30'000'000);
    const luod_event* event = next();
    EXPECT_EQ(event->type, LUOD_EVENT_PREPARE);
    EXPECT_STREQ(event->update, "6b1f");
    EXPECT_STREQ(event->mode, "systemd");
    EXPECT_STREQ(event->to, "7.3.5");
    EXPECT_EQ(event->deadline, 30'000'000u);
    setPhase("preparing");
    event = next();
    EXPECT_EQ(event->type, LUOD_EVENT_PHASE);
    EXPECT_STREQ(event->state, "preparing");
    over("aborted", "vm1 missed its deadline");
    event = next();
    EXPECT_EQ(event->type, LUOD_EVENT_OVER);
    EXPECT_STREQ(event->outcome, "aborted");
    EXPECT_STREQ(event->reason, "vm1 missed its deadline");
}

TEST_F(LibraryUpdate, TheNextKernelIsLoadedAndUnloaded) {
    auto kernel = cli::memfdWith("vmlinuz"), initrd = cli::memfdWith("cpio");
    luod_load_options options{.kernel_path = "/boot/v", .flags = LUOD_KEEP_CMDLINE};
    char* loaded = nullptr;
    ASSERT_EQ(luod_load_kernel(c.get(), kernel.get(), initrd.get(), "root=/dev/sda", &options, &loaded), 0)
        << luod_error_message(c.get());
    EXPECT_STREQ(loaded, "root=/dev/sda luod.update=6b1f");
    free(loaded);
    EXPECT_EQ(seen("LoadKernel"), "[vmlinuz] [cpio] [root=/dev/sda] keep-cmdline=1 kernel-path=/boot/v");
    EXPECT_EQ(luod_load_kernel(c.get(), kernel.get(), -1, "quiet", nullptr, nullptr), 0);
    EXPECT_EQ(seen("LoadKernel"), "[vmlinuz] [] [quiet] no-initrd=1");
    luod_status* status = nullptr;
    ASSERT_EQ(luod_get_status(c.get(), &status), 0);
    EXPECT_STREQ(status->loaded_kernel, "/boot/next");
    EXPECT_STREQ(status->loaded_cmdline, "quiet luod.update=6b1f");
    luod_status_free(status);
    EXPECT_EQ(luod_unload_kernel(c.get(), 0), 0);
    EXPECT_EQ(calls("UnloadKernel"), 1u);
    EXPECT_EQ(luod_load_kernel(c.get(), -1, -1, "quiet", nullptr, nullptr), -EINVAL);
}

TEST_F(LibraryUpdate, TheCheckAnswersFindings) {
    setFindings({{"kho-version", "ok", "kho-v4", ""}, {"memory", "error", "1 GiB is missing", "free some"}});
    luod_findings* list = nullptr;
    ASSERT_EQ(luod_check(c.get(), "direct", LUOD_INTERACTIVE, &list), 0) << luod_error_message(c.get());
    EXPECT_EQ(seen("Check"), "mode=direct interactive=1");
    EXPECT_STREQ(luod_findings_next(list)->verdict, "ok");
    EXPECT_STREQ(luod_findings_next(list)->advice, "free some");
    EXPECT_EQ(luod_findings_next(list), nullptr);
    luod_findings_free(list);
}

TEST_F(LibraryUpdate, AnUpdateIsAskedForAndCalledOff) {
    const char* force[] = {"memory", "scratch", nullptr};
    luod_update_options options{
        .mode = "direct", .deadline = 9'000'000, .late = "go-on", .force = force, .reason = "CVE", .flags = 0};
    char* update = nullptr;
    ASSERT_EQ(luod_live_update(c.get(), &options, &update), 0) << luod_error_message(c.get());
    EXPECT_STREQ(update, "6b1f");
    free(update);
    EXPECT_EQ(seen("LiveUpdate"), "mode=direct deadline-usec=9000000 late=go-on force=memory,scratch reason=CVE");
    EXPECT_EQ(luod_abort(c.get(), "changed my mind", 0), 0);
    EXPECT_EQ(seen("AbortLiveUpdate"), "changed my mind");
}

TEST_F(LibraryUpdate, RefusalsHaveTheirNumbers) {
    const std::pair<const char*, int> refusals[] = {
        {"CheckFailed", ECANCELED}, {"Inhibited", EPERM}, {"UpdateUnderWay", EINPROGRESS}};
    for (auto [name, number] : refusals) {
        std::string full = std::string("org.luod1.Error.") + name;
        fail("LiveUpdate", full, "no");
        EXPECT_EQ(luod_live_update(c.get(), nullptr, nullptr), -number);
        expectError(full.c_str());
    }
    luod_report* report = nullptr;
    EXPECT_EQ(luod_get_report(c.get(), "nonsense", &report), -ENOENT);
    expectError("org.luod1.Error.NoSuchUpdate");
}

TEST_F(LibraryUpdate, AReportComesWithAllItsMoments) {
    setReport("done", {{"requested", "", 100, 1'000}, {"claimed", "vm1", 7, 2'000}});
    luod_report* report = nullptr;
    ASSERT_EQ(luod_get_report(c.get(), nullptr, &report), 0) << luod_error_message(c.get());
    EXPECT_STREQ(report->outcome, "done");
    EXPECT_STREQ(report->to, "7.3.5");
    EXPECT_STREQ(report->forced[0], "memory");
    EXPECT_EQ(report->forced[1], nullptr);
    ASSERT_EQ(report->n_moments, 2u);
    EXPECT_STREQ(report->moments[1].subject, "vm1");
    EXPECT_EQ(report->moments[1].wall, 2'000u);
    luod_report_free(report);
    luod_reports* list = nullptr;
    ASSERT_EQ(luod_list_reports(c.get(), &list), 0);
    EXPECT_STREQ(luod_reports_next(list)->update, "6b1f");
    EXPECT_STREQ(luod_reports_next(list)->outcome, "aborted");
    EXPECT_EQ(luod_reports_next(list), nullptr);
    luod_reports_free(list);
}

TEST_F(LibraryUpdate, TheStatusTellsThePhaseTheVerdictAndWhoIsAwaited) {
    setHandover("refused", "kho-v3 is not kho-v4");
    setPhase("preparing", {"vm1", "vm2"});
    luod_status* status = nullptr;
    ASSERT_EQ(luod_get_status(c.get(), &status), 0);
    EXPECT_STREQ(status->phase, "preparing");
    EXPECT_STREQ(status->update_mode, "systemd");
    EXPECT_STREQ(status->last_handover, "refused");
    EXPECT_STREQ(status->last_handover_reason, "kho-v3 is not kho-v4");
    EXPECT_STREQ(status->loaded_kernel, "");
    ASSERT_EQ(status->n_awaited, 2u);
    EXPECT_STREQ(status->awaited[1].who, "vm2");
    EXPECT_EQ(status->awaited[1].ready_by, 31'000'000u);
    luod_status_free(status);
}

} // namespace
