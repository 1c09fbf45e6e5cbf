// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Leads a live update. What happens when is the table in update_table.hpp, (phase, event) -> (phase, effects); here the
// effects are carried out and their outcomes come back as events. Every step is in the ledger before the world hears of
// it, so a luod that is killed and started again knows what had been said, and resumes or aborts (Conductor::resume).
//
//   Idle -request-> Checking -passed-> Preparing -all ready-> Prepared -sealed-> Leaving -> (next kernel)
//   and from each of them, on abort or failure, back to Idle: everybody who was asked is told.

#include "core/custodian.hpp"
#include "core/update_table.hpp"
#include "core/verdict.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>

namespace luod::core {

// What the conductor needs of the world. Nothing here blocks: answers come later, on the loop, or never (then a timeout
// of the conductor's own speaks). All are called on the loop.
class UpdatePorts {
public:
    virtual ~UpdatePorts() = default;
    virtual Instant now() = 0;
    // Have `then` called once at that time of CLOCK_MONOTONIC (microseconds). A new alarm replaces the one before.
    virtual void alarm(std::uint64_t monotonic, std::function<void()> then) = 0;
    virtual void noAlarm() = 0;

    // The check (findings that stop it -> CheckFailed in words). Answers with the target's release.
    virtual void check(const Update& update, Done<std::string> done) = 0;
    // Loads the image anew, so that it is certainly ours; before anybody is asked.
    virtual void reload(const Update& update, Done<> done) = 0;
    // The record on disk by which the next boot knows of this update, fsynced: begun when clients are asked, so that nobody
    // waits for it once they are ready. Writing and dropping take effect in the order of the calls.
    virtual void writeRecord(const Update& update, Done<> done) = 0;
    virtual void dropRecord() = 0;
    // Custody for the crossing: out of the fd store (luod and its guard hold all), and back into it. Either may be called
    // where it is so already. Taking answers when it is done, as far as it can be.
    virtual void takeCustody(Done<> done) = 0;
    virtual void giveBackCustody() = 0;
    // Goes over. Answers only when it did not work; systemd mode: also when the shutdown came to nothing.
    virtual void leave(const Update& update, Done<> done) = 0;
};

// What others may want to hear. Called after the ledger knows.
class UpdateEvents {
public:
    virtual ~UpdateEvents() = default;
    virtual void phaseChanged() {}
    virtual void prepare(const Update&) {}                   // PrepareForLiveUpdate(true)
    // PrepareForLiveUpdate(false): outcome and words are set. On an abort phaseChanged() follows; a luod that is killed
    // between the two says it again.
    virtual void over(const Update&) {}
    virtual void moment(const Moment&, std::size_t /*awaited*/) {} // of the machine and of clients, not of sessions
};

struct UpdatePolicy { // [Update] of luod.conf; microseconds
    std::uint64_t deadline = 30'000'000;       // for all clients together
    std::uint64_t clientDeadline = 30'000'000; // for one that did not ask for another
    std::uint64_t leaveTimeout = 120'000'000;  // systemd mode: from the last client's ready to the end of luod
    bool goOnWithoutLate = false;
    enum class Unclaimed { Keep, Discard, Carry } unclaimed = Unclaimed::Keep;
    std::uint64_t unclaimedAfter = 600'000'000;

    bool operator==(const UpdatePolicy&) const = default;
};

class Conductor {
public:
    Conductor(UpdatePorts& ports, Custodian& custodian, LedgerKeeper& ledger, Registry& registry, UpdateEvents& events);

    void setPolicy(const UpdatePolicy& policy) { policy_ = policy; }

    // ---- Inhibitors. The fd is the bus's business: it says released() when its last copy is closed.
    struct Wish {
        uid_t uid = 0;
        std::uint32_t pid = 0;
        std::string who, why, unit;
        InhibitMode mode = InhibitMode::Delay;
        std::uint64_t deadline = 0;
    };
    Result<InhibitorId> inhibit(Wish wish);
    void released(InhibitorId id);
    struct Awaited {
        const Inhibitor* inhibitor;
        std::uint64_t askedAt, readyBy; // CLOCK_MONOTONIC, microseconds
    };
    std::vector<Awaited> awaited() const;
    bool isAwaited(InhibitorId id) const;

