// SPDX-License-Identifier: LGPL-2.1-or-later
#include "shells.hpp"
#include "verbs.hpp"

#include <fmt/core.h>

namespace luoctl {
namespace {

constexpr std::string_view head = R"zsh(#compdef luoctl
# luoctl(1) completion for zsh. Generated from luoctl's own tables.
# SPDX-License-Identifier: LGPL-2.1-or-later

_luoctl_sessions() {
    local -a names
    names=(${(f)"$(_call_program sessions luoctl list --no-pager -P Name 2>/dev/null)"})
    _wanted sessions expl session compadd -a names
}

_luoctl_verbs() {
    local -a verbs
    verbs=(
)zsh";

constexpr std::string_view middle = R"(    )
    _describe -t verbs verb verbs
}

_luoctl() {
    local curcontext="$curcontext" state line ret=1
    typeset -A opt_args
    _arguments -C \
)";

constexpr std::string_view beforeCases = R"(        '1: :_luoctl_verbs' \
        '*:: :->arguments' && ret=0
    [[ $state == arguments ]] || return ret
    case $words[1] in
)";

constexpr std::string_view tail = R"(    esac
    return ret
}

_luoctl "$@"
)";

// In single quotes, and safe from _arguments, to which brackets and colons mean something.
std::string quoted(std::string_view text) {
    std::string out;
    for (char c : text)
        if (c == '\'')
            out += "'\\''";
        else if (c == '[' || c == ']' || c == ':')
            out += fmt::format("\\{}", c);
        else
            out += c;
    return out;
}

std::string action(const OptionRow& row) {
    switch (row.completes) {
    case Completes::File:
        return "_files";
    case Completes::User:
        return "_users";
    case Completes::Host:
        return "_hosts";
    case Completes::Words:
        return fmt::format("({})", row.words);
    case Completes::Nothing:
        break;
    }
    return " ";
}

std::string specification(const OptionRow& row) {
    std::string what = fmt::format("[{}]", quoted(row.summary));
    if (!row.argument.empty())
        what += fmt::format(":{}:{}", quoted(row.argument), action(row));
    std::string longName = fmt::format("--{}{}", row.longName, row.argument.empty() ? "" : "=");
    if (!row.letter)
        return fmt::format("'*{}{}'", longName, what);
    if (row.longName.empty())
        return fmt::format("'*-{}{}'", row.letter, what);
    return fmt::format("'*'{{-{},{}}}'{}'", row.letter, longName, what);
}

std::string optionLines(std::string_view verb, std::string_view indent) {
    std::string text;
    for (const OptionRow& row : options())
        if (takes(row, verb))
            text += fmt::format("{}{} \\\n", indent, specification(row));
    return text;
}

std::string_view arguments(const VerbRow& verb) {
    switch (verb.offers) {
    case Offers::Sessions:
        return "'*:session:_luoctl_sessions'";
    case Offers::Session:
        return "'1:session:_luoctl_sessions' '*:file or command: '";
    case Offers::SessionThenFile:
        return "'1:session:_luoctl_sessions' '2:token or name: ' '3:file:_files'";
    case Offers::File:
        return "'1:file:_files' '*: :'";
    case Offers::Nothing:
        break;
    }
    if (verb.takesCommand)
        return "'*:::command:_normal'";
    return verb.most ? "'*:name: '" : "'*: :'";
}

std::string cases() {
    std::string text;
    for (const VerbRow& verb : verbs())
        text += fmt::format("    {})\n        _arguments \\\n{}            {} && ret=0 ;;\n", verb.name,
                            optionLines(verb.name, "            "), arguments(verb));
    return text;
}

} // namespace

std::string zshCompletion() {
    std::string text{head};
    for (const VerbRow& verb : verbs())
        text += fmt::format("        '{}:{}'\n", verb.name, quoted(verb.summary));
    text += middle;
    text += optionLines("status", "        ");
    text += beforeCases;
    return text + cases() + std::string(tail);
}

} // namespace luoctl
