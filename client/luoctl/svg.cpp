// SPDX-License-Identifier: LGPL-2.1-or-later
#include "svg.hpp"

#include "format.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>

namespace luoctl {
namespace {

constexpr double labels = 260, chart = 900, margin = 120; // columns: names, bars, what is written behind the last bar
constexpr double rowHeight = 20, barHeight = 14, top = 92;
constexpr size_t longestLabel = 36; // characters that fit left of the bars

constexpr std::string_view head = R"(<style>
text {{ font: 12px sans-serif; fill: #767676 }}
.title {{ font-size: 18px }}
.group {{ font-weight: bold }}
.label {{ text-anchor: end }}
.axis {{ stroke: #808080; stroke-opacity: .35 }}
.phase {{ fill: #4a7ebb }}
.gap {{ fill: #c0504d }}
.ground {{ fill: #c0504d; fill-opacity: .12 }}
.client {{ fill: #7f9f3f }}
.late {{ fill: #d08a20 }}
.session {{ fill: #8064a2 }}
</style>
)";

class Picture {
public:
    explicit Picture(const Timeline& timeline) : timeline_(timeline) {
        scale_ = chart / double(std::max<uint64_t>(timeline.end, 1));
    }
    void group(std::string_view title, const std::vector<Bar>& bars, std::string_view kind);
    std::string finish(const Report& report);

private:
    double x(uint64_t time) const { return labels + double(time) * scale_; }
    void bar(const Bar& bar, std::string_view kind);
    std::string axis() const;
    std::string ground() const;

    const Timeline& timeline_;
    double scale_; // pixels a microsecond
    double y_ = top;
    std::string rows_;
};

// Up to `longestLabel` characters of UTF-8.
std::string shortened(const std::string& name) {
    size_t characters = 0, end = 0;
    for (; end < name.size(); ++end)
        if ((static_cast<unsigned char>(name[end]) & 0xc0) != 0x80 && characters++ == longestLabel)
            break;
    return end == name.size() ? name : name.substr(0, end) + "…";
}

std::string_view classOf(const Bar& bar, std::string_view kind) {
    if (kind == "phase" && bar.name == "gap")
        return "gap";
    return kind == "client" && !bar.note.empty() ? "late" : kind;
}

// Of 1, 2 and 5 times a power of ten the one that makes about ten steps, in microseconds.
double stepOf(uint64_t end) {
    double rough = double(std::max<uint64_t>(end, 10)) / 10;
    double power = std::pow(10, std::floor(std::log10(rough)));
    for (double factor : {1., 2., 5.})
        if (factor * power >= rough)
            return factor * power;
    return 10 * power;
}

void Picture::group(std::string_view title, const std::vector<Bar>& bars, std::string_view kind) {
    if (bars.empty())
        return;
    y_ += rowHeight / 2;
    rows_ += fmt::format("<text class=\"group label\" x=\"{}\" y=\"{}\">{}</text>\n", labels - 10, y_ + 11, title);
    y_ += rowHeight;
    for (const Bar& each : bars)
        bar(each, kind);
}

void Picture::bar(const Bar& bar, std::string_view kind) {
    std::string took = seconds(bar.end - bar.begin), note = bar.note.empty() ? "" : " (" + bar.note + ")";
    rows_ += fmt::format("<g><title>{}: {} from {} to {}{}</title>\n", escaped(bar.name), took, seconds(bar.begin),
                         seconds(bar.end), escaped(note));
    rows_ += fmt::format("<text class=\"label\" x=\"{}\" y=\"{}\">{}</text>\n", labels - 10, y_ + 11,
                         escaped(shortened(printable(bar.name))));
    rows_ += fmt::format("<rect class=\"{}\" x=\"{:.3f}\" y=\"{}\" width=\"{:.3f}\" height=\"{}\"/>\n",
                         classOf(bar, kind), x(bar.begin), y_, double(bar.end - bar.begin) * scale_, barHeight);
    rows_ += fmt::format("<text x=\"{:.3f}\" y=\"{}\">{}{}</text></g>\n", x(bar.end) + 4, y_ + 11, took, escaped(note));
    y_ += rowHeight;
}

std::string Picture::axis() const {
    std::string text;
    double step = stepOf(timeline_.end);
    int decimals = int(std::clamp(-std::floor(std::log10(step / 1e6)), 0., 6.));
    for (double at = 0; at <= double(timeline_.end); at += step) {
        double place = labels + at * scale_;
        text += fmt::format("<line class=\"axis\" x1=\"{0:.3f}\" y1=\"{1}\" x2=\"{0:.3f}\" y2=\"{2}\"/>\n", place, top,
                            y_ + 4);
        text += fmt::format("<text class=\"tick\" x=\"{:.3f}\" y=\"{}\">{:.{}f} s</text>\n", place, top - 6, at / 1e6,
                            decimals);
    }
    return text;
}

// The time in which no kernel runs, behind everything.
std::string Picture::ground() const {
    const Bar* gap = find(timeline_.phases, "gap");
    if (!gap)
        return "";
    return fmt::format("<rect class=\"ground\" x=\"{:.3f}\" y=\"{}\" width=\"{:.3f}\" height=\"{}\"/>\n", x(gap->begin),
                       top, double(gap->end - gap->begin) * scale_, y_ + 4 - top);
}

std::string subtitle(const Report& report, const Timeline& timeline) {
    std::string text = fmt::format("{}, {}, {} to {}, {} in all", timestamp(timeline.begun), report.mode, report.from,
                                   report.to.empty() ? "an unknown release" : report.to, seconds(timeline.end));
    if (const Bar* gap = find(timeline.phases, "gap"))
        text += fmt::format(", of which {} between the kernels", seconds(gap->end - gap->begin));
    return text;
}

std::string Picture::finish(const Report& report) {
    double width = labels + chart + margin, height = y_ + 20;
    std::string outcome = report.words.empty() ? report.outcome : report.outcome + ": " + report.words;
    std::string out = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
                                  "viewBox=\"0 0 {0} {1}\">\n",
                                  width, height);
    out += fmt::format(head);
    out += fmt::format("<text class=\"title\" x=\"20\" y=\"30\">Live update {}</text>\n", escaped(report.update));
    out += fmt::format("<text x=\"20\" y=\"48\">{}</text>\n", escaped(outcome));
    out += fmt::format("<text x=\"20\" y=\"64\">{}</text>\n", escaped(subtitle(report, timeline_)));
    return out + ground() + axis() + rows_ + "</svg>\n";
}

} // namespace

std::string escaped(std::string_view text) {
    std::string out;
    for (char c : printable(text))
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    return out;
}

std::string svgOf(const Report& report) {
    Timeline timeline = timelineOf(report);
    Picture picture(timeline);
    picture.group("Phases", timeline.phases, "phase");
    picture.group("Clients, until ready", timeline.clients, "client");
    picture.group("Sessions without their owner", timeline.sessions, "session");
    picture.group("Paused, as their owners noted it", timeline.pauses, "session");
    return picture.finish(report);
}

} // namespace luoctl
