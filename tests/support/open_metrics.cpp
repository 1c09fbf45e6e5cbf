// SPDX-License-Identifier: LGPL-2.1-or-later
#include "open_metrics.hpp"

#include <cctype>
#include <charconv>
#include <set>
#include <stdexcept>

namespace luod::tests {
namespace {

bool isName(std::string_view text, bool label) {
    if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])))
        return false;
    for (char c : text)
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && (label || c != ':'))
            return false;
    return true;
}

class Parser {
public:
    explicit Parser(std::string_view text) : rest_(text) {}

    std::map<std::string, MetricFamily> run() {
        while (!ended_)
            line();
        require(rest_.empty(), "something follows # EOF");
        return std::move(families_);
    }

private:
    void require(bool good, const char* what) const {
        if (!good)
            throw std::runtime_error(std::string(what) + ": " + std::string(line_));
    }

    void line() {
        size_t end = rest_.find('\n');
        line_ = rest_.substr(0, end);
        require(end != rest_.npos, rest_.empty() ? "there is no # EOF" : "the last line has no end");
        rest_.remove_prefix(end + 1);
        require(!line_.empty(), "an empty line");
        if (line_ == "# EOF")
            ended_ = true;
        else if (line_.starts_with('#'))
            metadata(line_);
        else
            sample(line_);
    }

    // "# TYPE name counter"
    void metadata(std::string_view text) {
        require(text.starts_with("# "), "a comment");
        text.remove_prefix(2);
        std::string_view keyword = word(text), name = word(text);
        require(isName(name, false), "not a name");
        enter(std::string(name));
        MetricFamily& family = families_.at(current_);
        require(family.samples.empty(), "metadata after the first sample");
        require(said_.emplace(current_, keyword).second, "said twice");
        if (keyword == "TYPE") {
            require(text == "gauge" || text == "counter", "a type that the text collector does not know");
            family.type = text;
        } else if (keyword == "UNIT") {
            require(!text.empty() && name.ends_with("_" + std::string(text)), "the name does not end with the unit");
            family.unit = text;
        } else {
            require(keyword == "HELP", "an unknown keyword");
            family.help = unescaped(text);
        }
    }

    // Lines of a family stand together.
    void enter(const std::string& name) {
        if (name == current_)
            return;
        require(!families_.contains(name), "a family that is taken up again");
        for (const char* suffix : {"_total", "_created", "_bucket", "_count", "_sum", "_info"})
            require(!name.ends_with(suffix), "a family's name with the end of a sample's");
        families_[name];
        current_ = name;
    }

    void sample(std::string_view text) {
        size_t end = 0;
        while (end < text.size() && text[end] != '{' && text[end] != ' ')
            ++end;
        require(families_.contains(current_), "a sample of no family");
        MetricFamily& family = families_.at(current_);
        require(!family.type.empty(), "a sample without a type");
        require(text.substr(0, end) == current_ + (family.type == "counter" ? "_total" : ""), "a sample of another name");
        size_t value = end < text.size() && text[end] == '{' ? labels(text, end + 1) : end;
        require(value < text.size() && text[value] == ' ', "no blank before the value");
        double number = 0;
        auto [at, error] = std::from_chars(text.data() + value + 1, text.data() + text.size(), number);
        require(error == std::errc() && at == text.data() + text.size(), "not a number, or a timestamp");
        require(family.type != "counter" || number >= 0, "a counter below 0");
        require(family.samples.emplace(text.substr(0, value), number).second, "the same sample twice");
    }

    // From behind the brace to behind its end.
    size_t labels(std::string_view text, size_t at) {
        std::set<std::string_view> names;
        while (at < text.size() && text[at] != '}') {
            size_t equals = text.find("=\"", at);
            require(equals != text.npos, "a label without a value");
            std::string_view name = text.substr(at, equals - at);
            require(isName(name, true) && names.insert(name).second, "a label's name");
            for (at = equals + 2; at < text.size() && text[at] != '"'; ++at)
                at += text[at] == '\\' ? (require(isEscape(text, at), "not an escape"), 1) : 0;
            require(at < text.size(), "a label without an end");
            ++at;
            require(at < text.size() && (text[at] == '}' || (text[at] == ',' && text.substr(at, 2) != ",}")),
                    "between labels");
            at += text[at] == ',';
        }
        require(at < text.size(), "labels without an end");
        return at + 1;
    }

    static bool isEscape(std::string_view text, size_t at) {
        return at + 1 < text.size() && std::string_view("\\\"n").find(text[at + 1]) != std::string_view::npos;
    }

    std::string unescaped(std::string_view text) {
        std::string out;
        for (size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\\') {
                require(isEscape(text, i), "not an escape");
                ++i;
                out += text[i] == 'n' ? '\n' : text[i];
            } else {
                require(text[i] != '"', "a bare quotation mark");
                out += text[i];
            }
        }
        return out;
    }

    static std::string_view word(std::string_view& text) {
        size_t end = std::min(text.find(' '), text.size());
        std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        return word;
    }

    std::string_view rest_, line_;
    bool ended_ = false;
    std::string current_;
    std::set<std::pair<std::string, std::string>> said_;
    std::map<std::string, MetricFamily> families_;
};

} // namespace

std::map<std::string, MetricFamily> parseOpenMetrics(std::string_view text) { return Parser(text).run(); }

} // namespace luod::tests
