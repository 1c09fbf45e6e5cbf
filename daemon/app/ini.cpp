// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/ini.hpp"

#include <fmt/format.h>

namespace luod::app {

namespace {

std::string_view trim(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    auto first = text.find_first_not_of(blank);
    return first == text.npos ? "" : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

bool comment(std::string_view line) {
    line = trim(line);
    return line.starts_with('#') || line.starts_with(';');
}

// A backslash that is itself escaped joins nothing.
bool continues(std::string_view line) {
    auto last = line.find_last_not_of('\\');
    return (line.size() - (last == line.npos ? 0 : last + 1)) % 2 == 1;
}

class Parser {
public:
    Parser(const std::string& file, IniText& to) : file_(file), to_(to) {}

    void line(std::string_view line, unsigned number) {
        line = trim(line);
        if (line.empty())
            return;
        if (line.starts_with('['))
            section(line, number);
        else if (auto equals = line.find('='); equals != line.npos)
            assignment(trim(line.substr(0, equals)), trim(line.substr(equals + 1)), number);
        else
            warn(number, "no '=' in this line, ignored");
    }

private:
    void section(std::string_view line, unsigned number) {
        known_ = line.ends_with(']') && line.size() > 2;
        if (known_)
            section_ = line.substr(1, line.size() - 2);
        else
            warn(number, "not a section, ignored up to the next one");
        begun_ = true;
    }
    void assignment(std::string_view key, std::string_view value, unsigned number) {
        if (!begun_)
            warn(number, "assignment before any [Section], ignored");
        else if (key.empty())
            warn(number, "no key before '=', ignored");
        else if (known_ && !section_.starts_with("X-"))
            to_.assignments.push_back({section_, std::string(key), std::string(value), file_, number});
    }
    void warn(unsigned number, std::string_view words) {
        to_.warnings.push_back(fmt::format("{}:{}: {}", file_, number, words));
    }

    const std::string& file_;
    IniText& to_;
    std::string section_;
    bool begun_ = false, known_ = false;
};

} // namespace

void parseIni(std::string_view text, const std::string& file, IniText& to) {
    if (text.starts_with("\xef\xbb\xbf"))
        text.remove_prefix(3);
    Parser parser(file, to);
    std::string joined;
    unsigned number = 0, begin = 0;
    while (!text.empty()) {
        auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        ++number;
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (comment(line))
            continue;
        if (joined.empty())
            begin = number;
        if (continues(line)) {
            joined.append(line.substr(0, line.size() - 1)) += ' ';
            continue;
        }
        parser.line(joined.append(line), begin);
        joined.clear();
    }
    parser.line(joined, begin);
}

} // namespace luod::app
