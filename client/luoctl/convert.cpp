// SPDX-License-Identifier: LGPL-2.1-or-later
#include "convert.hpp"

#include "luod.hpp"

namespace luoctl {
namespace {

std::vector<std::string> listOf(const char* const* words) {
    std::vector<std::string> list;
    for (; *words; ++words)
        list.emplace_back(*words);
    return list;
}

Value valueOf(const luod_value& value) {
    switch (value.type) {
    case LUOD_BOOL:
        return value.as.u != 0;
    case LUOD_INT16:
    case LUOD_INT32:
    case LUOD_INT64:
        return value.as.i;
    case LUOD_DOUBLE:
        return value.as.d;
    case LUOD_STRING:
        return std::string(value.as.s);
    case LUOD_BYTES:
        return std::vector<uint8_t>(value.as.bytes.data, value.as.bytes.data + value.as.bytes.size);
    case LUOD_STRINGS:
        return listOf(value.as.strings);
    default:
        return value.as.u;
    }
}

Dict dictOf(const luod_value* values, size_t n) {
    Dict dict;
    for (size_t i = 0; i < n; ++i)
        dict.push_back({values[i].key, values[i].type, valueOf(values[i])});
    return dict;
}

std::vector<std::string> namesOf(const luod_status& status) {
    std::vector<std::string> names;
    for (const luod_awaited& client : std::span(status.awaited, status.n_awaited))
        names.emplace_back(client.who);
    return names;
}

// The way back.
struct Fill {
    luod_value& value;
    std::vector<const char*>& list;

    void operator()(bool b) const { value.as.u = b; }
    void operator()(uint64_t u) const { value.as.u = u; }
    void operator()(int64_t i) const { value.as.i = i; }
    void operator()(double d) const { value.as.d = d; }
    void operator()(const std::string& s) const { value.as.s = s.c_str(); }
    void operator()(const std::vector<uint8_t>& bytes) const { value.as.bytes = {bytes.data(), bytes.size()}; }
    void operator()(const std::vector<std::string>& strings) const {
        for (const std::string& string : strings)
            list.push_back(string.c_str());
        list.push_back(nullptr);
        value.as.strings = list.data();
    }
};

} // namespace

Metadata::Metadata(const Dict& dict) {
    for (const Entry& entry : dict) {
        luod_value value{.key = entry.key.c_str(), .type = entry.type};
        std::visit(Fill{value, stringLists_[&entry]}, entry.value);
        values_.push_back(value);
    }
}

Status rowOf(const luod_status& status) {
    return {.version = status.version,
            .kernelRelease = status.kernel_release,
            .available = status.available != 0,
            .unavailableReason = status.unavailable_reason,
            .liveUpdates = status.live_updates,
            .lastHandover = status.last_handover,
            .handoverReason = status.last_handover_reason,
            .sessions = status.sessions,
            .files = status.files,
            .phase = status.phase,
            .update = status.update,
            .updateMode = status.update_mode,
            .awaited = namesOf(status),
            .loadedKernel = status.loaded_kernel,
            .loadedRelease = status.loaded_release,
            .loadedCmdline = status.loaded_cmdline};
}

Session rowOf(const luod_session& session) {
    return {.path = session.path,
            .name = session.name,
            .owner = session.owner,
            .unit = session.unit,
            .direction = session.direction,
            .state = session.state,
            .files = session.files,
            .bytes = session.bytes,
            .kernelName = session.kernel_name ? session.kernel_name : "",
            .created = session.created,
            .lent = session.lent != 0,
            .boundToUnit = session.bound_to_unit != 0,
            .label = session.security_label ? session.security_label : ""};
}

File rowOf(const luod_file& file) {
    return {.token = file.token,
            .name = file.name,
            .kind = file.kind,
            .state = file.state,
            .size = file.size,
            .details = dictOf(file.details, file.n_details),
            .metadata = dictOf(file.metadata, file.n_metadata)};
}

Quota rowOf(const luod_quota& quota) {
    return {.owner = quota.owner, .quantity = quota.quantity, .used = quota.used, .limit = quota.limit};
}

Inhibitor rowOf(const luod_inhibitor& inhibitor) {
    return {.who = inhibitor.who,
            .why = inhibitor.why,
            .mode = inhibitor.mode,
            .unit = inhibitor.unit,
            .state = inhibitor.state,
            .owner = inhibitor.owner,
            .pid = inhibitor.pid,
            .deadline = inhibitor.deadline,
            .since = inhibitor.since};
}

Finding rowOf(const luod_finding& finding) {
    return {.name = finding.name, .verdict = finding.verdict, .seen = finding.seen, .advice = finding.advice};
}

Report rowOf(const luod_report& report) {
    Report row{.update = report.update,
               .outcome = report.outcome,
               .words = report.words,
               .mode = report.mode,
               .from = report.from,
               .to = report.to,
               .reason = report.reason,
               .forced = listOf(report.forced)};
    for (const luod_moment& moment : std::span(report.moments, report.n_moments))
        row.moments.push_back({moment.what, moment.subject, moment.detail, moment.monotonic, moment.wall});
    return row;
}

ReportEntry rowOf(const luod_report_entry& entry) {
    return {.update = entry.update, .outcome = entry.outcome, .begun = entry.begun};
}

Metric rowOf(const luod_metric& metric) {
    Metric row{.name = metric.name, .value = metric.value};
    for (const char* const* label = metric.labels; *label; label += 2)
        row.labels.emplace_back(label[0], label[1]);
    return row;
}

} // namespace luoctl
