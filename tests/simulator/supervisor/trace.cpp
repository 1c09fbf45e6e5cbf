// SPDX-License-Identifier: LGPL-2.1-or-later
#include "trace.hpp"

#include "../model/result.hpp"
#include "fds.hpp"

#include <cstring>
#include <fstream>

namespace luosim {

bool Trace::openFile(const std::string& path) {
    on_ = true;
    if (path == "-")
        return true;
    file_.reset(std::fopen(path.c_str(), "ae"));
    return file_ != nullptr;
}

void Trace::line(const std::string& text) {
    if (!on_)
        return;
    std::FILE* to = file_ ? file_.get() : stderr;
    std::fprintf(to, "luo-sim: boot %u: %s\n", boot_, text.c_str());
    std::fflush(to);
}

std::string inQuotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c >= ' ' && c < 127 && c != '"' && c != '\\') {
            out += c;
            continue;
        }
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(c));
        out += escape;
    }
    return out + "\"";
}

std::string errnoName(int error) {
    const char* name = strerrorname_np(error);
    return name ? name : std::to_string(error);
}

std::string resultWords(int error) {
    if (error == 0)
        return "= 0";
    if (error == model::callBlocks)
        return "never returns";
    return "= " + errnoName(error) + " (" + std::strerror(error) + ")";
}

std::string processWords(int thread) {
    std::ifstream file("/proc/" + std::to_string(thread) + "/comm");
    std::string name;
    std::getline(file, name);
    return name + "[" + std::to_string(processOf(thread)) + "]";
}

} // namespace luosim
