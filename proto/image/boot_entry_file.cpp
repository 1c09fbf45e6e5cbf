// SPDX-License-Identifier: LGPL-2.1-or-later
#include "proto/image/boot_entry_file.hpp"

#include "proto/image/read_file.hpp"
#include "proto/image/sections.hpp"

#include <charconv>
#include <map>

namespace luod::image {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
    std::size_t begin = text.find_first_not_of(blanks), end = text.find_last_not_of(blanks);
    return begin == text.npos ? "" : text.substr(begin, end + 1 - begin);
}

template <typename Use> void eachLine(std::string_view text, Use use) {
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        line = trimmed(line);
        if (!line.empty() && line.front() != '#')
            use(line);
    }
}

// Joined to the partition: an absolute path there would replace it.
fs::path on(const fs::path& partition, std::string_view path) {
    return partition / fs::path(path).relative_path();
}

void set(BootEntry& entry, std::string_view key, std::string_view value, const fs::path& partition) {
    if (key == "title")
        entry.title = value;
    else if (key == "version")
        entry.version = value;
    else if (key == "sort-key")
        entry.sortKey = value;
    else if (key == "machine-id")
        entry.machineId = value;
    else if (key == "options")
        entry.cmdline += (entry.cmdline.empty() ? "" : " ") + std::string(value);
    else if (key == "initrd")
        entry.initrds.push_back(on(partition, value));
    else if (key == "linux" || key == "uki") {
        entry.kernel = on(partition, value);
        entry.unified = key == "uki";
    }
}

std::optional<unsigned> digits(std::string_view text) {
    unsigned value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

using Fields = std::map<std::string, std::string, std::less<>>;

// os-release
Fields fieldsOf(std::string_view text) {
    Fields fields;
    eachLine(text, [&](std::string_view line) {
        std::size_t equals = line.find('=');
        if (equals == line.npos)
            return;
        std::string_view value = line.substr(equals + 1);
        if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
            value = value.substr(1, value.size() - 2);
        fields.insert_or_assign(std::string(line.substr(0, equals)), std::string(value));
    });
    return fields;
}

std::string firstOf(const Fields& fields, std::initializer_list<std::string_view> names) {
    for (std::string_view name : names)
        if (auto found = fields.find(name); found != fields.end() && !found->second.empty())
            return found->second;
    return "";
}

} // namespace

void eachSetting(std::string_view text, const UseSetting& use) {
    eachLine(text, [&](std::string_view line) {
        std::size_t end = std::min(line.find_first_of(blanks), line.size());
        use(line.substr(0, end), trimmed(line.substr(end)));
    });
}

void setId(BootEntry& entry, const std::string& fileName) {
    fs::path name(fileName);
    std::string stem = name.stem(), suffix = name.extension();
    std::size_t plus = stem.rfind('+');
    entry.id = fileName;
    if (plus == stem.npos)
        return;
    std::string_view counters = std::string_view(stem).substr(plus + 1);
    std::size_t dash = std::min(counters.find('-'), counters.size());
    auto left = digits(counters.substr(0, dash));
    auto done = dash == counters.size() ? std::optional(0u) : digits(counters.substr(dash + 1));
    if (!left || !done)
        return;
    entry.id = stem.substr(0, plus) + suffix;
    entry.triesLeft = left;
    entry.triesDone = *done;
}

std::optional<BootEntry> readType1(const fs::path& file, const fs::path& partition) {
    auto text = readText(file);
    if (!text)
        return std::nullopt;
    BootEntry entry;
    setId(entry, file.filename());
    eachSetting(*text, [&](std::string_view key, std::string_view value) { set(entry, key, value, partition); });
    return entry.kernel.empty() ? std::nullopt : std::optional(std::move(entry));
}

std::optional<BootEntry> readUnified(const fs::path& file) {
    auto image = readFile(file);
    if (!image || !peSection(*image, ".linux"))
        return std::nullopt;
    BootEntry entry;
    setId(entry, file.filename());
    entry.kernel = file;
    entry.unified = true;
    if (auto cmdline = peSection(*image, ".cmdline"))
        entry.cmdline = trimmed(untilNul(*cmdline));
    if (auto release = peSection(*image, ".osrel")) {
        Fields fields = fieldsOf(untilNul(*release));
        entry.title = firstOf(fields, {"PRETTY_NAME", "NAME"});
        entry.sortKey = firstOf(fields, {"IMAGE_ID", "ID"});
        entry.version = firstOf(fields, {"IMAGE_VERSION", "VERSION", "VERSION_ID", "BUILD_ID"});
    }
    return entry;
}

} // namespace luod::image
