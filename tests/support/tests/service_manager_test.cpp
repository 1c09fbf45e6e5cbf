// SPDX-License-Identifier: LGPL-2.1-or-later
#include "binaries.hpp"
#include "managed_service.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace luod::tests {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

static ManagedService::Options fake(std::vector<std::string> steps, std::vector<std::string> managerArguments = {}) {
    steps.insert(steps.begin(), binary("tests/fake-service"));
    return {.command = steps, .simulator = false, .managerArguments = std::move(managerArguments)};
}

TEST(ServiceManager, HandsTheStoreToTheNextInstance) {
    ManagedService service(fake({"first:store=a:one", "first:store=b:two", "report", "ready"}));
    EXPECT_EQ(service.ask("status"), "");
    EXPECT_THAT(service.stored(), ElementsAre("b", "a")); // the newest first
    service.kill();
    EXPECT_EQ(service.ask("status"), "a=one;b=two;");
    service.restart();
    EXPECT_EQ(service.ask("status"), "a=one;b=two;");
}

TEST(ServiceManager, KeepsWhatWasSentJustBeforeDeath) {
    // Each instance stores one more and kills itself with the next call.
    ManagedService service(fake({"ready", "next=100", "report", "status=done", "ready"}, {"--name", "x"}));
    while (service.ask("status") != "done")
        service.waitReady();
    EXPECT_THAT(service.stored(), SizeIs(100));
}

