// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace luoctl {

enum class Colour { None, Good, Warn, Bad, Faint };

// Text in that colour, if colours are on.
std::string paint(std::string_view text, Colour colour, bool on);

struct Cell {
    std::string text;
    Colour colour = Colour::None;
};

struct Column {
    std::string_view title;
    bool right = false; // numbers
};

struct Table {
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows;
};

// Lines that end in '\n'. Without a legend there is no heading. Empty cells show as "-".
std::string render(const Table& table, bool legend, bool colours);

// "Label: text" lines, labels flush right; entries without text are left out.
struct Field {
    std::string_view label;
    Cell value;
};
std::string render(const std::vector<Field>& fields, bool colours);

} // namespace luoctl