    // ---- The image. Refused while an update is under way.
    Result<> mayLoad() const;
    Result<> noteLoaded(Image image);
    Result<> noteUnloaded();

    // ---- The update
    struct Request {
        UpdateMode mode = UpdateMode::Systemd;
        std::uint64_t deadline = 0; // 0: the policy's
        std::optional<bool> goOnWithoutLate;
        bool shutdownAsked = false;
        std::vector<std::string> forced;
        std::string reason;
        std::string uuid; // "": the loaded image's
    };
    // Answers when the clients have been asked (with the uuid), or with why not.
    void begin(Request request, Done<std::string> done);
    void abort(const std::string& reason);
    Phase phase() const;
    const Update* current() const; // while one is under way

    // After a start of luod in the same boot: resumes (Preparing, Leaving under systemd) or aborts. Call before others
    // are served, with the inhibitors whose fds came back; the rest counts as released.
    void resume(const std::set<InhibitorId>& held);
    // What became of the handover, once it is known; before arrived().
    Result<> judged(const Verdict& verdict);
    // Once luod is ready, after the first start in a new boot or one that followed it too soon: notes the moments (Luod the
    // last of them), tells clients that the update arrived. Nothing where no update led here, or where all was noted before.
    void arrived(const std::vector<Moment>& moments);

    // Files of that session have become invalid: no update goes over with them, unless 'files' was forced.
    void invalidated(const Session& session);

    // A session that came over was claimed (first retrieved from, or borrowed) or finished: for the report.
    void claimed(const Session& session);
    void finished(const Session& session);

private:
    const UpdateLog& log() const { return registry_.updates(); }
    std::uint64_t monotonic() { return ports_.now().monotonic; }

    // conductor.cpp: from the table to the world, and back as events
    void on(UpdateEvent event, Error why = {});
    void step(UpdateEvent event, const Error& why);
    Result<> enter(Phase phase);
    void perform(UpdateEffect effect, const Error& why);
    void carryOut(const Transition& way, const Error& why);
    template <typename T> Done<T> ifStillWanted(Done<T> then);
    Done<> expect(UpdateEvent passed);
    void keep(const Record& record);
    void note(Milestone what, const std::string& detail = {}, const std::string& subject = {}, uid_t owner = 0);

    // conductor_going.cpp: one function an effect
    Result<> mayBegin(const Request& request) const;
    Result<> unblocked(const std::vector<std::string>& forced) const;
    void check();
    void carryForward(std::vector<SessionId> sessions);
    void ask();
    void writeRecord();
    void seal();
    void sealedIfAll();
    void leave();
    void awaitEnd();
    void noteAbort(const Error& why);
    void tell(const Error& why);
    void end(const Error& why);

    // conductor_inhibitors.cpp
    Result<> checkWish(const Wish& wish) const;
    void letGo(InhibitorId id);
    void listAwaited(std::uint64_t askedAt);
    void awaitClients();
    void clientsAreLate();
    std::vector<InhibitorId> late();
    std::string wordsForLate(InhibitorId id) const;
    void noteLate();

    // conductor_resuming.cpp
    void noteOfSession(Milestone what, const Session& session, std::string detail);

    UpdatePorts& ports_;
    Custodian& custodian_;
    LedgerKeeper& ledger_;
    Registry& registry_;
    UpdateEvents& events_;
    UpdatePolicy policy_;

    std::deque<std::pair<UpdateEvent, Error>> pending_; // events that came while one was dealt with
    bool busy_ = false;
    std::uint64_t run_ = 0;     // answers to what an earlier update asked are not for this one
    Done<std::string> answer_;  // to the requester, while checking
    std::string to_;            // what the check answered
    std::uint64_t allowed_ = 0; // microseconds for all clients, as requested
    bool quiet_ = false, recorded_ = false;
    struct Time {
        std::uint64_t askedAt, readyBy;
    };
    std::map<InhibitorId, Time> awaited_;
};

template <typename T> Done<T> Conductor::ifStillWanted(Done<T> then) {
    return [this, run = run_, then = std::move(then)](Result<T> answer) {
        if (run == run_)
            then(std::move(answer));
    };
}

} // namespace luod::core
