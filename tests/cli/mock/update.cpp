// SPDX-License-Identifier: LGPL-2.1-or-later
// The live update's methods. Nothing happens by itself: the tests say what comes next (play.cpp).
#include "inhibit.hpp"
#include "proto/names.hpp"

#include <algorithm>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace mock {
namespace {

std::string contentOf(int fd) {
    struct stat status {};
    fstat(fd, &status);
    std::string content(size_t(status.st_size), '\0');
    if (pread(fd, content.data(), content.size(), 0) != ssize_t(content.size()))
        return "unreadable";
    std::ranges::replace(content, '\0', '.'); // strings on the bus have none
    return content;
}

std::string textOfVariant(sd_bus_message* message) {
    const char* signature = nullptr;
    sd_bus_message_peek_type(message, nullptr, &signature);
    std::string type = signature, text;
    sd_bus_message_enter_container(message, 'v', signature);
    if (type == "s" || type == "as") {
        const char* word = nullptr;
        if (type == "as")
            sd_bus_message_enter_container(message, 'a', "s");
        while (sd_bus_message_read_basic(message, 's', &word) > 0)
            text += (text.empty() ? "" : ",") + std::string(word);
        if (type == "as")
            sd_bus_message_exit_container(message);
    } else {
        uint64_t number = 0;
        sd_bus_message_read_basic(message, signature[0], &number);
        text = std::to_string(number);
    }
    sd_bus_message_exit_container(message);
    return text;
}

Answered loadKernel(State& state, sd_bus_message* message) {
    int kernel = -1, initrd = -1;
    const char* cmdline = nullptr;
    sd_bus_message_read(message, "hhs", &kernel, &initrd, &cmdline);
    std::string options = textOfOptions(message);
    bool none = options.find("no-initrd=1") != std::string::npos;
    state.seen["LoadKernel"] =
        "[" + contentOf(kernel) + "] [" + (none ? "" : contentOf(initrd)) + "] [" + cmdline + "] " + options;
    std::string loaded = std::string(cmdline) + " luod.update=6b1f";
    state.update.kernelPath = "/boot/next";
    state.update.release = "7.3.5";
    state.update.cmdline = loaded;
    sd_bus_reply_method_return(message, "s", loaded.c_str());
    return {};
}

Answered unloadKernel(State& state, sd_bus_message* message) {
    state.update.kernelPath = state.update.release = state.update.cmdline = "";
    return sendEmpty(message);
}

// A reply with all that is in `stored`.
Answered repeat(sd_bus_message* message, const Message& stored) {
    Message reply = replyTo(message);
    sd_bus_message_rewind(stored.get(), 1);
    sd_bus_message_copy(reply.get(), stored.get(), 1);
    return send(std::move(reply));
}

Answered check(State& state, sd_bus_message* message) {
    state.seen["Check"] = textOfOptions(message);
    if (state.update.findings)
        return repeat(message, state.update.findings);
    sd_bus_reply_method_return(message, "a(ssss)", 0);
    return {};
}

Answered liveUpdate(State& state, sd_bus_message* message) {
    state.seen["LiveUpdate"] = textOfOptions(message);
    state.update.uuid = "6b1f";
    sd_bus_emit_signal(state.bus, luod::proto::managerPath, luod::proto::managerInterface, "UpdateProgress", "sssu",
                       "requested", "", "", 0u);
    if (state.update.holdReply) {
        state.update.held = Message{sd_bus_message_ref(message)};
        return {};
    }
    sd_bus_reply_method_return(message, "s", "6b1f");
    return {};
}

Answered abortUpdate(State& state, sd_bus_message* message) {
    const char* reason = nullptr;
    sd_bus_message_read(message, "s", &reason);
    state.seen["AbortLiveUpdate"] = reason;
    state.update.phase = "idle";
    emitOver(state, "aborted", reason);
    emitPhase(state);
    return sendEmpty(message);
}

Answered listReports(State&, sd_bus_message* message) {
    sd_bus_reply_method_return(message, "a(sts)", 2, "6b1f", uint64_t{1'700'000'000'000'000}, "done", "77aa",
                               uint64_t{1'600'000'000'000'000}, "aborted");
    return {};
}

Answered getReport(State& state, sd_bus_message* message) {
    const char* update = nullptr;
    sd_bus_message_read(message, "s", &update);
    std::string_view wanted = update;
    if (wanted == "6b1f" && !state.update.outcome.empty()) {
        sd_bus_reply_method_return(message, "a{sv}a(sstts)", 2, "update", "s", "6b1f", "outcome", "s",
                                   state.update.outcome.c_str(), 0);
        return {};
    }
    if (!state.update.report || (!wanted.empty() && wanted != "6b1f"))
        return {"NoSuchUpdate", "no report of such an update is kept"};
    return repeat(message, state.update.report);
}

} // namespace

std::string textOfOptions(sd_bus_message* message) {
    std::string text;
    sd_bus_message_enter_container(message, 'a', "{sv}");
    while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
        const char* key = nullptr;
        sd_bus_message_read(message, "s", &key);
        text += (text.empty() ? "" : " ") + std::string(key) + "=" + textOfVariant(message);
        sd_bus_message_exit_container(message);
    }
    sd_bus_message_exit_container(message);
    return text;
}

std::optional<Answered> answerUpdate(State& state, const std::string& method, sd_bus_message* message) {
    using Method = Answered (*)(State&, sd_bus_message*);
    static const std::map<std::string, Method> methods{
        {"Inhibit", inhibit},       {"ListInhibitors", listInhibitors}, {"LoadKernel", loadKernel},
        {"Check", check},           {"UnloadKernel", unloadKernel},     {"AbortLiveUpdate", abortUpdate},
        {"LiveUpdate", liveUpdate}, {"ListReports", listReports},       {"GetReport", getReport}};
    auto at = methods.find(method);
    return at == methods.end() ? std::nullopt : std::optional(at->second(state, message));
}

void appendUpdateProperties(sd_bus_message* message, const Update& update) {
    auto text = [&](const char* name, const std::string& value) {
        sd_bus_message_append(message, "{sv}", name, "s", value.c_str());
    };
    text("LastHandover", update.handover);
    text("LastHandoverReason", update.handoverReason);
    text("Phase", update.phase);
    text("Update", update.phase == "idle" ? "" : update.uuid);
    text("UpdateMode", update.phase == "idle" ? "" : "systemd");
    sd_bus_message_append(message, "{sv}", "LoadedKernel", "(sss)", update.kernelPath.c_str(), update.release.c_str(),
                          update.cmdline.c_str());
    sd_bus_message_open_container(message, 'e', "sv");
    sd_bus_message_append(message, "s", "Awaited");
    sd_bus_message_open_container(message, 'v', "a(sutt)");
    sd_bus_message_open_container(message, 'a', "(sutt)");
    for (const std::string& who : update.awaited)
        sd_bus_message_append(message, "(sutt)", who.c_str(), 0u, uint64_t{1'000'000}, uint64_t{31'000'000});
    sd_bus_message_close_container(message);
    sd_bus_message_close_container(message);
    sd_bus_message_close_container(message);
}

} // namespace mock
