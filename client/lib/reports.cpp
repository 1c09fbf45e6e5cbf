// SPDX-License-Identifier: LGPL-2.1-or-later
#include "client.hpp"
#include "properties.hpp"
#include "rows.hpp"

#include <string_view>

using namespace luod::client;

struct luod_reports : Rows<luod_report_entry> {};

namespace {

struct OwnedReport : luod_report {
    Message message;
    Values values;
    std::vector<luod_moment> rows;
};

constexpr const char* none[] = {nullptr};

int readMoment(sd_bus_message* message, luod_moment& row) {
    return sd_bus_message_read(message, "(sstts)", &row.what, &row.subject, &row.monotonic, &row.wall, &row.detail);
}

int readEntry(sd_bus_message* message, luod_report_entry& row) {
    return sd_bus_message_read(message, "(sts)", &row.update, &row.begun, &row.outcome);
}

void fillIn(OwnedReport& report, const Properties& summary) {
    report.update = summary.text("update");
    report.outcome = summary.text("outcome");
    report.words = summary.text("words");
    report.mode = summary.text("mode");
    report.from = summary.text("from");
    report.to = summary.text("to");
    report.reason = summary.text("reason");
    report.forced = summary.texts("forced");
    if (!report.forced)
        report.forced = none;
    report.moments = report.rows.data();
    report.n_moments = report.rows.size();
}

int read(OwnedReport& report) {
    const luod_value* values = nullptr;
    size_t n = 0;
    int r = readValues(report.message.get(), report.values, values, n);
    if (r >= 0)
        r = readRows(report.message.get(), "(sstts)", report.rows, readMoment);
    if (r < 0)
        return r;
    Properties summary;
    summary.values.assign(values, values + n);
    fillIn(report, summary);
    return 0;
}

} // namespace

int luod_get_report(luod_client* client, const char* update, luod_report** ret) {
    return guarded(client, [&](luod_client& c) {
        if (!ret)
            return fail(c, -EINVAL, "report");
        auto report = std::make_unique<OwnedReport>();
        if (int r = managerCall(c, "GetReport").add("s", update ? update : "").send(report->message); r < 0)
            return r;
        if (int r = read(*report); r < 0)
            return badReply(c, r);
        *ret = report.release();
        return 0;
    });
}

void luod_report_free(luod_report* report) {
    delete static_cast<OwnedReport*>(report);
}

int luod_list_reports(luod_client* client, luod_reports** ret) {
    return guarded(client, [&](luod_client& c) {
        if (!ret)
            return fail(c, -EINVAL, "list reports");
        Call call = managerCall(c, "ListReports");
        return answerRows(c, call, "(sts)", readEntry, ret);
    });
}

const luod_report_entry* luod_reports_next(luod_reports* list) {
    return list ? list->next() : nullptr;
}

void luod_reports_free(luod_reports* list) {
    delete list;
}
