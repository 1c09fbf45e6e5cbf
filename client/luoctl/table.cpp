// SPDX-License-Identifier: LGPL-2.1-or-later
#include "table.hpp"

#include "format.hpp"

#include <algorithm>
#include <fmt/core.h>

namespace luoctl {
namespace {

std::string_view sequence(Colour colour) {
    switch (colour) {
    case Colour::Good:
        return "\x1b[32m";
    case Colour::Warn:
        return "\x1b[33m";
    case Colour::Bad:
        return "\x1b[1;31m";
    case Colour::Faint:
        return "\x1b[90m";
    case Colour::None:
        break;
    }
    return "";
}

std::string_view shown(const Cell& cell) {
    return cell.text.empty() ? "-" : std::string_view(cell.text);
}

std::vector<size_t> measure(const Table& table, bool legend) {
    std::vector<size_t> widths;
    for (size_t c = 0; c < table.columns.size(); ++c) {
        size_t widest = legend ? table.columns[c].title.size() : 0;
        for (const auto& row : table.rows)
            widest = std::max(widest, width(shown(row[c])));
        widths.push_back(widest);
    }
    return widths;
}

void appendCell(std::string& out, std::string_view text, Colour colour, size_t room, bool right, bool last,
                bool colours) {
    std::string padding(room - std::min(room, width(text)), ' ');
    if (right)
        out += padding;
    out += paint(text, colour, colours);
    if (!right && !last)
        out += padding;
    out += last ? '\n' : ' ';
}

} // namespace

std::string paint(std::string_view text, Colour colour, bool on) {
    if (!on || colour == Colour::None)
        return std::string(text);
    return fmt::format("{}{}\x1b[0m", sequence(colour), text);
}

std::string render(const Table& table, bool legend, bool colours) {
    std::vector<size_t> widths = measure(table, legend);
    std::string out;
    auto last = [&](size_t c) { return c + 1 == table.columns.size(); };
    if (legend)
        for (size_t c = 0; c < table.columns.size(); ++c)
            appendCell(out, table.columns[c].title, Colour::None, widths[c], table.columns[c].right, last(c), false);
    for (const auto& row : table.rows)
        for (size_t c = 0; c < table.columns.size(); ++c)
            appendCell(out, shown(row[c]), row[c].colour, widths[c], table.columns[c].right, last(c), colours);
    return out;
}

std::string render(const std::vector<Field>& fields, bool colours) {
    size_t widest = 0;
    for (const Field& field : fields)
        if (!field.value.text.empty())
            widest = std::max(widest, width(field.label));
    std::string out;
    for (const Field& field : fields)
        if (!field.value.text.empty())
            out +=
                fmt::format("{:>{}}: {}\n", field.label, widest, paint(field.value.text, field.value.colour, colours));
    return out;
}

} // namespace luoctl
