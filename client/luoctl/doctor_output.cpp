// SPDX-License-Identifier: LGPL-2.1-or-later
// The collection as a text, as JSON and as an archive.
#include "doctor.hpp"
#include "failure.hpp"
#include "format.hpp"
#include "json.hpp"
#include "output.hpp"
#include "secrets.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace luoctl {
namespace {

struct Packing {
    std::string_view suffix;
    int (*addFilter)(archive*);
};
constexpr std::array packings{
    Packing{".tar", archive_write_add_filter_none}, Packing{".tar.gz", archive_write_add_filter_gzip},
    Packing{".tar.xz", archive_write_add_filter_xz}, Packing{".tar.zst", archive_write_add_filter_zstd}};

struct Free {
    void operator()(archive* writer) const { archive_write_free(writer); }
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

class Tar {
public:
    Tar(int fd, const Packing& packing) : writer_(archive_write_new()) {
        check(packing.addFilter(writer_.get()));
        check(archive_write_set_format_pax_restricted(writer_.get()));
        check(archive_write_open_fd(writer_.get(), fd));
    }
    void add(const std::string& path, std::string_view content) {
        std::unique_ptr<archive_entry, Free> entry{archive_entry_new()};
        archive_entry_set_pathname(entry.get(), path.c_str());
        archive_entry_set_size(entry.get(), int64_t(content.size()));
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_perm(entry.get(), 0600);
        archive_entry_set_mtime(entry.get(), std::time(nullptr), 0);
        check(archive_write_header(writer_.get(), entry.get()));
        if (archive_write_data(writer_.get(), content.data(), content.size()) != la_ssize_t(content.size()))
            check(ARCHIVE_FATAL);
    }
    void close() { check(archive_write_close(writer_.get())); }

private:
    void check(int result) {
        if (result < ARCHIVE_WARN)
            throw Failure{1, fmt::format("cannot write the archive: {}", archive_error_string(writer_.get()))};
    }
    std::unique_ptr<archive, Free> writer_;
};

std::string fileName(std::string name) {
    std::ranges::replace(name, '/', '_');
    return name;
}

void pack(int fd, const Packing& packing, const std::vector<Part>& parts) {
    Tar tar(fd, packing);
    tar.add("luod-doctor/report.txt", textOf(parts));
    tar.add("luod-doctor/report.json", jsonOf(parts, Json::Pretty));
    for (const Part& part : parts)
        for (const Item& item : part.items)
            if (item.missing.empty())
                tar.add(fmt::format("luod-doctor/{}/{}.txt", part.title, fileName(item.name)), withoutSecrets(item.text));
    tar.close();
}

// Names and lines that others chose may be in it: nothing that a terminal would obey.
std::string harmless(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        size_t end = std::min(text.find('\n'), text.size());
        out += "    " + printable(text.substr(0, end)) + "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

} // namespace

std::string textOf(const std::vector<Part>& parts) {
    std::string text;
    for (const Part& part : parts)
        for (const Item& item : part.items) {
            text += fmt::format("== {}: {}\n", part.title, printable(item.name));
            text += harmless(item.missing.empty() ? withoutSecrets(item.text) : "(missing) " + item.missing);
        }
    return text;
}

std::string jsonOf(const std::vector<Part>& parts, Json form) {
    auto report = nlohmann::ordered_json::object();
    for (const Part& part : parts)
        for (const Item& item : part.items)
            report[part.title][item.name] = item.missing.empty()
                                                ? nlohmann::ordered_json{{"text", withoutSecrets(item.text)}, {"missing", nullptr}}
                                                : nlohmann::ordered_json{{"text", nullptr}, {"missing", item.missing}};
    return dump(report, form);
}

void writeReport(const std::string& file, const std::vector<Part>& parts, Json form) {
    Fd fd{open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600)};
    if (fd.get() < 0)
        throw local(fmt::format("cannot make {}", file), errno);
    auto packing = std::ranges::find_if(packings, [&](const Packing& p) { return file.ends_with(p.suffix); });
    if (packing != packings.end())
        return pack(fd.get(), *packing, parts);
    if (int r = writeAll(fd.get(), form == Json::Off ? textOf(parts) : jsonOf(parts, form)); r < 0)
        throw local(fmt::format("cannot write {}", file), -r);
}

} // namespace luoctl
