// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Lists that luod answers in one message: rows that point into it, and where the caller has got to.

#include "client.hpp"

#include <vector>

namespace luod::client {

template <typename Row> struct Rows {
    Message message;
    std::vector<Row> rows;
    size_t at = 0;

    const Row* next() { return at < rows.size() ? &rows[at++] : nullptr; }
};

// Reads an array; read(message, row) is sd_bus_message_read's way of saying 1, 0 (no more) or an error.
template <typename Row, typename Read>
int readRows(sd_bus_message* message, const char* type, std::vector<Row>& into, Read&& read) {
    int r = sd_bus_message_enter_container(message, 'a', type);
    Row row{};
    while (r >= 0 && (r = read(message, row)) > 0)
        into.push_back(row);
    return r < 0 ? r : sd_bus_message_exit_container(message);
}

// The whole of a C function that returns such a list: ask, read the array, hand it over.
template <typename List, typename Read>
int answerRows(luod_client& client, Call& call, const char* type, Read&& read, List** ret,
               uint64_t timeout = usualTimeout) {
    auto list = std::make_unique<List>();
    *ret = nullptr;
    if (int r = call.send(list->message, timeout); r < 0)
        return r;
    if (int r = readRows(list->message.get(), type, list->rows, read); r < 0)
        return badReply(client, r);
    *ret = list.release();
    return 0;
}

} // namespace luod::client
