// SPDX-License-Identifier: LGPL-2.1-or-later
// The manager's half that leads live updates. Unpack, ask core, pack.
#include "bus/convert.hpp"
#include "bus/manager_object.hpp"
#include "bus/options.hpp"

#include <fmt/format.h>

namespace luod::bus {
namespace {

using namespace core;

constexpr const char* verdictWords[] = {"ok", "warning", "error", "unknown"};

Result<core::UpdateMode> readMode(const Options& options) {
    std::string word = options.get<std::string>("mode").value_or("systemd");
    if (word == "systemd")
        return core::UpdateMode::Systemd;
    if (word == "direct")
        return core::UpdateMode::Direct;
    return fail(Errc::InvalidArgument, "the option 'mode' is \"systemd\" or \"direct\"");
}

Result<std::optional<bool>> readLate(const Options& options) {
    auto word = options.get<std::string>("late");
    if (word && *word != "abort" && *word != "go-on")
        return fail(Errc::InvalidArgument, "the option 'late' is \"abort\" or \"go-on\"");
    return word ? std::optional(*word == "go-on") : std::nullopt;
}

Result<Conductor::Request> readRequest(const Options& options) {
    auto mode = readMode(options);
    if (!mode)
        return std::unexpected(mode.error());
    auto late = readLate(options);
    if (!late)
        return std::unexpected(late.error());
    return Conductor::Request{.mode = *mode,
                              .deadline = options.get<uint64_t>("deadline-usec").value_or(0),
                              .goOnWithoutLate = *late,
                              .shutdownAsked = options.isSet("shutdown-asked"),
                              .forced = options.get<std::vector<std::string>>("force").value_or(std::vector<std::string>()),
                              .reason = options.text("reason")};
}

Result<InhibitMode> readInhibitMode(const std::string& mode) {
    if (mode == "delay")
        return InhibitMode::Delay;
    if (mode == "block")
        return InhibitMode::Block;
    return fail(Errc::InvalidArgument, "the mode of a lock is \"delay\" or \"block\"");
}

Dict summary(const core::Update& update) {
    Dict dict;
    for (const auto& [key, value] : {std::pair<const char*, const std::string&>{"update", update.uuid},
                                     {"outcome", update.outcome}, {"words", update.words}, {"from", update.from},
                                     {"to", update.to}, {"reason", update.reason}})
        dict.emplace(key, sdbus::Variant(value));
    dict.emplace("mode", sdbus::Variant(std::string(word(update.mode))));
    dict.emplace("forced", sdbus::Variant(update.forced));
    return dict;
}

std::vector<const core::Update*> latestFirst(const UpdateLog& log) {
    std::vector<const core::Update*> all;
    if (log.current())
        all.push_back(log.current());
    for (auto at = log.past().rbegin(); at != log.past().rend(); ++at)
        all.push_back(&*at);
    return all;
}

bool isOfSession(const Moment& moment) { return moment.what == Milestone::Claimed || moment.what == Milestone::Finished; }

} // namespace

void ManagerObject::Inhibit(sdbus::Result<sdbus::UnixFd>&& result, std::string who, std::string why, std::string mode,
                            Dictionary dict) {
    Answer<sdbus::UnixFd> answer(std::move(result), objects_);
    if (!answer)
        return;
    const Caller& caller = objects_.caller();
    auto options = Options::read(dict, {{"deadline-usec", "t"}, {"interactive", "b"}});
    if (!options)
        return answer.failed(options.error());
    auto wanted = readInhibitMode(mode);
    if (!wanted)
        return answer.failed(wanted.error());
    Conductor::Wish wish{.uid = caller.uid, .pid = uint32_t(caller.pid), .who = std::move(who), .why = std::move(why),
                         .unit = facts_.unitOf(caller.pid), .mode = *wanted,
                         .deadline = options->get<uint64_t>("deadline-usec").value_or(0)};
    authorise(Right::Inhibit, options->isSet("interactive"), [this, answer, wish = std::move(wish)](Result<> allowed) {
        if (!allowed)
            return answer.failed(allowed.error());
        auto pipe = InhibitorLocks::make();
        if (!pipe)
            return answer.failed({Errc::LimitReached, "no file descriptors are left for a lock; raise LimitNOFILE= of luod.service",
                                  pipe.error()});
        auto id = conductor_.inhibit(wish);
        if (!id)
            return answer.failed(id.error());
        locks_.hold(*id, std::move(pipe->ours));
        answer.ok(give(std::move(pipe->theirs)));
    });
}

std::vector<ManagerObject::InhibitorRow> ManagerObject::ListInhibitors() {
    knownCaller();
    std::vector<InhibitorRow> rows;
    for (const auto& [id, inhibitor] : custodian_.registry().updates().inhibitors())
        rows.emplace_back(inhibitor.who, inhibitor.why, std::string(word(inhibitor.mode)), uint32_t(inhibitor.uid), inhibitor.pid,
                          inhibitor.unit, inhibitor.deadline, inhibitor.since, conductor_.isAwaited(id) ? "awaited" : "held");
    return rows;
}

void ManagerObject::LoadKernel(sdbus::Result<std::string>&& result, sdbus::UnixFd kernel, sdbus::UnixFd initrd,
                               std::string cmdline, Dictionary dict) {
    Answer<std::string> answer(std::move(result), objects_);
    if (!answer)
        return;
    auto load = std::make_shared<UpdateDesk::Load>();
    load->kernel = take(kernel);
    load->initrd = take(initrd);
    auto options = Options::read(dict, {{"no-initrd", "b"}, {"keep-cmdline", "b"}, {"kernel-path", "s"}, {"initrd-path", "s"},
                                        {"interactive", "b"}});
    if (!options)
        return answer.failed(options.error());
    if (options->isSet("no-initrd"))
        load->initrd.reset();
    load->cmdline = std::move(cmdline);
    load->keepCmdline = options->isSet("keep-cmdline");
    load->kernelPath = options->text("kernel-path");
    load->initrdPath = options->text("initrd-path");
    authorise(Right::LiveUpdate, options->isSet("interactive"), [this, answer, load](Result<> allowed) {
        if (!allowed)
            return answer.failed(allowed.error());
        desk_.load(std::move(*load), [answer](Result<std::string> loaded) {
            loaded ? answer.ok(*loaded) : answer.failed(loaded.error());
        });
    });
}

void ManagerObject::UnloadKernel(sdbus::Result<>&& result, Dictionary dict) {
    Answer<> answer(std::move(result), objects_);
    if (!answer)
        return;
    auto options = Options::read(dict, {{"interactive", "b"}});
    if (!options)
        return answer.failed(options.error());
    authorise(Right::LiveUpdate, options->isSet("interactive"), [this, answer](Result<> allowed) {
        if (!allowed)
            return answer.failed(allowed.error());
        desk_.unload([answer](Result<> unloaded) { unloaded ? answer.ok() : answer.failed(unloaded.error()); });
    });
}

void ManagerObject::Check(sdbus::Result<std::vector<FindingRow>>&& result, Dictionary dict) {
    Answer<std::vector<FindingRow>> answer(std::move(result), objects_);
    if (!answer)
        return;
    auto options = Options::read(dict, {{"mode", "s"}, {"interactive", "b"}});
    if (!options)
        return answer.failed(options.error());
    auto mode = readMode(*options);
    if (!mode)
        return answer.failed(mode.error());
    authorise(Right::LiveUpdate, options->isSet("interactive"), [this, answer, mode = *mode](Result<> allowed) {
        if (!allowed)
            return answer.failed(allowed.error());
        desk_.check(mode, [answer](Result<std::vector<image::Finding>> findings) {
            if (!findings)
                return answer.failed(findings.error());
            std::vector<FindingRow> rows;
            for (const image::Finding& each : *findings)
                rows.emplace_back(each.name, verdictWords[std::size_t(each.verdict)], each.seen, each.advice);
            answer.ok(rows);
        });
    });
}

void ManagerObject::LiveUpdate(sdbus::Result<std::string>&& result, Dictionary dict) {
    Answer<std::string> answer(std::move(result), objects_);
    if (!answer)
        return;
    auto options = Options::read(dict, {{"mode", "s"}, {"deadline-usec", "t"}, {"late", "s"}, {"force", "as"}, {"reason", "s"},
                                        {"shutdown-asked", "b"}, {"interactive", "b"}});
    if (!options)
        return answer.failed(options.error());
    auto request = readRequest(*options);
    if (!request)
        return answer.failed(request.error());
    authorise(Right::LiveUpdate, options->isSet("interactive"), [this, answer, request = std::move(*request)](Result<> allowed) {
        if (!allowed)
            return answer.failed(allowed.error());
        Conductor::Request named = request; // each attempt is another update, with its own report
        named.uuid = desk_.newUuid();
        conductor_.begin(std::move(named), [answer](Result<std::string> begun) {
            begun ? answer.ok(*begun) : answer.failed(begun.error());
        });
    });
}

void ManagerObject::AbortLiveUpdate(sdbus::Result<>&& result, std::string reason, Dictionary dict) {
    Answer<> answer(std::move(result), objects_);
    if (!answer)
        return;
    auto options = Options::read(dict, {{"interactive", "b"}});
    if (!options)
        return answer.failed(options.error());
    if (reason.size() > 1024)
        return answer.failed({Errc::InvalidArgument, "a reason has at most 1024 bytes"});
    authorise(Right::LiveUpdate, options->isSet("interactive"), [this, answer, reason = std::move(reason)](Result<> allowed) {
        if (!allowed)
            return answer.failed(allowed.error());
        conductor_.abort(reason);
        answer.ok();
    });
}

std::vector<sdbus::Struct<std::string, uint64_t, std::string>> ManagerObject::ListReports() {
    knownCaller();
    std::vector<sdbus::Struct<std::string, uint64_t, std::string>> rows;
    for (const core::Update* update : latestFirst(custodian_.registry().updates()))
        rows.emplace_back(update->uuid, update->begun, update->outcome);
    return rows;
}

std::tuple<Dict, std::vector<ManagerObject::MomentRow>> ManagerObject::GetReport(const std::string& wanted) {
    const Caller& caller = knownCaller();
    for (const core::Update* update : latestFirst(custodian_.registry().updates())) {
        if (!wanted.empty() && update->uuid != wanted)
            continue;
        std::vector<MomentRow> moments;
        for (const Moment& moment : update->moments)
            if (!isOfSession(moment) || caller.uid == 0 || (caller.known && caller.uid == moment.owner))
                moments.emplace_back(std::string(word(moment.what)), moment.subject, moment.at.monotonic, moment.at.wall,
                                     moment.detail);
        return {summary(*update), std::move(moments)};
    }
    raise({Errc::NoSuchUpdate, wanted.empty() ? "there has been no live update yet" :
                                                "no report of that update is kept; 'luoctl report --list' shows what there is"});
}

std::string ManagerObject::Phase() { return std::string(word(conductor_.phase())); }

std::string ManagerObject::Update() { return conductor_.current() ? conductor_.current()->uuid : ""; }

std::string ManagerObject::UpdateMode() {
    return conductor_.current() ? std::string(word(conductor_.current()->mode)) : "";
}

std::vector<ManagerObject::AwaitedRow> ManagerObject::Awaited() {
    std::vector<AwaitedRow> rows;
    for (const auto& each : conductor_.awaited())
        rows.emplace_back(each.inhibitor->who, uint32_t(each.inhibitor->uid), each.askedAt, each.readyBy);
    return rows;
}

sdbus::Struct<std::string, std::string, std::string> ManagerObject::LoadedKernel() {
    const auto& image = custodian_.registry().updates().image();
    return image ? sdbus::Struct<std::string, std::string, std::string>{image->kernelPath, image->release, image->cmdline}
                 : sdbus::Struct<std::string, std::string, std::string>{};
}

void ManagerObject::phaseChanged() {
    getObject().emitPropertiesChangedSignal(compat::InterfaceName{org::luod1::Manager_adaptor::INTERFACE_NAME},
                                            {compat::PropertyName{"Phase"}, compat::PropertyName{"Update"},
                                             compat::PropertyName{"UpdateMode"}, compat::PropertyName{"Awaited"}});
}

void ManagerObject::imageChanged() {
    getObject().emitPropertiesChangedSignal(compat::InterfaceName{org::luod1::Manager_adaptor::INTERFACE_NAME},
                                            {compat::PropertyName{"LoadedKernel"}});
}

void ManagerObject::prepare(const core::Update& update) {
    Dict info;
    info.emplace("update", sdbus::Variant(update.uuid));
    info.emplace("mode", sdbus::Variant(std::string(word(update.mode))));
    info.emplace("deadline-usec", sdbus::Variant(update.deadline - update.moments.back().at.monotonic));
    info.emplace("to", sdbus::Variant(update.to));
    emitPrepareForLiveUpdate(true, info);
}

void ManagerObject::over(const core::Update& update) {
    Dict info;
    info.emplace("update", sdbus::Variant(update.uuid));
    info.emplace("outcome", sdbus::Variant(update.outcome));
    info.emplace("reason", sdbus::Variant(update.words));
    emitPrepareForLiveUpdate(false, info);
}

void ManagerObject::moment(const Moment& moment, std::size_t awaited) {
    emitUpdateProgress(std::string(word(moment.what)), moment.subject, moment.detail, uint32_t(awaited));
}

} // namespace luod::bus
