// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What luod does for its callers. Each operation checks everything it can, lets the kernel work beside the loop, writes
// down what came of it, and only then answers. Who the caller is, and whether that caller may see the session, has been
// settled before (bus/access.hpp).
//
// Order, so that a kill between any two lines loses nothing a caller was told of:
//   create    kernel -> fd store -> ledger -> answer   (killed before the ledger: the fd is unclaimed and dropped)
//   preserve  ledger (intent) -> kernel -> ledger -> answer   (killed between: the next start asks the kernel about intents)
//   finish    kernel -> ledger -> fd store -> answer   (killed between: the owner finishes again, which the kernel allows)

#include "core/custody.hpp"
#include "core/ledger_keeper.hpp"
#include "core/quota.hpp"
#include "core/registry.hpp"

#include <functional>
#include <set>
#include <vector>

namespace luod::core {

// A file handed over, or one that its owner preserved on a borrowed session fd (then without fd).
struct Offer {
    UniqueFd fd;
    Token token = 0;
    std::string name;
    Metadata metadata;
    FileKind kind = FileKind::Unknown; // the owner's word; used only without fd
    std::uint64_t size = 0;            // likewise
};

struct Retrieved {
    UniqueFd fd;
    Token token = 0;
    std::string name;
    Metadata metadata;
};

struct RetrievedPage {
    std::vector<Retrieved> files;
    bool more = false;
    Token next = 0;
};

// What others may want to hear of. Called on the loop, after the ledger knows.
class Events {
public:
    virtual ~Events() = default;
    virtual void sessionAdded(const Session&) {}
    virtual void sessionGone(const Session&) {}    // without its files
    virtual void sessionChanged(const Session&) {} // its state
    virtual void filesPreserved(const Session&, const std::vector<Token>&) {}
    virtual void fileTakenOut(const Session&, Token) {}
    virtual void filesRetrieved(const Session&, const std::vector<Token>&) {}
    virtual void filesInvalidated(const Session&, const std::vector<Token>&) {}
    virtual void sessionClaimed(const Session&) {}  // an incoming one: first retrieved from, or borrowed
    // An incoming one, of whose files only those are left whose times are noted; sessionGone follows.
    virtual void sessionFinished(const Session&) {}
};

struct Ports {
    Luo& luo;
    FdStore& store;
    FileInspector& inspector;
    Workers& workers;
    std::function<std::uint64_t()> wallClock; // microseconds since 1970
};

template <typename T = void> using Done = std::function<void(Result<T>)>;

class Custodian {
public:
    Custodian(Ports ports, LedgerKeeper& ledger, Registry& registry, Custodies custodies, Events& events);

    void setLimits(const Limits& limits) { quotas_.setLimits(limits); }
    const Limits& limits() const { return quotas_.limits(); }
    Quotas& quotas() { return quotas_; }
    const Registry& registry() const { return registry_; }
    const LedgerKeeper& ledger() const { return ledger_; }

    struct Request { // for a new session
        uid_t owner = 0;
        std::string name, unit;
        bool boundToUnit = false;
        std::string label; // the creator's, where it is the owner
    };
    void create(Request request, Done<SessionId> done);
    void preserve(SessionId id, std::vector<Offer> offers, Done<> done);
    void notePreserved(SessionId id, std::vector<Offer> offers, Done<> done);
    // From incoming sessions, and from carried ones (carryForward), whose files luod holds itself.
    void retrieve(SessionId id, Token token, Done<Retrieved> done);
    void retrieveByName(SessionId id, const std::string& name, Done<Retrieved> done);
    // At most `max` files from token `from` on, in order of their tokens.
    void retrievePage(SessionId id, Token from, std::size_t max, Done<RetrievedPage> done);
    void takeOut(SessionId id, Token token, Done<> done);
    void finish(SessionId id, Done<> done);
    void discard(SessionId id, Done<> done);
    Result<> noteRetrieved(SessionId id, const std::vector<Token>& tokens);
    Result<> annotate(SessionId id, Token token, const std::string& name, const Metadata& metadata);
    Result<std::shared_ptr<const UniqueFd>> open(SessionId id);

    // Finds the files of outgoing sessions whose devices are gone, and has them invalid from then on (custodian_devices.cpp).
    void lookAfterDevices();

    // Goes on with take-outs that a kill or a refusal of the kernel interrupted.
    void resumeRebuilding();
    // Called, once, as soon as no session is being made anew: until then a kexec would lose such a session.
    void whenNoneIsRebuilt(std::function<void()> then);

