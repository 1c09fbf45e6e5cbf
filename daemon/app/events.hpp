// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/conductor.hpp"
#include "core/kernel_words.hpp"
#include "platform/journal.hpp"
#include "platform/message_ids.hpp"

#include <fmt/format.h>

namespace luod::app {

// What happens to sessions, told to the bus and to the conductor, who keeps the report.
class SessionEvents final : public core::Events {
public:
    explicit SessionEvents(core::Events& bus) : bus_(bus) {}
    void connect(core::Conductor& conductor) { conductor_ = &conductor; }

    void sessionAdded(const core::Session& session) override { bus_.sessionAdded(session); }
    void sessionChanged(const core::Session& session) override { bus_.sessionChanged(session); }
    void sessionGone(const core::Session& session) override { bus_.sessionGone(session); }
    void sessionFinished(const core::Session& session) override { conductor_->finished(session); }
    void sessionClaimed(const core::Session& session) override { conductor_->claimed(session); }
    void filesPreserved(const core::Session& session, const std::vector<core::Token>& tokens) override {
        bus_.filesPreserved(session, tokens);
    }
    void fileTakenOut(const core::Session& session, core::Token token) override { bus_.fileTakenOut(session, token); }
    void filesRetrieved(const core::Session& session, const std::vector<core::Token>& tokens) override {
        bus_.filesRetrieved(session, tokens);
    }
    void filesInvalidated(const core::Session& session, const std::vector<core::Token>& tokens) override {
        for (core::Token token : tokens)
            logInvalid(session, session.files.at(token));
        bus_.filesInvalidated(session, tokens);
        conductor_->invalidated(session);
    }

private:
    static void logInvalid(const core::Session& session, const core::File& file) {
        platform::log(LOG_ERR,
                      fmt::format("{} of session '{}' of uid {} is invalid: {}. No live update begins until it is taken out or the "
                                  "session is given up",
                                  describe(file), session.name, session.owner, whyInvalid(file)),
                      {{"LUOD_SESSION", session.name}, {"LUOD_TOKEN", std::to_string(file.token)},
                       {"LUOD_DEVICE", file.pciAddress}},
                      platform::message::fileInvalid);
    }

    core::Events& bus_;
    core::Conductor* conductor_ = nullptr;
};

} // namespace luod::app