// Both the messages and the death are there to be seen at once.
TEST(ServiceManager, HearsTheDeadBeforeItBuriesThem) {
    ManagedService service(fake({"last-words", "ready"}));
    const pid_t pid = service.pid();
    const core::UniqueFd death(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    service.process().signal(SIGSTOP);
    ASSERT_EQ(waitpid(service.process().pid(), nullptr, WUNTRACED), service.process().pid());
    kill(pid, SIGUSR1);
    ASSERT_TRUE(waitReadable(death.get()));
    service.process().signal(SIGCONT);
    while (service.waitReady() == pid)
        continue;
    EXPECT_THAT(service.stored(), ElementsAre("4", "3", "2", "1", "0"));
}

TEST(ServiceManager, KeepsALongQueueOfADeadSender) {
    ManagedService service(fake({"first:many=500", "first:die", "ready"}));
    EXPECT_THAT(service.stored(), SizeIs(500));
}

TEST(ServiceManager, RemovesByName) {
    ManagedService service(fake({"store=a:1", "store=b:2", "store=a:3", "remove=a", "remove=nobody", "ready"}));
    EXPECT_THAT(service.stored(), ElementsAre("b"));
}

TEST(ServiceManager, HoldsAnOpenFileOnce) {
    ManagedService service(fake({"first:store=a:1", "again:store-again=other", "ready"}));
    service.kill();
    EXPECT_THAT(service.stored(), ElementsAre("a"));
}

TEST(ServiceManager, RefusesWhatTheStoreHasNoRoomFor) {
    ManagedService service(fake({"store=a:1", "store=b:2", "store=c:3", "barrier", "ready"}, {"--fdstore-max", "2"}));
    EXPECT_THAT(service.stored(), UnorderedElementsAre("a", "b"));
    EXPECT_THAT(service.log(), HasSubstr("fd store is full (2): fd c refused"));
}

TEST(ServiceManager, CallsBadNamesStored) {
    ManagedService service(fake({"store-nopoll=a\tb:1", "ready"}));
    EXPECT_THAT(service.stored(), ElementsAre("stored"));
}

TEST(ServiceManager, DropsAPolledFdWhenItsOtherEndIsGone) {
    ManagedService service(fake({"first:store-pipe=p", "first:store=a:1", "ready"}));
    EXPECT_THAT(service.stored(), ElementsAre("a", "p"));
    service.kill(); // and with it the pipe's writing end
    EXPECT_THAT(service.stored(), ElementsAre("a"));
}

TEST(ServiceManager, ClosesABarrierAfterAllThatCameBefore) {
    ManagedService service(fake({"store=a:1", "barrier", "status=past the barrier", "ready"}));
    EXPECT_EQ(service.ask("status"), "past the barrier");
}

TEST(ServiceManager, TellsTheServiceHowLargeTheStoreIs) {
    ManagedService service(fake({"environment=FDSTORE", "ready"}, {"--fdstore-max", "77"}));
    EXPECT_EQ(service.ask("status"), "77");
}

TEST(ServiceManager, ListensToTheMainProcessOnly) {
    ManagedService service(fake({"child-says=STATUS=child", "barrier", "ready"}));
    EXPECT_EQ(service.ask("status"), "");
    EXPECT_THAT(service.log(), HasSubstr("which is not the service: ignored"));
}

TEST(ServiceManager, ListensToChildrenWhereItMay) {
    ManagedService service(fake({"child-says=STATUS=child", "barrier", "ready"}, {"--notify-access", "all"}));
    EXPECT_EQ(service.ask("status"), "child");
}

TEST(ServiceManager, StopsAndStarts) {
    ManagedService service(fake({"first:store=a:1", "report", "ready"}));
    service.stop();
    EXPECT_EQ(service.pid(), 0);
    EXPECT_THAT(service.stored(), ElementsAre("a")); // FileDescriptorStorePreserve=yes
    service.start();
    EXPECT_EQ(service.ask("status"), "a=1;");
    service.stop();
    service.ask("clean");
    EXPECT_THAT(service.stored(), IsEmpty());
}

TEST(ServiceManager, KillsWhatDoesNotStop) {
    ManagedService service(fake({"silent-term", "ready"}, {"--stop-timeout", "0.05"}));
    service.stop();
    EXPECT_THAT(service.log(), HasSubstr("does not stop: killed"));
}

TEST(ServiceManager, Reloads) {
    ManagedService service(fake({"reloadable", "ready"}));
    service.ask("reload");
    EXPECT_EQ(service.ask("status"), "reloaded");
}

TEST(ServiceManager, EndsAServiceThatForgetsItsWatchdog) {
    ManagedService service(fake({"first:store=a:1", "ready"}, {"--watchdog", "0.05"}));
    const pid_t first = service.pid();
    for (pid_t now = first; now == first || now == 0;)
        now = service.waitReady();
    EXPECT_THAT(service.log(), HasSubstr("watchdog"));
}

TEST(ServiceManager, GivesUpOnAServiceThatNeverGetsReady) {
    auto options = fake({"exit=7"});
    options.waitReady = false;
    ManagedService service(std::move(options));
    EXPECT_THROW(
        {
            try {
                service.waitReady();
            } catch (const std::exception& error) {
                EXPECT_THAT(error.what(), HasSubstr("exit status 7"));
                throw;
            }
        },
        std::exception);
}

TEST(ServiceManager, LeavesADeadServiceDeadWithRestartNo) {
    ManagedService service(fake({"ready"}, {"--restart", "no"}));
    EXPECT_THROW(service.kill(), std::exception);
    EXPECT_EQ(service.pid(), 0);
}

TEST(ServiceManager, WillNotRebootAMachineUnasked) {
    ManagedService service(fake({"ready"}));
    EXPECT_THROW(service.kexec(), std::exception);
    EXPECT_THROW(service.kexecDirect(), std::exception);
    EXPECT_GT(service.waitReady(), 0);
}

TEST(ServiceManager, PassesOnTheServicesExitStatusWithoutAControlSocket) {
    EXPECT_EQ(run({binary("service-manager"), "--restart", "no", "--", "sh", "-c", "exit 3"}).status, 3);
    EXPECT_EQ(run({binary("service-manager"), "--restart", "no", "--", "/no/such/service"}).status, 203);
}

TEST(ServiceManager, TakesTheServiceAlong) {
    std::optional<ManagedService> service(std::in_place, fake({"ready"}));
    const core::UniqueFd witness(static_cast<int>(syscall(SYS_pidfd_open, service->pid(), 0)));
    service->process().signal(SIGKILL);
    EXPECT_TRUE(waitReadable(witness.get()));
}

} // namespace luod::tests
