// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace luosim {

/// The story of a run in human words, one line for each thing that happened.
class Trace {
public:
    /// "-" is stderr; false with errno set when the file cannot be written.
    bool openFile(const std::string& path);
    void enable(bool on) { on_ = on; }
    bool enabled() const { return on_; }

    void setBoot(unsigned number) { boot_ = number; }
    void line(const std::string& text);

private:
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, std::fclose};
    bool on_ = false;
    unsigned boot_ = 0;
};

/// In quotes, with what cannot be printed escaped.
std::string inQuotes(std::string_view text);
/// "EBUSY"
std::string errnoName(int error);
/// "= 0", "= EBUSY (Device or resource busy)", "never returns"
std::string resultWords(int error);
/// "luod[1234]"
std::string processWords(int thread);

} // namespace luosim
