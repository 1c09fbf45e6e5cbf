// SPDX-License-Identifier: LGPL-2.1-or-later
#include "properties.hpp"
#include "signals.hpp"

namespace luod::client {

int readPrepare(sd_bus_message* message, Event& event) {
    int start = 0;
    Properties info;
    const luod_value* values = nullptr;
    size_t n = 0;
    int r = sd_bus_message_read_basic(message, 'b', &start);
    if (r >= 0)
        r = readValues(message, info.owner, values, n);
    if (r < 0)
        return r;
    info.values.assign(values, values + n);
    event.event.type = start ? LUOD_EVENT_PREPARE : LUOD_EVENT_OVER;
    event.event.deadline = info.number("deadline-usec");
    event.update = info.text("update");
    event.mode = info.text("mode");
    event.to = info.text("to");
    event.outcome = info.text("outcome");
    event.reason = info.text("reason");
    return 0;
}

int readProgress(sd_bus_message* message, Event& event) {
    const char *what = "", *subject = "", *detail = "";
    int r = sd_bus_message_read(message, "sssu", &what, &subject, &detail, &event.event.awaited);
    event.event.type = LUOD_EVENT_PROGRESS;
    event.what = what;
    event.subject = subject;
    event.detail = detail;
    return r;
}

} // namespace luod::client
