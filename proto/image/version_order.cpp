// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/version_order.hpp"

#include <algorithm>

namespace luod::image {
namespace {

using Order = std::strong_ordering;

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}
bool isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool counts(char c) { // the others only separate
    return isDigit(c) || isLetter(c) || c == '~' || c == '-' || c == '^' || c == '.';
}

void dropSeparators(std::string_view& text) {
    while (!text.empty() && !counts(text.front()))
        text.remove_prefix(1);
}

// Which of the two begins with the mark; equal: both or neither, and then it is gone from both.
Order byMark(std::string_view& a, std::string_view& b, char mark, bool markIsLess) {
    bool inA = a.starts_with(mark), inB = b.starts_with(mark);
    if (inA != inB)
        return inA == markIsLess ? Order::less : Order::greater;
    if (inA) {
        a.remove_prefix(1);
        b.remove_prefix(1);
    }
    return Order::equal;
}

template <typename Is> std::string_view cut(std::string_view& text, Is is) {
    auto end = std::ranges::find_if_not(text, is);
    std::string_view head = text.substr(0, std::size_t(end - text.begin()));
    text.remove_prefix(head.size());
    return head;
}

Order numbers(std::string_view& a, std::string_view& b) {
    std::string_view x = cut(a, isDigit), y = cut(b, isDigit);
    x.remove_prefix(std::min(x.find_first_not_of('0'), x.size()));
    y.remove_prefix(std::min(y.find_first_not_of('0'), y.size()));
    return x.size() == y.size() ? x <=> y : x.size() <=> y.size();
}

Order letters(std::string_view& a, std::string_view& b) {
    return cut(a, isLetter) <=> cut(b, isLetter);
}

// One step; equal: go on with what is left.
Order step(std::string_view& a, std::string_view& b) {
    dropSeparators(a);
    dropSeparators(b);
    if (Order order = byMark(a, b, '~', true); order != 0)
        return order;
    if (a.empty() || b.empty())
        return !a.empty() <=> !b.empty();
    for (char mark : {'-', '^', '.'})
        if (Order order = byMark(a, b, mark, true); order != 0)
            return order;
    if ((!a.empty() && isDigit(a.front())) || (!b.empty() && isDigit(b.front())))
        return numbers(a, b);
    return letters(a, b);
}

} // namespace

std::strong_ordering compareVersions(std::string_view a, std::string_view b) {
    while (!a.empty() || !b.empty())
        if (Order order = step(a, b); order != 0)
            return order;
    return Order::equal;
}

} // namespace luod::image
