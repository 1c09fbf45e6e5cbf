// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cover.hpp"

#include <algorithm>
#include <memory>

namespace luod::qemu {

Result<> Cover::begin(Luod& luod, const Parts& parts) {
    if (auto cleared = Outgoing::clear(luod, name_); !cleared)
        return cleared;
    auto lock = luod.lock("luo-qemu " + name_, deadline_);
    if (!lock)
        return failure(lock.error());
    lock_ = std::move(*lock);
    if (auto opened = outgoing_.open(luod, name_); !opened)
        return opened;
    return preserve(luod, hugeMemoryOf(parts));
}

Result<> Cover::attach(Luod& luod, Vm& vm) {
    auto description = fileOf(vm.parts.description);
    if (!description)
        return failure(description.error());
    description_ = std::move(*description);
    std::vector<File> files = carriedBy(vm.parts);
    files.push_back({0, filename::description, description_.get(), {}});
    if (auto preserved = preserve(luod, std::move(files)); !preserved)
        return preserved;
    return freezer_.arm(vm);
}

Result<> Cover::preserve(Luod& luod, std::vector<File> files) {
    outgoing_.number(files);
    return luod.preserve(outgoing_.session(), files);
}

// With a connection of its own: one client is used by one thread.
void Cover::fill(const Vm& vm, std::function<void(const Result<>&)> done) {
    std::vector<File> files = ordinaryMemoryOf(vm.parts);
    outgoing_.number(files);
    auto result = std::make_shared<Result<>>();
    background_.run(
        [result, files = std::move(files), session = outgoing_.session()] {
            auto luod = Luod::connect();
            *result = luod ? luod->preserve(session, files) : Result<>(failure(luod.error()));
        },
        [this, result, done = std::move(done)] {
            complete_ = result->has_value();
            done(*result);
        });
}

Result<bool> Cover::freeze(Vm& vm, Luod& luod, std::uint64_t time, const qmp::Monitor::Interrupt& interrupt) {
    complete_ = false; // once used it has to be made anew, whatever comes of it
    const auto deadline = Deadline::in(deadline_ > 0 ? std::min(time, deadline_) : time);
    return freezer_.freeze(vm, outgoing_, luod, deadline, interrupt);
}

Result<> Cover::drop(Luod& luod) {
    complete_ = false;
    lock_ = Fd();
    return outgoing_.isOpen() ? outgoing_.discard(luod) : Result<>();
}

} // namespace luod::qemu
