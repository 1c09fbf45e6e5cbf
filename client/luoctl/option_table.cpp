// SPDX-License-Identifier: LGPL-2.1-or-later
#include "failure.hpp"
#include "options.hpp"
#include "parse.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace luoctl {
namespace {

using Text = std::string_view;

constexpr Text readers = " status list show ";
constexpr Text ofSessions = " list show preserve retrieve annotate take-out finish discard ";
constexpr Text ofSessionsCreateAndQuota =
    " list show create preserve retrieve annotate take-out finish discard quota ";

void setJson(Options& options, Text word) {
    if (word == "short")
        options.json = Json::Short;
    else if (word == "pretty")
        options.json = Json::Pretty;
    else if (word == "off")
        options.json = Json::Off;
    else
        throw usage(fmt::format("--json={} is not one of short, pretty, off", word));
}

// "a,b": both of them.
void addWords(std::vector<std::string>& words, Text list) {
    while (!list.empty()) {
        size_t comma = std::min(list.find(','), list.size());
        if (comma > 0)
            words.emplace_back(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
}

void addProperties(Options& options, Text list) {
    addWords(options.properties, list);
}

void addMetadata(Options& options, Text pair) {
    size_t equals = pair.find('=');
    if (pair.empty() || equals == 0)
        throw usage(fmt::format("--metadata={} is not KEY=VALUE", pair));
    std::optional<std::string> value;
    if (equals != Text::npos)
        value = pair.substr(equals + 1);
    options.metadata.emplace_back(pair.substr(0, equals), value);
}

void setDirection(Options& options, Text direction) {
    if (!options.direction.empty() && options.direction != direction)
        throw usage("--incoming and --outgoing exclude each other");
    options.direction = direction;
}

constexpr std::array table{
    OptionRow{'h', "help", "", "show this help", "", [](Options& o, Text) { o.help = true; }},
    OptionRow{0, "version", "", "show the version", "", [](Options& o, Text) { o.version = true; }},
    OptionRow{'H', "host", "[USER@]HOST", "talk to luod on another host, over ssh", "",
              [](Options& o, Text a) { o.host = a; }, Completes::Host},
    OptionRow{0, "json", "FORM", "print JSON: short, pretty or off", "", setJson, Completes::Words, "short pretty off"},
    OptionRow{0, "no-legend", "", "no headings and no totals", "", [](Options& o, Text) { o.legend = false; }},
    OptionRow{0, "no-pager", "", "do not pipe long output into a pager", "", [](Options& o, Text) { o.pager = false; }},
    OptionRow{'q', "quiet", "", "print nothing but what was asked for and errors", "",
              [](Options& o, Text) { o.quiet = true; }},
    OptionRow{'p', "property", "NAME", "show only these properties, as NAME=VALUE", readers, addProperties},
    OptionRow{'P', "", "NAME", "the same as --value --property=NAME", readers,
              [](Options& o, Text a) {
                  addProperties(o, a);
                  o.value = true;
              }},
    OptionRow{0, "value", "", "with --property: without the NAME=", readers, [](Options& o, Text) { o.value = true; }},
    OptionRow{0, "owner", "USER", "sessions of that user or uid (root only)", ofSessionsCreateAndQuota,
              [](Options& o, Text a) { o.owner = parseUser(a); }, Completes::User},
    OptionRow{0, "bind-to-unit", "", "only this system service may use it, in the next kernel, too", " create ",
              [](Options& o, Text) { o.bindToUnit = true; }},
    OptionRow{0, "incoming", "", "sessions that came from the previous kernel", ofSessions,
              [](Options& o, Text) { setDirection(o, "incoming"); }},
    OptionRow{0, "outgoing", "", "sessions that are filled for the next kernel", ofSessions,
              [](Options& o, Text) { setDirection(o, "outgoing"); }},
    OptionRow{0, "fd", "N", "hand over this inherited file descriptor", " preserve ",
              [](Options& o, Text a) { o.fd = parseFd(a); }},
    OptionRow{0, "by-luod", "", "have luod make the kernel call, and bear the memory", " preserve retrieve ",
              [](Options& o, Text) { o.byLuod = true; }},
    OptionRow{0, "metadata", "KEY=VALUE", "set this; annotate: KEY alone removes it", " preserve annotate ",
              addMetadata},
    OptionRow{0, "name", "NAME", "the file's name", " preserve annotate ", [](Options& o, Text a) { o.name = a; }},
    OptionRow{'o', "output", "FILE", "write the content there; - is standard output", " retrieve metrics doctor ",
              [](Options& o, Text a) { o.output = a; }, Completes::File},
    OptionRow{0, "finish", "", "finish the session when all went well", " retrieve ",
              [](Options& o, Text) { o.finish = true; }},
    OptionRow{0, "initrd", "FILE", "an initrd; more than one are put together in this order", " load check ",
              [](Options& o, Text a) { o.initrds.emplace_back(a); }, Completes::File},
    OptionRow{0, "cmdline", "STRING", "the next kernel's command line", " load check ",
              [](Options& o, Text a) { o.cmdline = a; }},
    OptionRow{0, "reuse-cmdline", "", "take the running kernel's command line", " load ",
              [](Options& o, Text) { o.reuseCmdline = true; }},
    OptionRow{0, "append", "STRING", "put this at the end of the command line", " load ",
              [](Options& o, Text a) { o.append = a; }},
    OptionRow{0, "keep-cmdline", "", "add neither kho=on nor liveupdate=on to the command line", " load ",
              [](Options& o, Text) { o.keepCmdline = true; }},
    OptionRow{0, "entry", "ID", "take the boot loader's entry of that name, or the default one", " load ",
              [](Options& o, Text a) { o.entry = a; }, Completes::Words, "default"},
    OptionRow{0, "mode", "MODE", "systemd (through the shutdown) or direct; inhibit: block or delay",
              " check kexec inhibit ", [](Options& o, Text a) { o.mode = a; }, Completes::Words,
              "systemd direct block delay"},
    OptionRow{0, "timeout", "SPAN", "how long clients may take altogether", " kexec ",
              [](Options& o, Text a) { o.timeout = parseSpan(a); }},
    OptionRow{0, "late", "POLICY", "when a client misses its deadline: abort or go-on", " kexec ",
              [](Options& o, Text a) { o.late = a; }, Completes::Words, "abort go-on"},
    OptionRow{0, "force", "FINDING", "findings that are not to stop it", " kexec ",
              [](Options& o, Text a) { addWords(o.force, a); }},
    OptionRow{0, "dry-run", "", "only check, and say what would happen", " kexec ",
              [](Options& o, Text) { o.dryRun = true; }},
    OptionRow{0, "no-block", "", "do not wait and watch", " kexec ", [](Options& o, Text) { o.block = false; }},
    OptionRow{0, "reason", "TEXT", "why, for the report", " kexec ", [](Options& o, Text a) { o.reason = a; }},
    OptionRow{0, "who", "TEXT", "the program, for people to read", " inhibit ", [](Options& o, Text a) { o.who = a; }},
    OptionRow{0, "why", "TEXT", "what it would lose", " inhibit ", [](Options& o, Text a) { o.why = a; }},
    OptionRow{0, "deadline", "SPAN", "with --mode=delay: how long it may take", " inhibit ",
              [](Options& o, Text a) { o.deadline = parseSpan(a); }},
    OptionRow{0, "svg", "", "draw the report as a picture", " report ", [](Options& o, Text) { o.svg = true; }},
    OptionRow{0, "list", "", "the updates of which there are reports", " report ",
              [](Options& o, Text) { o.listing = true; }},
    OptionRow{0, "or-none", "", "a boot that was handed nothing is a success too", " is-restored ",
              [](Options& o, Text) { o.orNone = true; }},
    OptionRow{0, "offline", "", "judge an image, without luod", " check ", [](Options& o, Text) { o.offline = true; }},
    OptionRow{0, "kernel", "IMAGE", "with --offline: the image to be judged", " check ",
              [](Options& o, Text a) { o.kernel = a; }, Completes::File},
    OptionRow{0, "against", "IMAGE", "with --offline: the one that hands over; default: the one that runs", " check ",
              [](Options& o, Text a) { o.against = a; }, Completes::File},
};

} // namespace

std::span<const OptionRow> options() {
    return table;
}

} // namespace luoctl
