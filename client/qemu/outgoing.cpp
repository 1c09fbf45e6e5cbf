// SPDX-License-Identifier: LGPL-2.1-or-later
#include "outgoing.hpp"

#include "say.hpp"

#include <algorithm>
#include <cerrno>

namespace luod::qemu {

Result<> Outgoing::clear(Luod& luod, const std::string& name) {
    auto found = luod.find(name, "outgoing");
    if (!found)
        return failure(found.error());
    if (!*found)
        return {};
    auto files = luod.files(**found);
    if (!files)
        return failure(files.error());
    if (std::ranges::any_of(*files, [](const File& file) { return file.name == filename::state; }))
        return failure("a guest of that name was saved for a live update that has not come yet, and will run on in the next "
                       "kernel; to give it up: luoctl discard " + name);
    say(LOG_WARNING, "a luo-qemu that was killed has left a session, whose guest is gone: it is given up");
    return luod.discard(**found);
}

Result<> Outgoing::open(Luod& luod, const std::string& name) {
    auto session = luod.create(name);
    if (!session)
        return failure(session.error());
    auto borrowed = luod.borrow(*session);
    if (!borrowed)
        return failure(borrowed.error());
    session_ = std::move(*session);
    borrowed_ = std::move(*borrowed);
    lastToken_ = 0;
    hasState_ = false;
    return {};
}

void Outgoing::number(std::vector<File>& files) {
    for (File& file : files)
        file.token = ++lastToken_;
}

Result<> Outgoing::addState(Luod& luod, int fd, Notes notes) {
    File state{++lastToken_, filename::state, fd, std::move(notes)};
    if (const int result = luod_ioctl_preserve(borrowed_.get(), fd, state.token); result < 0) {
        errno = -result;
        return systemFailure("preserving the devices' state");
    }
    state.notes[timesNote].push_back(timeOf(moment::preserved));
    hasState_ = true;
    auto noted = luod.notePreserved(session_, state);
    return noted ? noted : failure("luod cannot note the devices' state: " + noted.error());
}

Result<> Outgoing::discard(Luod& luod) {
    borrowed_ = Fd();
    return luod.discard(std::exchange(session_, {}));
}

} // namespace luod::qemu
