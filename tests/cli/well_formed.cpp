// SPDX-License-Identifier: LGPL-2.1-or-later
#include "well_formed.hpp"

#include <regex>
#include <vector>

namespace cli {
namespace {

const std::regex declaration("^<\\?xml version=\"1\\.0\" encoding=\"UTF-8\"\\?>\n?");
const std::regex tag("^<(/?)([A-Za-z][\\w]*)((?:\\s+[A-Za-z][\\w-]*=\"[^\"<&]*\")*)\\s*(/?)>");
const std::regex text("^(?:[^<&>]|&(?:amp|lt|gt|quot);)+");

class Reader {
public:
    explicit Reader(const std::string& xml) : rest_(xml) {}

    std::string read() {
        std::smatch match;
        if (std::regex_search(rest_, match, declaration))
            rest_ = match.suffix();
        while (!rest_.empty())
            if (std::string wrong = step(); !wrong.empty())
                return wrong;
        return open_.empty() ? "" : open_.back() + " is not closed";
    }

private:
    std::string step() {
        std::smatch match;
        if (std::regex_search(rest_, match, text)) {
            rest_ = match.suffix();
            return "";
        }
        if (!std::regex_search(rest_, match, tag))
            return "not XML: " + rest_.substr(0, 60);
        std::string wrong = take(match[2], match[1].length() > 0, match[4].length() > 0);
        rest_ = match.suffix();
        return wrong;
    }

    std::string take(const std::string& name, bool closes, bool empty) {
        if (closes) {
            if (open_.empty() || open_.back() != name)
                return "</" + name + "> closes nothing";
            open_.pop_back();
        } else if (!empty) {
            open_.push_back(name);
        }
        return "";
    }

    std::string rest_;
    std::vector<std::string> open_;
};

} // namespace

std::string notWellFormed(const std::string& xml) {
    for (unsigned char c : xml)
        if (c < 0x20 && c != '\n')
            return "a character that XML does not have";
    return Reader(xml).read();
}

} // namespace cli
