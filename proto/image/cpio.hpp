// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The names in cpio archives as the kernel unpacks them (newc), one behind the other with zeros between them.
// libarchive reads cpio, too, but stops at the end of the first and cannot be told to go on.

#include "proto/image/bytes.hpp"

#include <functional>
#include <optional>
#include <string>

namespace luod::image {

class CpioNames {
public:
    // more: the next piece of the input; empty at its end.
    explicit CpioNames(std::function<Bytes()> more) : more_(std::move(more)) {}

    // The next file's path, without a leading "/" or "./". Nothing: the end, or something that is no cpio archive.
    std::optional<std::string> next();
    // After next() gave nothing: whether all was read, and if not, where what is no whole cpio archive begins.
    bool atEnd() const { return atEnd_; }
    std::uint64_t position() const { return position_; }

private:
    bool fill();
    bool take(std::string& to, std::size_t count);
    bool skip(std::uint64_t count);
    void skipZeros();
    std::optional<std::string> entry();

    std::function<Bytes()> more_;
    Bytes piece_;
    std::uint64_t position_ = 0;
    bool atEnd_ = false;
};

} // namespace luod::image
