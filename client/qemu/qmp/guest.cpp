// SPDX-License-Identifier: LGPL-2.1-or-later
#include "guest.hpp"

#include <cstdlib>
#include <fcntl.h>

namespace luod::qemu::qmp {

namespace {

Result<> withoutValue(const Result<Json>& answer) { return answer ? Result<>() : failure(answer.error()); }

// From then on it knows "file:" with such sets; "fd:" with files is deprecated since 9.1, and gone from the latest.
constexpr int firstWithFileSets = 9;
constexpr const char* lentName = "luo-state";

Json capability(const char* name) { return {{"capability", name}, {"state", true}}; }

} // namespace

Result<> Guest::begin(const Deadline& deadline) {
    if (auto greeted = monitor_.greet(deadline); !greeted)
        return greeted;
    return withoutValue(monitor_.execute("migrate-set-capabilities", deadline,
                                         {{"capabilities", {capability("x-ignore-shared"), capability("events")}}}));
}

Result<std::string> Guest::runState(const Deadline& deadline) {
    auto answer = monitor_.execute("query-status", deadline);
    return answer ? Result<std::string>(answer->value("status", "")) : failure(answer.error());
}

Result<std::string> Guest::machineType(const Deadline& deadline) {
    auto answer = monitor_.execute("qom-get", deadline, {{"path", "/machine"}, {"property", "type"}});
    if (!answer)
        return failure(answer.error());
    auto type = answer->is_string() ? answer->get<std::string>() : std::string();
    constexpr std::string_view ending = "-machine";
    if (!type.ends_with(ending))
        return failure("QEMU does not say what machine it is");
    return type.substr(0, type.size() - ending.size());
}

Result<std::vector<std::string>> Guest::blockers(const Deadline& deadline) {
    auto answer = monitor_.execute("query-migrate", deadline);
    if (!answer)
        return failure(answer.error());
    return answer->value("blocked-reasons", std::vector<std::string>());
}

Result<> Guest::lendForSave(int fd, const Deadline& deadline) { return lend(fd, O_WRONLY, deadline); }
Result<> Guest::lendForLoad(int fd, const Deadline& deadline) { return lend(fd, O_RDONLY, deadline); }

Result<> Guest::lend(int fd, int access, const Deadline& deadline) {
    if (std::atoi(version().c_str()) >= firstWithFileSets)
        return lendInSet(fd, access, deadline);
    lent_ = std::string("fd:") + lentName;
    return withoutValue(monitor_.execute("getfd", deadline, {{"fdname", lentName}}, fd));
}

// Out of a set QEMU takes only a descriptor that is open for just what it wants.
Result<> Guest::lendInSet(int fd, int access, const Deadline& deadline) {
    const Fd own(open(("/proc/self/fd/" + std::to_string(fd)).c_str(), access | O_CLOEXEC));
    if (own.get() < 0)
        return systemFailure("the file for the devices' state");
    if (set_)
        if (auto removed = monitor_.execute("remove-fd", deadline, {{"fdset-id", *std::exchange(set_, {})}}); !removed)
            return failure(removed.error());
    auto added = monitor_.execute("add-fd", deadline, Json::object(), own.get());
    if (!added)
        return failure(added.error());
    set_ = added->value("fdset-id", 0);
    lent_ = "file:/dev/fdset/" + std::to_string(*set_);
    return {};
}

Result<> Guest::stop(const Deadline& deadline) { return withoutValue(monitor_.execute("stop", deadline)); }

Result<bool> Guest::save(const Deadline& deadline, const Monitor::Interrupt& interrupt) {
    monitor_.forgetEvents();
    if (auto begun = monitor_.execute("migrate", deadline, {{"uri", lent_}}); !begun)
        return failure(begun.error());
    auto saved = finished(deadline, interrupt);
    if (saved && *saved)
        return true;
    // Its own deadline may be what was missed.
    if (auto cancelled = cancel(Deadline::in(1'000'000)); !cancelled && saved)
        return failure(cancelled.error());
    return saved;
}

Result<> Guest::load(const Deadline& deadline) {
    monitor_.forgetEvents();
    if (auto begun = monitor_.execute("migrate-incoming", deadline, {{"uri", lent_}}); !begun)
        return failure(begun.error());
    auto loaded = finished(deadline, {});
    return loaded ? Result<>() : failure(loaded.error());
}

// False: interrupted.
Result<bool> Guest::finished(const Deadline& deadline, const Monitor::Interrupt& interrupt) {
    std::string status;
    auto event = monitor_.event(
        deadline,
        [&](const std::string& name, const Json& data) {
            status = name == "MIGRATION" ? data.value("status", "") : "";
            return status == "completed" || status == "failed" || status == "cancelled";
        },
        interrupt);
    if (!event)
        return failure(event.error());
    if (!*event)
        return false;
    if (status == "completed")
        return true;
    auto answer = monitor_.execute("query-migrate", deadline);
    return failure("the device state: " + status +
                   (answer && answer->contains("error-desc") ? ", " + answer->value("error-desc", "") : ""));
}

Result<> Guest::cancel(const Deadline& deadline) {
    if (auto begun = monitor_.execute("migrate_cancel", deadline); !begun)
        return failure(begun.error());
    for (;;) {
        auto answer = monitor_.execute("query-migrate", deadline);
        if (!answer)
            return failure(answer.error());
        const std::string status = answer->value("status", "");
        if (status != "active" && status != "setup" && status != "cancelling" && status != "device")
            return {};
        if (deadline.left() == 0)
            return failure("the save cannot be cancelled: it is " + status);
    }
}

// QEMU calls a save completed a little before its own thread is through with it, and refuses until then. Each question
// gives that thread its turn.
Result<> Guest::go(const Deadline& deadline) {
    for (;;) {
        auto state = runState(deadline);
        if (!state)
            return failure(state.error());
        if (*state == "running")
            return {};
        if (*state == "finish-migrate" && deadline.left() > 0)
            continue;
        auto gone = monitor_.execute("cont", deadline);
        return withoutValue(gone);
    }
}

Result<> Guest::pressPowerButton(const Deadline& deadline) {
    return withoutValue(monitor_.execute("system_powerdown", deadline));
}

Result<> Guest::drain() {
    auto drained = monitor_.drain();
    monitor_.forgetEvents();
    return drained;
}

} // namespace luod::qemu::qmp
