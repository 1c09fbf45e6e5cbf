// SPDX-License-Identifier: LGPL-2.1-or-later
#include "commandline.hpp"

#include "control.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>

namespace luosim {
namespace {

constexpr int wrongUsage = 125;

/// The texts as they were given, before they are understood.
struct Texts {
    std::string profile = "7.3";
    std::string nextProfile;
    std::vector<std::string> versions;
    std::vector<std::string> nextVersions;
    std::vector<std::string> faults;
    unsigned devices = 0;
};

[[noreturn]] void refuse(const std::string& sentence) {
    throw CLI::ValidationError(sentence, wrongUsage);
}

model::Profile profileNamed(const std::string& name) {
    if (const auto profile = model::findProfile(name))
        return *profile;
    std::string known;
    for (const auto& each : model::profileNames())
        known += (known.empty() ? "" : ", ") + each;
    refuse("'" + name + "' is no known kernel; known are " + known);
}

/// LAYER=STRING, "memfd=memfd-v9": a kernel that differs from its profile.
void setVersion(model::Versions& versions, const std::string& text) {
    const auto equals = text.find('=');
    const std::string layer = text.substr(0, equals);
    if (equals == std::string::npos)
        refuse("'" + text + "' is not LAYER=STRING");
    const std::string value = text.substr(equals + 1);
    if (layer == "kho")
        versions.kho = value;
    else if (layer == "luo")
        versions.luo = value;
    else if (layer == "luo-session")
        versions.luoSession = value;
    else if (layer == "luo-flb")
        versions.luoFlb = value;
    else if (layer == "memfd")
        versions.memfd = value;
    else
        refuse("'" + layer + "' has no version; known are kho, luo, luo-session, luo-flb, memfd");
}

void understand(const Texts& texts, Options& options) {
    options.profile = profileNamed(texts.profile);
    for (const auto& text : texts.versions)
        setVersion(options.profile.versions, text);
    options.nextProfile = texts.nextProfile.empty() ? options.profile : profileNamed(texts.nextProfile);
    for (const auto& text : texts.nextVersions)
        setVersion(options.nextProfile.versions, text);
    for (const auto& text : texts.faults) {
        auto fault = model::parseFault(text);
        if (!fault)
            refuse(fault.error());
        options.faults.push_back(std::move(*fault));
    }
    for (unsigned i = 0; i < texts.devices; ++i)
        options.devices.push_back("vfio" + std::to_string(i));
    if (options.control.empty())
        options.control = freshControlAddress();
}

void addOptions(CLI::App& app, Options& options, Texts& texts, std::string& next) {
    app.add_option("command", options.command, "the program to run, with its arguments");
    app.add_option("--next", next, "a shell line to run in the second boot and later, instead of the command");
    app.add_option("--profile", texts.profile, "the kernel to play")->capture_default_str();
    app.add_option("--next-profile", texts.nextProfile, "the kernel of the second boot and later");
    app.add_option("--version-string", texts.versions, "LAYER=STRING: another version string for the kernel")
        ->take_all();
    app.add_option("--next-version-string", texts.nextVersions, "the same for the second boot and later")->take_all();
    app.add_option("--cmdline", options.commandLine, "the kernel's command line")->capture_default_str();
    app.add_option("--next-cmdline", options.nextCommandLine, "that of the next kernels, whatever was loaded");
    app.add_option("--fault", texts.faults, "POINT[:STAGE][:SELECTOR...]:EFFECT, see luo-sim(1)")->take_all();
    app.add_option("--devices", texts.devices, "so many VFIO devices, vfio0 and on")->check(CLI::Range(0, 64));
    app.add_option("--control", options.control, "where to listen for luo-sim ctl");
    app.add_option("--boots", options.maxBoots, "stop after so many boots")->capture_default_str();
}

} // namespace

std::variant<int, Question, Options> readArguments(int argc, char** argv) {
    CLI::App app("Runs a program as if the kernel had a Live Update Orchestrator.", "luo-sim");
    app.positionals_at_end();
    Options options;
    options.commandLine = "root=/dev/vda rw kho=on liveupdate=on";
    Texts texts;
    std::string next;
    std::string trace;
    addOptions(app, options, texts, next);
    auto* traceOption = app.add_option("--trace", trace, "tell what happens, on stderr or in a file")->expected(0, 1);

    Question question;
    std::vector<std::string> words;
    auto* ctl = app.add_subcommand("ctl", "ask or tell the simulator around");
    ctl->add_option("--control", question.address, "where it listens")->envname("LUO_SIM_CONTROL");
    ctl->add_option("words", words, "kexec, reset, fault SPEC, faults [clear], unplug DEV, dump, trace on|off, count")
        ->required();
    try {
        app.parse(argc, argv);
        if (ctl->parsed()) {
            if (question.address.empty())
                refuse("not inside luo-sim (LUO_SIM_CONTROL is not set): give --control");
            question.line = CLI::detail::join(words, " ");
            return question;
        }
        if (options.command.empty())
            refuse("which command shall run? luo-sim [OPTIONS] -- COMMAND");
        if (!next.empty())
            options.next = next;
        if (traceOption->count() > 0)
            options.trace = trace.empty() ? "-" : trace;
        understand(texts, options);
        return options;
    } catch (const CLI::ParseError& error) {
        const int status = app.exit(error);
        return status == 0 ? 0 : wrongUsage;
    }
}

} // namespace luosim
