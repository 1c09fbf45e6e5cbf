// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/update_news.hpp"

#include "platform/journal.hpp"
#include "platform/message_ids.hpp"

#include <fmt/format.h>

namespace luod::app {

using platform::log;

void UpdateNews::prepare(const core::Update& update) {
    log(LOG_NOTICE, fmt::format("live update {} ({}): clients are asked to get ready", update.uuid, word(update.mode)),
        {{"LUOD_UPDATE", update.uuid}}, platform::message::updateStep);
    bus_.prepare(update);
}

void UpdateNews::over(const core::Update& update) {
    bus_.over(update);
    bool done = update.outcome == "done";
    log(done ? LOG_NOTICE : LOG_WARNING,
        fmt::format("live update {} is over: {}{}{}", update.uuid, update.outcome, update.words.empty() ? "" : ": ", update.words),
        {{"LUOD_UPDATE", update.uuid}, {"LUOD_OUTCOME", update.outcome}},
        update.outcome == "aborted" ? platform::message::updateAborted : platform::message::updateStep);
    save_();
}

void UpdateNews::moment(const core::Moment& moment, std::size_t awaited) {
    log(moment.what == core::Milestone::Late ? LOG_WARNING : LOG_INFO,
        fmt::format("live update: {}{}{}{}{}", word(moment.what), moment.subject.empty() ? "" : ": ", moment.subject,
                    moment.detail.empty() ? "" : ", ", moment.detail),
        {{"LUOD_MOMENT", word(moment.what)}}, platform::message::updateStep);
    bus_.moment(moment, awaited);
}

} // namespace luod::app
