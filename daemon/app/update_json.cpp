// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/update_json.hpp"

#include <nlohmann/json.hpp>

namespace luod::app {
namespace {

using nlohmann::json;
using namespace core;

constexpr int format = 1;

template <typename Enum> std::optional<Enum> fromWord(const std::string& text) {
    for (int i = 0; i <= int(last(Enum())); ++i)
        if (word(Enum(i)) == text)
            return Enum(i);
    return {};
}

// What a later luod writes in another way is nothing to us.
void checkFormat(const json& from) {
    if (from.at("format") != format)
        throw std::invalid_argument("another format");
}

std::uint64_t number(const json& from) {
    if (!from.is_number_unsigned())
        throw std::invalid_argument("not a number");
    return from;
}

json toJson(const Moment& moment) {
    return {{"what", word(moment.what)},     {"subject", moment.subject},  {"owner", moment.owner},
            {"monotonic", moment.at.monotonic}, {"wall", moment.at.wall}, {"detail", moment.detail}};
}

Moment momentFrom(const json& from) {
    auto what = fromWord<Milestone>(from.at("what"));
    if (!what)
        throw std::invalid_argument("unknown moment");
    return {*what, from.at("subject"), uid_t(number(from.at("owner"))),
            {number(from.at("monotonic")), number(from.at("wall"))}, from.at("detail")};
}

json toJson(const Update& update) {
    json moments = json::array();
    for (const Moment& moment : update.moments)
        moments.push_back(toJson(moment));
    return {{"uuid", update.uuid},     {"mode", word(update.mode)},   {"from", update.from},   {"to", update.to},
            {"reason", update.reason}, {"forced", update.forced},     {"begun", update.begun}, {"outcome", update.outcome},
            {"words", update.words},   {"moments", std::move(moments)}};
}

Update updateFrom(const json& from) {
    auto mode = fromWord<UpdateMode>(from.at("mode"));
    if (!mode)
        throw std::invalid_argument("unknown mode");
    Update update{.uuid = from.at("uuid"), .mode = *mode, .from = from.at("from"), .to = from.at("to"),
                  .reason = from.at("reason"), .forced = from.at("forced"), .begun = number(from.at("begun")),
                  .outcome = from.at("outcome"), .words = from.at("words")};
    update.moments.reserve(from.at("moments").size());
    for (const json& moment : from.at("moments"))
        update.moments.push_back(momentFrom(moment));
    return update;
}

// Not every path and name is UTF-8; a record must not fail for that.
std::string text(const json& from) { return from.dump(2, ' ', false, json::error_handler_t::replace) + "\n"; }

} // namespace

std::string toJson(const HandoverRecord& r) {
    return text({{"format", format},       {"update", r.update},     {"boot", r.boot},         {"from", r.from},
                 {"to", r.to},             {"mode", r.mode},         {"cmdline", r.commandLine}, {"versions", r.versions},
                 {"modules", r.modules},   {"sessions", r.sessions}, {"files", r.files},       {"written", r.written},
                 {"cycles", {{"count", r.cycles.cycles}, {"wall", r.cycles.wall}, {"per-second", r.cycles.perSecond}}}});
}

std::optional<HandoverRecord> handoverFromJson(const std::string& content) {
    try {
        json from = json::parse(content);
        checkFormat(from);
        const json& cycles = from.at("cycles");
        return HandoverRecord{.update = from.at("update"), .boot = from.at("boot"), .from = from.at("from"), .to = from.at("to"),
                              .mode = from.at("mode"), .commandLine = from.at("cmdline"), .versions = from.at("versions"),
                              .modules = from.at("modules"), .sessions = number(from.at("sessions")),
                              .files = number(from.at("files")), .written = number(from.at("written")),
                              .cycles = {number(cycles.at("count")), number(cycles.at("wall")),
                                         number(cycles.at("per-second"))}};
    } catch (const std::exception&) {
        return {};
    }
}

std::string toJson(const UpdateLog& log) {
    json all = json::array();
    for (const Update& update : log.past())
        all.push_back(toJson(update));
    if (log.current())
        all.push_back(toJson(*log.current()));
    return text({{"format", format}, {"updates", std::move(all)}});
}

std::vector<Update> updatesFromJson(const std::string& content) {
    std::vector<Update> updates;
    json from = json::parse(content, nullptr, false);
    if (!from.is_object() || from.value("format", json()) != format || !from.value("updates", json()).is_array())
        return updates;
    for (const json& each : from["updates"])
        try {
            updates.push_back(updateFrom(each));
        } catch (const std::exception&) {
        }
    return updates;
}

} // namespace luod::app
