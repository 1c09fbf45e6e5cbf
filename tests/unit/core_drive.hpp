// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A life of luod that leads live updates: the machine's part of them is played here, answers come when the test says so.

#include "core/conductor.hpp"
#include "unit/core_life.hpp"

namespace luod::test {

using Said = std::vector<std::string>;

// Outlives a luod that is killed, as the machine does; what was asked of it for luod's sake does not.
class FakeMachine : public UpdatePorts {
public:
    explicit FakeMachine(World& world) : world_(world) {}

    Instant now() override { return {clock, 1'700'000'000'000'000 + clock}; }
    void alarm(std::uint64_t monotonic, std::function<void()> then) override { at_ = monotonic, then_ = std::move(then); }
    void noAlarm() override { then_ = nullptr; }
    void check(const Update&, Done<std::string> done) override { say("check"), answer.check = std::move(done); }
    void reload(const Update&, Done<> done) override { say("reload"), answer.reload = std::move(done); }
    void writeRecord(const Update& update, Done<> done) override {
        say("write record");
        record = update.uuid;
        answer.record = std::move(done);
    }
    void dropRecord() override { say("drop record"), record.clear(); }
    void takeCustody(Done<> done) override {
        say("take custody"), custody = true;
        done({});
    }
    void giveBackCustody() override { say("give back custody"), custody = false; }
    void leave(const Update&, Done<> done) override { say("leave"), answer.leave = std::move(done); }

    bool alarmed() const { return bool(then_); }
    std::uint64_t alarmAt() const { return at_; }
    // Lets time pass, with every alarm on its way.
    void pass(std::uint64_t microseconds) {
        auto until = clock + microseconds;
        while (then_ && at_ <= until) {
            clock = std::max(clock, at_);
            std::exchange(then_, nullptr)();
        }
        clock = until;
    }
    void forget() { answer = {}, then_ = nullptr; }
    Said take() { return std::exchange(said_, {}); }

    struct {
        Done<std::string> check;
        Done<> reload, record, leave;
    } answer;
    std::string record; // on disk
    bool custody = false;
    std::uint64_t clock = 1'000'000;

private:
    void say(const char* what) {
        if (world_.script.call(what))
            return;
        said_.push_back(what);
    }
    World& world_;
    std::uint64_t at_ = 0;
    std::function<void()> then_;
    Said said_;
};

class FakeUpdateEvents : public UpdateEvents {
public:
    explicit FakeUpdateEvents(World& world) : world_(world) {}
    void phaseChanged() override { ++phases; }
    void prepare(const Update& update) override { (void)world_.script.call("prepare"), say("prepare {} {}", update.uuid, update.to); }
    void over(const Update& update) override {
        (void)world_.script.call("over");
        say("over {}: {}", update.outcome, update.words);
    }
    void moment(const Moment& moment, std::size_t awaited) override {
        moments.push_back(fmt::format("{}{}{} {}", word(moment.what), moment.subject.empty() ? "" : " ", moment.subject, awaited));
    }
    Said take() { return std::exchange(said_, {}); }
    Said moments;
    int phases = 0;

private:
    template <typename... T> void say(fmt::format_string<T...> format, T&&... args) {
        said_.push_back(fmt::format(format, std::forward<T>(args)...));
    }
    World& world_;
    Said said_;
};

class DriveTest : public testing::Test {
protected:
    void SetUp() override {
        start();
        ASSERT_TRUE(conductor->noteLoaded({.uuid = "u1", .release = "7.9"}));
    }
    // luod, anew in the same boot; with the locks that are still held.
    void start() {
        conductor.reset();
        machine.forget();
        life.reset();
        life = std::make_unique<Life>(world);
        auto started = life->start();
        ASSERT_TRUE(started) << started.error().words;
        conductor.emplace(machine, *life->custodian, life->keeper, life->registry, events);
        conductor->setPolicy(policy);
    }
    void restart(const std::set<InhibitorId>& held = {}) {
        start();
        conductor->resume(held);
    }
    InhibitorId lock(const std::string& who, InhibitMode mode = InhibitMode::Delay, std::uint64_t deadline = 0, uid_t uid = 1000) {
        auto id = conductor->inhibit(
            {.uid = uid, .pid = 77, .who = who, .why = "guests", .unit = who + ".service", .mode = mode, .deadline = deadline});
        EXPECT_TRUE(id) << id.error().words;
        return id.value_or(0);
    }
    void begin(Conductor::Request request = {}) {
        answers = 0;
        conductor->begin(std::move(request), [this](Result<std::string> given) { ++answers, answer = std::move(given); });
    }
    // Everything up to the barrier.
    void ask(Conductor::Request request = {}) {
        begin(std::move(request));
        passCheck();
        ASSERT_EQ(answers, 1);
        ASSERT_TRUE(answer) << answer.error().words;
    }
    void passCheck() {
        ASSERT_TRUE(machine.answer.check);
        machine.answer.check("7.9");
        ASSERT_TRUE(machine.answer.reload);
        machine.answer.reload({});
        life->workers.drain();
    }
    void goToLeaving(UpdateMode mode) {
        ask({.mode = mode});
        machine.answer.record({});
        ASSERT_EQ(phase(), Phase::Leaving);
    }
    Phase phase() const { return conductor->phase(); }
    const Update& last() const { return life->registry.updates().past().back(); }
    bool isSealed() { return !life->create(1, "probe" + std::to_string(++probes)); }
    Said notedOf(const Update& update) const {
        Said all;
        for (const Moment& m : update.moments)
            all.push_back(std::string(word(m.what)) + (m.subject.empty() ? "" : " " + m.subject));
        return all;
    }

    World world{};
    FakeMachine machine{world};
    FakeUpdateEvents events{world};
    UpdatePolicy policy{};
    std::unique_ptr<Life> life;
    std::optional<Conductor> conductor;
    Result<std::string> answer;
    int answers = 0, probes = 0;
};

constexpr std::uint64_t seconds = 1'000'000;

} // namespace luod::test
