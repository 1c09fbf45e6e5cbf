// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/custodian.hpp"

#include "core/kernel_words.hpp"
#include "core/names.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <iterator>

namespace luod::core {
namespace {

// F_SEAL_SEAL, SHRINK, GROW, WRITE, FUTURE_WRITE, EXEC: those the kernel carries over.
constexpr std::uint32_t carriedSeals = 0x3f, sealWrite = 0x08, sealExec = 0x20;

bool isMemory(FileKind kind) { return kind == FileKind::Memfd || kind == FileKind::HugetlbMemfd || kind == FileKind::Tmpfile; }
// Without this one a memfd comes back from any kernel: it is what each new one begins with.
constexpr std::uint32_t sealSeal = 0x01;

} // namespace

// Everything that one call of preserve or notePreserved brought, on its way through the kernel.
struct Custodian::Batch {
    std::vector<Offer> offers;
    bool byOwner = false;
    std::set<Token> sealed;   // those that must not lose their seals
    std::size_t accepted = 0; // so many of them, from the first
    int err = 0;              // why not the next
};

Result<> Custodian::checkFileName(const Session& session, const std::string& name, Token token) {
    if (name.empty())
        return {};
    if (auto good = checkName(name, "file name"); !good)
        return good;
    auto taken = session.byName.find(name);
    if (taken != session.byName.end() && taken->second != token)
        return fail(Errc::NameTaken, fmt::format("session '{}' holds a file '{}' already, under token {}", session.name, name,
                                                 taken->second));
    return {};
}

Result<> Custodian::checkMetadata(const Metadata& metadata) {
    for (const auto& [key, value] : metadata)
        if (auto good = checkName(key, "metadata key"); !good)
            return good;
    if (auto bytes = weight(metadata); bytes > limits().metadataBytes)
        return fail(Errc::LimitReached, fmt::format("a file's metadata has {} bytes; {} is the most: shorten it, or "
                                                    "raise MaxMetadataBytes= in luod.conf",
                                                    bytes, limits().metadataBytes));
    return {};
}

// Saturates: what owners say of their own files may add up to anything.
static std::uint64_t sum(std::uint64_t a, std::uint64_t b) { return a + b < a ? unlimited : a + b; }

Result<> Custodian::checkCount(const Session& session, std::size_t files) {
    if (session.files.size() + files > limits().filesPerSession)
        return fail(Errc::LimitReached, fmt::format("session '{}' holds {} files, and {} more would be over the limit of {}: use "
                                                    "another one, or raise MaxFilesPerSession= in luod.conf",
                                                    session.name, session.files.size(), files, limits().filesPerSession));
    return quotas_.room(Quantity::Files, session.owner, files);
}

Result<> Custodian::checkRoom(const Session& session, const std::vector<File>& files) {
    std::uint64_t bytes = 0, metadata = 0;
    for (const File& file : files) {
        bytes = sum(bytes, file.size);
        metadata = sum(metadata, file.name.size() + weight(file.metadata));
    }
    if (auto room = quotas_.room(Quantity::Bytes, session.owner, bytes); !room)
        return room;
    return quotas_.room(Quantity::Metadata, session.owner, metadata);
}

Result<> Custodian::checkMetadataRoom(const Session& session, Token token, const std::string& name, const Metadata& metadata) {
    const File& file = session.files.at(token);
    auto was = file.name.size() + weight(file.metadata), is = name.size() + weight(metadata);
    return is > was ? quotas_.room(Quantity::Metadata, session.owner, is - was) : Result<>();
}

// Of a device that its owner preserved the metadata may say which it is.
File Custodian::identified(File file) {
    auto said = file.metadata.find("pci-address");
    const auto* address = said == file.metadata.end() ? nullptr : std::get_if<std::string>(&said->second);
    if (file.kind != FileKind::VfioCdev || !address)
        return file;
    if (auto found = ports_.inspector.findVfio(*address)) {
        file.pciAddress = found->pciAddress;
        file.driver = found->driver;
        file.device = found->device;
    }
    return file;
}

// The file itself. The newest kernel's rules, whichever kernel runs: older ones accept some of what they then lose.
Result<File> Custodian::examine(const Offer& offer) {
    File file{.token = offer.token, .name = offer.name, .kind = offer.kind, .byOwner = !offer.fd, .size = offer.size,
              .metadata = offer.metadata};
    if (!offer.fd)
        return identified(std::move(file));
    auto found = ports_.inspector.inspect(offer.fd.get());
    if (!found)
        return fail(Errc::InvalidArgument,
                    fmt::format("{} is not an open file: {}", describe(file), std::strerror(found.error())), found.error());
    file.kind = found->kind;
    file.size = found->size;
    file.seals = found->seals;
    file.identity = found->identity;
    file.pciAddress = found->pciAddress;
    file.driver = found->driver;
    file.device = found->device;
    bool ofMemory = isMemory(file.kind);
    if (ofMemory && !(found->readable && found->writable))
        return fail(Errc::InvalidArgument,
                    fmt::format("{} was opened for reading or writing only, but would come back with both: hand over a "
                                "descriptor opened for both",
                                describe(file)));
    if (ofMemory && (file.seals & ~carriedSeals))
        return fail(Errc::KindNotSupported, fmt::format("{} carries seals ({:#x}) that a kernel cannot hand over",
                                                        describe(file), file.seals & ~carriedSeals));
    // The next kernel makes a new file, executable, and adds the seals; F_SEAL_EXEC on an executable file makes it add those
    // against writing, too. The owner would get its memory back and could not write to it.
    if (ofMemory && (file.seals & sealExec) && !(file.seals & sealWrite))
        return fail(Errc::KindNotSupported,
                    fmt::format("{} was made with MFD_NOEXEC_SEAL, and kernels would give it back sealed against writing: make "
                                "it with MFD_EXEC",
                                describe(file)));
    if (file.identity.known() && registry_.isPreserved(file.identity))
        return fail(Errc::AlreadyPreserved, fmt::format("{} is held by a session already", describe(file)));
    return file;
}

Result<std::vector<File>> Custodian::checkOffers(const Session& session, const std::vector<Offer>& offers) {
    if (offers.empty())
        return fail(Errc::InvalidArgument, "no files were handed over");
    if (auto room = checkCount(session, offers.size()); !room)
        return std::unexpected(room.error());
    std::vector<File> files;
    std::set<Token> tokens;
    std::set<std::string_view> names;
    std::set<FileIdentity> identities;
    for (const Offer& offer : offers) {
        if (session.files.contains(offer.token) || !tokens.insert(offer.token).second)
            return fail(Errc::TokenTaken, fmt::format("session '{}' holds a file under token {} already; take another",
                                                      session.name, offer.token));
        if (auto good = checkFileName(session, offer.name, offer.token); !good)
            return std::unexpected(good.error());
        if (!offer.name.empty() && !names.insert(offer.name).second)
            return fail(Errc::NameTaken, fmt::format("two files in one call are named '{}'", offer.name));
        if (auto good = checkMetadata(offer.metadata); !good)
            return std::unexpected(good.error());
        auto file = examine(offer);
        if (!file)
            return std::unexpected(file.error());
        if (file->identity.known() && !identities.insert(file->identity).second)
            return fail(Errc::AlreadyPreserved, fmt::format("{} is in the call twice", describe(*file)));
        files.push_back(std::move(*file));
    }
    if (auto room = checkRoom(session, files); !room)
        return std::unexpected(room.error());
    return files;
}

void Custodian::preserve(SessionId id, std::vector<Offer> offers, Done<> done) {
    submit(id, std::move(offers), false, std::move(done));
}

void Custodian::notePreserved(SessionId id, std::vector<Offer> offers, Done<> done) {
    submit(id, std::move(offers), true, std::move(done));
}

void Custodian::submit(SessionId id, std::vector<Offer> offers, bool byOwner, Done<> done) {
    auto session = usable(id, Direction::Outgoing);
    if (!session)
        return done(std::unexpected(session.error()));
    auto files = checkOffers(**session, offers);
    if (!files)
        return done(std::unexpected(files.error()));
    auto batch = std::make_shared<Batch>(Batch{.offers = std::move(offers), .byOwner = byOwner, .sealed = {}});
    for (const File& file : *files)
        if (file.seals & ~sealSeal)
            batch->sealed.insert(file.token);
    if (auto written = ledger_.record(registry_, FilesListed{id, std::move(*files)}); !written)
        return done(written);
    run(
        id,
        [this, batch, fd = custodies_[id].session] {
            for (const Offer& offer : batch->offers) {
                Errno<> answer;
                if (batch->sealed.contains(offer.token) && !ports_.luo.carriesSeals(fd->get()))
                    answer = std::unexpected(EOPNOTSUPP);
                else if (!batch->byOwner)
                    answer = ports_.luo.preserve(fd->get(), offer.fd.get(), offer.token);
                else if (auto holds = ports_.luo.holds(fd->get(), offer.token); !holds || !*holds)
                    answer = std::unexpected(holds ? ENOENT : holds.error());
                if (!answer) {
                    batch->err = answer.error();
                    return;
                }
                ++batch->accepted;
            }
        },
        [this, id, batch, done = std::move(done)] { settled(id, *batch, done); });
}

void Custodian::settled(SessionId id, Batch& batch, const Done<>& done) {
    // What luod preserved before one was refused stays; what the owner only claims is noted as a whole or not at all.
    if (batch.byOwner && batch.err)
        batch.accepted = 0;
    FilesPreserved yes{id, {}};
    FilesDropped no{id, {}};
    for (std::size_t i = 0; i < batch.offers.size(); ++i)
        (i < batch.accepted ? yes.tokens : no.tokens).push_back(batch.offers[i].token);
    Error refusal{};
    if (batch.err) {
        Token token = batch.offers[batch.accepted].token;
        refusal = batch.byOwner
                      ? Error{Errc::NoSuchFile,
                              "the kernel's session does not hold every one of these tokens: preserve first, then note",
                              batch.err}
                      : preserveRefused(batch.err, registry_.find(id)->files.at(token));
    }
    FilesListed grown{id, grownSince(*registry_.find(id), batch)};
    std::vector<Record> records;
    if (!grown.files.empty())
        records.emplace_back(grown);
    if (!yes.tokens.empty())
        records.emplace_back(yes);
    if (!no.tokens.empty())
        records.emplace_back(no);
    // The intent is in the ledger: should this not fit any more, the next start asks the kernel. So it is true already.
    if (!ledger_.record(registry_, records))
        for (const Record& record : records)
            registry_.apply(record);
    hold(id, batch);
    if (!yes.tokens.empty())
        events_.filesPreserved(*registry_.find(id), yes.tokens);
    lookAfterDevices(); // one may have gone before it was in the ledger that anything depends on it
    if (auto room = quotas_.room(Quantity::Bytes, registry_.find(id)->owner, 0); !room && !grown.files.empty())
        return takeOutGrown(id, std::move(grown.files), room.error(), done);
    if (batch.err)
        return done(std::unexpected(refusal));
    done({});
}

// The kernel freezes a memfd's size when it is preserved; until then its owner may make it larger than it was when it was
// looked at.
std::vector<File> Custodian::grownSince(const Session& session, const Batch& batch) {
    std::vector<File> grown;
    for (std::size_t i = 0; i < batch.accepted && !batch.byOwner; ++i) {
        const File& file = session.files.at(batch.offers[i].token);
        auto found = isMemory(file.kind) ? ports_.inspector.inspect(batch.offers[i].fd.get()) : std::unexpected(0);
        if (!found || found->size == file.size)
            continue;
        grown.push_back(file);
        grown.back().size = found->size;
    }
    return grown;
}

// What cannot be taken out counts, and leaves its owner no room for more.
void Custodian::takeOutGrown(SessionId id, std::vector<File> grown, Error why, const Done<>& done) {
    if (grown.empty())
        return done(std::unexpected(why));
    Token token = grown.back().token;
    grown.pop_back();
    takeOut(id, token, [this, id, grown = std::move(grown), why, token, done](Result<> out) mutable {
        why.words += fmt::format("; file {} was made larger while it was handed over, and {}", token,
                                 out ? "is taken out again" : "cannot be taken out: " + out.error().words);
        takeOutGrown(id, std::move(grown), std::move(why), done);
    });
}

void Custodian::hold(SessionId id, Batch& batch) {
    const Session& session = *registry_.find(id);
    if (batch.byOwner || session.lent)
        return;
    Custody& custody = custodies_[id];
    for (std::size_t i = 0; i < batch.accepted && held_ < limits().heldFds; ++i, ++held_)
        custody.files.insert_or_assign(batch.offers[i].token, std::move(batch.offers[i].fd));
}

void Custodian::retrieveTokens(SessionId id, std::vector<Token> tokens, Done<std::vector<Retrieved>> done) {
    struct Work {
        std::vector<Token> tokens;
        std::set<Token> unsure; // on their way to the kernel when that was replaced
        std::vector<Retrieved> files;
        FilesDropped missing;
        Error error{};
        bool failed = false;
    };
    auto work = std::make_shared<Work>(Work{.tokens = std::move(tokens), .missing = {id, {}}});
    const Session& asked = *registry_.find(id);
    for (Token token : work->tokens)
        if (asked.files.at(token).state == FileState::Preserving)
            work->unsure.insert(token);
    run(
        id,
        [this, work, fd = custodies_[id].session] {
            for (Token token : work->tokens) {
                auto file = ports_.luo.retrieve(fd->get(), token);
                if (!file && file.error() == ENOENT && work->unsure.contains(token)) {
                    work->missing.tokens.push_back(token);
                    continue;
                }
                if (!file) {
                    work->error = retrieveRefused(file.error(), token);
                    work->failed = true;
                    return;
                }
                work->files.push_back({std::move(*file), token, {}, {}});
            }
        },
        [this, id, work, done = std::move(done)] {
            if (work->failed)
                return done(std::unexpected(work->error));
            const Session& session = *registry_.find(id);
            bool wasUnclaimed = isUnclaimed(session);
            FilesRetrieved first{id, {}};
            for (Retrieved& each : work->files) {
                const File& file = session.files.at(each.token);
                each.name = file.name;
                each.metadata = file.metadata;
                if (file.state != FileState::Retrieved)
                    first.tokens.push_back(each.token);
            }
            if (!first.tokens.empty()) {
                (void)ledger_.record(registry_, first); // only for people to read: the file is given out all the same
                events_.filesRetrieved(session, first.tokens);
                claimed(session, wasUnclaimed);
            }
            // Never acknowledged, so never promised: the owner does not hear of it.
            if (!work->missing.tokens.empty() && ledger_.record(registry_, work->missing))
                events_.sessionChanged(session);
            done(std::move(work->files));
        });
}

Result<const Session*> Custodian::retrievable(SessionId id) {
    const Session* session = registry_.find(id);
    if (session && session->carried && !ledger_.refusal())
        return session; // luod holds its files itself, also while it is made anew
    return usable(id, Direction::Incoming);
}

void Custodian::retrieve(SessionId id, Token token, Done<Retrieved> done) {
    auto session = retrievable(id);
    if (!session)
        return done(std::unexpected(session.error()));
    if (!(*session)->files.contains(token))
        return done(fail(Errc::NoSuchFile, fmt::format("session '{}' holds no file {}", (*session)->name, token)));
    if (auto good = valid(**session, token); !good)
        return done(std::unexpected(good.error()));
    if ((*session)->carried)
        return done(giveHeld(**session, token));
    retrieveTokens(id, {token}, [token, done = std::move(done)](Result<std::vector<Retrieved>> files) {
        if (!files)
            return done(std::unexpected(files.error()));
        if (files->empty())
            return done(std::unexpected(retrieveRefused(ENOENT, token)));
        done(std::move(files->front()));
    });
}

void Custodian::retrieveByName(SessionId id, const std::string& name, Done<Retrieved> done) {
    auto session = retrievable(id);
    if (!session)
        return done(std::unexpected(session.error()));
    auto named = (*session)->byName.find(name);
    if (named == (*session)->byName.end())
        return done(fail(Errc::NoSuchFile, fmt::format("session '{}' holds no file '{}'", (*session)->name, name)));
    retrieve(id, named->second, std::move(done));
}

void Custodian::retrievePage(SessionId id, Token from, std::size_t max, Done<RetrievedPage> done) {
    auto session = retrievable(id);
    if (!session)
        return done(std::unexpected(session.error()));
    const auto& files = (*session)->files;
    std::vector<Token> tokens;
    auto at = files.lower_bound(from);
    for (; at != files.end() && tokens.size() < max; ++at) {
        if (auto good = valid(**session, at->first); !good)
            return done(std::unexpected(good.error()));
        tokens.push_back(at->first);
    }
    bool more = at != files.end();
    Token next = more ? at->first : 0;
    auto answer = [more, next, done = std::move(done)](Result<std::vector<Retrieved>> page) {
        if (!page)
            return done(std::unexpected(page.error()));
        done(RetrievedPage{std::move(*page), more, next});
    };
    if ((*session)->carried)
        return answer(giveHeld(**session, tokens));
    retrieveTokens(id, std::move(tokens), std::move(answer));
}

Result<> Custodian::noteRetrieved(SessionId id, const std::vector<Token>& tokens) {
    auto session = known(id, Direction::Incoming);
    if (!session)
        return std::unexpected(session.error());
    bool wasUnclaimed = isUnclaimed(**session);
    FilesRetrieved first{id, {}};
    for (Token token : tokens) {
        auto file = (*session)->files.find(token);
        if (file == (*session)->files.end())
            return fail(Errc::NoSuchFile, fmt::format("session '{}' holds no file {}", (*session)->name, token));
        if (auto good = valid(**session, token); !good)
            return good;
        if (file->second.state != FileState::Retrieved)
            first.tokens.push_back(token);
    }
    if (first.tokens.empty())
        return {};
    if (auto written = ledger_.record(registry_, first); !written)
        return written;
    events_.filesRetrieved(*registry_.find(id), first.tokens);
    claimed(**session, wasUnclaimed);
    return {};
}

bool isUnclaimed(const Session& session) {
    return session.direction == Direction::Incoming && session.state == SessionState::Active && !session.lent &&
           std::ranges::none_of(session.files, [](const auto& file) { return file.second.state == FileState::Retrieved; });
}

void Custodian::claimed(const Session& session, bool wasUnclaimed) {
    if (wasUnclaimed)
        events_.sessionClaimed(session);
}

} // namespace luod::core
