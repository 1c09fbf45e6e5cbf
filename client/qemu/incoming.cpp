// SPDX-License-Identifier: LGPL-2.1-or-later
#include "incoming.hpp"

#include "say.hpp"

#include <algorithm>
#include <iterator>

namespace luod::qemu {

namespace {

const File* named(const std::vector<File>& files, const std::string& name) {
    const auto at = std::ranges::find(files, name, &File::name);
    return at == files.end() ? nullptr : &*at;
}

} // namespace

Result<std::optional<Incoming>> Incoming::find(Luod& luod, const std::string& name) {
    auto session = luod.find(name, "incoming");
    if (!session)
        return failure(session.error());
    if (!*session)
        return std::nullopt;
    auto files = luod.files(**session);
    if (!files)
        return failure(files.error());
    Incoming incoming;
    incoming.session_ = **session;
    const File* state = named(*files, filename::state);
    if (!state) {
        say(LOG_WARNING, "the guest was not saved before the kernel was replaced: it starts anew");
        auto discarded = luod.discard(incoming.session_);
        return discarded ? Result<std::optional<Incoming>>(std::nullopt) : failure(discarded.error());
    }
    incoming.stateFile_ = *state;
    if (auto retrieved = incoming.retrieve(luod, *files); !retrieved)
        return failure(retrieved.error());
    if (!isUsable(incoming.state_.get())) {
        say(LOG_WARNING, "the guest ran on after the last live update, and its luo-qemu was killed then: it starts anew");
        auto finished = luod.finish(incoming.session_);
        return finished ? Result<std::optional<Incoming>>(std::nullopt) : failure(finished.error());
    }
    return incoming;
}

Result<> Incoming::retrieve(Luod& luod, const std::vector<File>& files) {
    std::vector<std::uint64_t> tokens;
    std::ranges::transform(files, std::back_inserter(tokens), &File::token);
    auto fds = luod.retrieve(session_, tokens); // in one go: the guest stands still meanwhile
    if (!fds)
        return failure("its files do not come back: " + fds.error());
    const auto take = [&](const std::string& name) -> Result<Fd> {
        const File* file = named(files, name);
        return file ? Result<Fd>(std::move((*fds)[std::size_t(file - files.data())])) : failure("the session holds no " + name);
    };
    auto description = take(filename::description);
    if (!description)
        return failure(description.error());
    auto described = descriptionIn(description->get());
    if (!described)
        return failure(described.error());
    parts_.description = std::move(*described);
    const auto fetch = [&](const std::string& name, std::vector<Fd>& into) -> Result<> {
        auto fd = take(name);
        if (!fd)
            return failure(fd.error());
        into.push_back(std::move(*fd));
        return {};
    };
    for (const std::string& name : parts_.description.carried)
        if (auto fetched = fetch(filename::carried + name, parts_.carried); !fetched)
            return fetched;
    for (const Backend& backend : parts_.description.machine.memory)
        if (auto fetched = fetch(filename::memory + backend.id, parts_.memory); !fetched)
            return fetched;
    auto state = take(filename::state);
    if (!state)
        return failure(state.error());
    state_ = std::move(*state);
    return {};
}

Result<Vm> Incoming::revive() {
    const auto& status = stateFile_.notes[statusNote];
    auto revived = qemu::revive(std::move(parts_), state_.get(), status.empty() ? "running" : status.front());
    if (!revived)
        return failure(revived.error());
    auto& times = stateFile_.notes[timesNote];
    times.insert(times.end(), revived->times.begin(), revived->times.end());
    return std::move(revived->vm);
}

Result<> Incoming::finish(Luod& luod) {
    if (auto noted = luod.annotate(session_, stateFile_); !noted)
        say(LOG_WARNING, "the times of this live update do not get into its report: " + noted.error());
    return luod.finish(session_);
}

} // namespace luod::qemu
