// SPDX-License-Identifier: LGPL-2.1-or-later
#include "client.hpp"
#include "rows.hpp"

#include <deque>

using namespace luod::client;

struct luod_metrics : Rows<luod_metric> {
    std::deque<std::vector<const char*>> labels; // where they are stays the same
};

namespace {

int readLabels(sd_bus_message* message, std::vector<const char*>& labels) {
    int r = sd_bus_message_enter_container(message, 'a', "{ss}");
    const char *name = nullptr, *value = nullptr;
    while (r >= 0 && (r = sd_bus_message_read(message, "{ss}", &name, &value)) > 0)
        labels.insert(labels.end(), {name, value});
    labels.push_back(nullptr);
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

int readMetric(sd_bus_message* message, luod_metric& row, std::deque<std::vector<const char*>>& labels) {
    int r = sd_bus_message_enter_container(message, 'r', "sa{ss}t");
    if (r <= 0)
        return r;
    r = sd_bus_message_read_basic(message, 's', &row.name);
    if (r >= 0)
        r = readLabels(message, labels.emplace_back());
    row.labels = labels.back().data();
    if (r >= 0)
        r = sd_bus_message_read_basic(message, 't', &row.value);
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

} // namespace

int luod_get_metrics(luod_client* client, luod_metrics** ret) {
    return guarded(client, [&](luod_client& c) {
        if (!ret)
            return fail(c, -EINVAL, "metrics");
        *ret = nullptr;
        auto list = std::make_unique<luod_metrics>();
        if (int r = managerCall(c, "Metrics").send(list->message); r < 0)
            return r;
        auto read = [&](sd_bus_message* message, luod_metric& row) { return readMetric(message, row, list->labels); };
        if (int r = readRows(list->message.get(), "(sa{ss}t)", list->rows, read); r < 0)
            return badReply(c, r);
        *ret = list.release();
        return 0;
    });
}

const luod_metric* luod_metrics_next(luod_metrics* list) {
    return list ? list->next() : nullptr;
}

void luod_metrics_free(luod_metrics* list) {
    delete list;
}