    // Sealed, everything that would change the kernel's state is refused with UpdateUnderWay, retrieving included: a job
    // still at work when the kernel is replaced would be lost. What was lent can still be changed by its borrower.
    void seal() { sealed_ = true; }
    void unseal() { sealed_ = false; }
    // Answers once all that was begun is through. Busy: a session could not be made anew, and would be lost by a kexec.
    void whenQuiet(Done<> then);

    // An incoming session that nobody claims, into the next update: as an outgoing one with the same files under the same
    // tokens. luod holds the files' fds from then on, also over restarts, so that the owner can still retrieve them.
    void carryForward(SessionId id, Done<> done);
    // Incoming, never retrieved from, not lent.
    std::vector<SessionId> unclaimed() const;
    // What of the sessions lies in the fd store once all is quiet: name and fd.
    void forEachStored(const std::function<void(const std::string&, int)>& f) const;

private:
    struct Batch;   // files on their way to the kernel
    struct Rebuild; // a session being made anew
    struct Carry;   // an incoming session on its way to being outgoing

    Result<const Session*> known(SessionId id, std::optional<Direction> direction);  // for what the kernel need not hear of
    Result<const Session*> usable(SessionId id, std::optional<Direction> direction); // for the rest
    Result<> unsealed() const;
    void run(SessionId key, std::function<void()> job, std::function<void()> done);
    void runEnded();
    void claimed(const Session& session, bool wasUnclaimed);
    Result<> checkFileName(const Session& session, const std::string& name, Token token);
    Result<> checkMetadata(const Metadata& metadata);
    Result<> checkCount(const Session& session, std::size_t files);
    Result<> checkRoom(const Session& session, const std::vector<File>& files);
    Result<> checkMetadataRoom(const Session& session, Token token, const std::string& name, const Metadata& metadata);
    Result<> checkRequest(const Request& request);
    File identified(File file);
    Result<File> examine(const Offer& offer);
    Result<std::vector<File>> checkOffers(const Session& session, const std::vector<Offer>& offers);
    void submit(SessionId id, std::vector<Offer> offers, bool byOwner, Done<> done);
    void settled(SessionId id, Batch& batch, const Done<>& done);
    std::vector<File> grownSince(const Session& session, const Batch& batch);
    void takeOutGrown(SessionId id, std::vector<File> grown, Error why, const Done<>& done);
    void hold(SessionId id, Batch& batch);
    void invalidate(const Session& session, std::vector<Token> tokens);
    void releaseInvalid(const Session& session);
    static Result<> valid(const Session& session, Token token);
    void retrieveTokens(SessionId id, std::vector<Token> tokens, Done<std::vector<Retrieved>> done);
    void created(Session session, UniqueFd fd, const Done<SessionId>& done);
    void leave(SessionId id, bool finishFirst, Done<> done);
    void gone(const Session& session);
    Result<> canRebuild(const Session& session, Token without);
    void releaseRebuildFds(const Session& session);
    void rebuild(SessionId id, Done<> done);
    void rebuilt(SessionId id, Rebuild& work);
    void rebuildEnded();
    Result<> canCarry(const Session& session) const;
    Result<> putInStore(SessionId id, const std::map<Token, UniqueFd>& files);
    void fetched(SessionId id, Carry& carry);
    Result<> noteCarried(SessionId id, Carry& carry);
    Result<const Session*> retrievable(SessionId id);
    Result<Retrieved> giveHeld(const Session& session, Token token);
    Result<std::vector<Retrieved>> giveHeld(const Session& session, const std::vector<Token>& tokens);

    Ports ports_;
    LedgerKeeper& ledger_;
    Registry& registry_;
    Custodies custodies_;
    Events& events_;
    Quotas quotas_;
    SessionId lastId_ = 0; // given to sessions still on their way
    std::set<std::pair<uid_t, std::string>> arriving_; // names of sessions being created
    std::size_t rebuilds_ = 0;                         // under way
    std::function<void()> noneIsRebuilt_;
    std::size_t held_ = 0;                             // files' fds in all custodies
    bool sealed_ = false;
    std::size_t jobs_ = 0;                             // under way
    std::vector<std::function<void()>> quiet_;
};

// Names in the fd store. Short: all of them travel in one environment variable of at most 128 KiB.
std::string sessionFdName(SessionId id);
std::string rebuildFdName(SessionId id, Token token);

bool isUnclaimed(const Session& session);

} // namespace luod::core
