// SPDX-License-Identifier: LGPL-2.1-or-later
#include "format.hpp"
#include "json.hpp"
#include "output.hpp"
#include "table.hpp"
#include "verbs.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace luoctl {
namespace {

bool isOfBytes(const Quota& quota) {
    return quota.quantity == "bytes" || quota.quantity == "metadata";
}

std::string shown(uint64_t number, const Quota& quota) {
    return isOfBytes(quota) ? bytes(number) : std::to_string(number);
}

Cell cellOf(const Quota& quota) {
    bool bounded = quota.limit != noLimit;
    std::string limit = bounded ? shown(quota.limit, quota) : "-";
    Colour colour = !bounded || quota.used < quota.limit ? Colour::None : Colour::Bad;
    return {fmt::format("{}/{}", shown(quota.used, quota), limit), colour};
}

// The rows of one user, or of all together, which come one after the other.
template <typename F> void forEachUser(const std::vector<Quota>& quotas, F&& f) {
    for (auto at = quotas.begin(); at != quotas.end();) {
        auto end = std::find_if(at, quotas.end(), [&](const Quota& other) { return other.owner != at->owner; });
        f(std::vector<Quota>(at, end));
        at = end;
    }
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
    return text;
}

std::string asTable(const std::vector<Quota>& quotas, const Options& options) {
    std::vector<std::string> titles;
    Table table{{{"USER"}}, {}};
    forEachUser(quotas, [&](const std::vector<Quota>& ofOne) {
        std::vector<Cell> row{{ofOne[0].owner == LUOD_ANY_OWNER ? "(all)" : userName(ofOne[0].owner)}};
        for (const Quota& quota : ofOne)
            row.push_back(cellOf(quota));
        if (titles.empty())
            std::ranges::transform(ofOne, std::back_inserter(titles), [](const Quota& q) { return upper(q.quantity); });
        row.resize(titles.size() + 1);
        table.rows.push_back(std::move(row));
    });
    for (const std::string& title : titles)
        table.columns.push_back({title, true});
    return render(table, options.legend, coloursOn(STDOUT_FILENO));
}

std::string asJson(const std::vector<Quota>& quotas, Json form) {
    auto array = nlohmann::ordered_json::array();
    forEachUser(quotas, [&](const std::vector<Quota>& ofOne) { array.push_back(jsonOf(ofOne)); });
    return dump(array, form);
}

} // namespace

void runQuota(Context& context) {
    const Options& options = context.options;
    std::vector<Quota> quotas = context.luod.quotas();
    show(options.json != Json::Off ? asJson(quotas, options.json) : asTable(quotas, options), options);
}

} // namespace luoctl
