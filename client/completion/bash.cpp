// SPDX-License-Identifier: LGPL-2.1-or-later
#include "shells.hpp"
#include "verbs.hpp"

#include <fmt/core.h>

namespace luoctl {
namespace {

// What does not depend on the tables. "@" lines are filled in below.
constexpr std::string_view skeleton = R"(# luoctl(1) completion for bash. Generated from luoctl's own tables.
# SPDX-License-Identifier: LGPL-2.1-or-later

# Names may hold blanks, so they are offered quoted.
_luoctl_sessions() {
    local name
    while IFS= read -r name; do
        [[ $name == "$1"* ]] && printf -v name %q "$name" && COMPREPLY+=("$name")
    done < <(luoctl list --no-pager -P Name 2>/dev/null)
}

_luoctl() {
    local cur=${COMP_WORDS[COMP_CWORD]} option= verb= i count=0
    local -A options=(
@options    )
    local -A offers=(
@offers    )
    local with_argument='@with_argument'
    COMPREPLY=()

    # "--option=word" arrives as three words, because "=" parts words.
    if [[ $cur == = ]]; then
        option=${COMP_WORDS[COMP_CWORD - 1]} cur=
    elif ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    else
        option=${COMP_WORDS[COMP_CWORD - 1]}
    fi
    case $option in
@arguments    esac
    [[ $with_argument == *" $option "* ]] && return

    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --) # what follows is another command's
            compopt -o default
            return ;;
        =) ((i++)) ;;
        -*) [[ $with_argument == *" ${COMP_WORDS[i]} "* && ${COMP_WORDS[i + 1]} != = ]] && ((i++)) ;;
        *) if [[ $verb ]]; then ((count++)); else verb=${COMP_WORDS[i]}; fi ;;
        esac
    done
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${options[${verb:-status}]}" -- "$cur")
    elif [[ ! $verb ]]; then
        mapfile -t COMPREPLY < <(compgen -W '@verbs' -- "$cur")
    elif [[ ${offers[$verb]} == sessions ]] || { [[ ${offers[$verb]} == session* ]] && ((count == 0)); }; then
        _luoctl_sessions "$cur"
    elif [[ ${offers[$verb]} == session-file && count -eq 2 ]] || [[ ${offers[$verb]} == file && count -eq 0 ]]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    fi
}
complete -F _luoctl luoctl
)";

std::string spellings(const OptionRow& row) {
    std::string text;
    if (!row.longName.empty())
        text += fmt::format(" --{}", row.longName);
    if (row.letter)
        text += fmt::format(" -{}", row.letter);
    return text.substr(1);
}

std::string_view word(Offers offers) {
    switch (offers) {
    case Offers::Session:
        return "session";
    case Offers::Sessions:
        return "sessions";
    case Offers::SessionThenFile:
        return "session-file";
    case Offers::File:
        return "file";
    case Offers::Nothing:
        break;
    }
    return "nothing";
}

std::string optionLines() {
    std::string text;
    for (const VerbRow& verb : verbs()) {
        text += fmt::format("        [{}]='", verb.name);
        for (const OptionRow& row : options())
            if (takes(row, verb.name))
                text += spellings(row) + " ";
        text.back() = '\'';
        text += '\n';
    }
    return text;
}

std::string offerLines() {
    std::string text;
    for (const VerbRow& verb : verbs())
        text += fmt::format("        [{}]={}\n", verb.name, word(verb.offers));
    return text;
}

std::string patterns(const OptionRow& row) {
    std::string text = spellings(row);
    if (size_t blank = text.find(' '); blank != std::string::npos)
        text.replace(blank, 1, " | ");
    return text;
}

std::string argumentLines() {
    std::string text;
    auto add = [&](const OptionRow& row, std::string_view action) {
        text += fmt::format("    {})\n        {}\n        return ;;\n", patterns(row), action);
    };
    for (const OptionRow& row : options())
        if (row.completes == Completes::File)
            add(row, "compopt -o filenames\n        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")");
        else if (row.completes == Completes::User)
            add(row, "mapfile -t COMPREPLY < <(compgen -u -- \"$cur\")");
        else if (row.completes == Completes::Host)
            add(row, "mapfile -t COMPREPLY < <(compgen -A hostname -- \"$cur\")");
        else if (row.completes == Completes::Words)
            add(row, fmt::format("mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$cur\")", row.words));
    return text;
}

std::string withArgument() {
    std::string text = " ";
    for (const OptionRow& row : options())
        if (!row.argument.empty())
            text += spellings(row) + " ";
    return text;
}

std::string verbWords() {
    std::string text;
    for (const VerbRow& verb : verbs())
        text += fmt::format("{}{}", text.empty() ? "" : " ", verb.name);
    return text;
}

void fill(std::string& text, std::string_view place, const std::string& with) {
    text.replace(text.find(place), place.size(), with);
}

} // namespace

std::string bashCompletion() {
    std::string text{skeleton};
    fill(text, "@options", optionLines());
    fill(text, "@offers", offerLines());
    fill(text, "@with_argument", withArgument());
    fill(text, "@arguments", argumentLines());
    fill(text, "@verbs", verbWords());
    return text;
}

} // namespace luoctl
