// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/quota.hpp"
#include "proto/errors.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <sdbus-c++/sdbus-c++.h>

namespace luod::bus {

// org.luod1.Error.* for one of core's errors, which is counted: made only to be answered, and never from anything a caller
// sent.
sdbus::Error toBus(const core::Error& error);

// How many calls were answered so since luod was started, in the order of proto::errors. Of the loop's thread.
const std::array<std::uint64_t, proto::errors.size()>& refusals();

// Throws it: for handlers that answer at once.
[[noreturn]] void raise(const core::Error& error);
template <typename T> T valueOrRaise(core::Result<T> result) {
    if (!result)
        raise(result.error());
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

// What the caller of the message at hand may do besides seeing a session.
class Gate {
public:
    virtual ~Gate() = default;
    virtual core::Result<core::Quotas::Ticket> admit() = 0; // a call that will not be answered at once
    virtual core::Result<> mayBorrow() const = 0;           // sessions' descriptors
};

// Answers a held request, once, whatever happens. False where the gate did not let it in: then it is answered already. An
// exception that is not an sdbus::Error must not leave a handler: 1.2 would drop the connection for it.
template <typename... T> class Answer {
public:
    Answer(sdbus::Result<T...>&& result, Gate& gate) : result_(std::make_shared<sdbus::Result<T...>>(std::move(result))) {
        auto ticket = gate.admit();
        if (ticket)
            ticket_ = std::move(*ticket);
        else
            failed(ticket.error());
    }
    explicit operator bool() const { return bool(ticket_); }
    void ok(const T&... values) const {
        give([&] { result_->returnResults(values...); });
    }
    void failed(const core::Error& error) const {
        give([&] { result_->returnError(toBus(error)); });
    }

private:
    template <typename Give> static void give(Give answer) {
        try {
            answer();
        } catch (const sdbus::Error&) { // the bus is lost, as its other users find out, and with it the caller
        }
    }

    std::shared_ptr<sdbus::Result<T...>> result_; // std::function wants copies
    core::Quotas::Ticket ticket_;
};

} // namespace luod::bus
