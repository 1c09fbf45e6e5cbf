// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What a bug report needs. Each item is either there or says why it could not be had; nothing is changed by looking, luod
// is not started for it, and neither secrets nor the content or metadata of files are in it.

#include "luod.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace luoctl {

struct Item {
    std::string name, text;
    std::string missing; // why there is no text
};

struct Part {
    std::string title;
    std::vector<Item> items;
};

// The item that f makes; what f throws is why there is none.
Item tried(std::string name, const std::function<std::string()>& f);
Item absent(std::string name, std::string why);

// A file's text, or why not. At most so many bytes: the last ones.
Item fileItem(const std::string& name, const std::filesystem::path& path, size_t most = 1 << 20);

// One function a part. root is put before every path.
Part kernelPart(const std::filesystem::path& root = "/");
Part devicePart(const std::filesystem::path& root = "/");
Part configurationPart(const std::filesystem::path& root = "/");
Part statePart(const std::filesystem::path& root = "/");
Part unitsPart();
Part luodPart(Luod& luod);
Part journalPart();

// One message of the journal.
struct JournalLine {
    uint64_t time = 0; // microseconds since 1970
    std::string from, message, id;
    int priority = 6;
};
std::string textOf(const JournalLine& line);

// All of it as one text, as JSON, and as what an archive is made of.
std::string textOf(const std::vector<Part>& parts);
std::string jsonOf(const std::vector<Part>& parts, Json form);

// Into a new file, which only its owner may read: an archive where it is called .tar, .tar.gz, .tar.xz or .tar.zst, else
// the text, or the JSON where a form is given. Throws.
void writeReport(const std::string& file, const std::vector<Part>& parts, Json form);

} // namespace luoctl
