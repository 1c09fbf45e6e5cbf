// SPDX-License-Identifier: LGPL-2.1-or-later
#include "image_samples.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/core.h>
#include <map>
#include <memory>
#include <stdexcept>

namespace luod::image::samples {
namespace {

template <typename T> std::string little(T value) {
    std::string bytes;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        bytes += char(std::uint64_t(value) >> 8 * i);
    return bytes;
}

template <typename T> void put(std::string& to, std::size_t at, T value) {
    to.replace(at, sizeof(T), little(value));
}

void put(std::string& to, std::size_t at, std::string_view bytes) {
    to.replace(at, bytes.size(), bytes);
}

la_ssize_t append(archive*, void* to, const void* bytes, size_t size) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), size);
    return la_ssize_t(size);
}

using AddFilter = int (*)(archive*);
const std::map<std::string_view, AddFilter> filters{
    {"gzip", archive_write_add_filter_gzip}, {"xz", archive_write_add_filter_xz},
    {"zstd", archive_write_add_filter_zstd}, {"lz4", archive_write_add_filter_lz4},
    {"lzma", archive_write_add_filter_lzma}, {"bzip2", archive_write_add_filter_bzip2},
};

std::string byLibarchive(std::string_view bytes, AddFilter addFilter) {
    std::string out;
    std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
    std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_write_set_bytes_per_block(writer.get(), 0);
    bool good = archive_write_set_format_raw(writer.get()) == ARCHIVE_OK && addFilter(writer.get()) == ARCHIVE_OK &&
                archive_write_open(writer.get(), &out, nullptr, append, nullptr) == ARCHIVE_OK &&
                archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK &&
                archive_write_data(writer.get(), bytes.data(), bytes.size()) == la_ssize_t(bytes.size()) &&
                archive_write_close(writer.get()) == ARCHIVE_OK;
    if (!good)
        throw std::runtime_error(archive_error_string(writer.get()));
    return out;
}

// Blocks of literals only: compresses nothing, but any decompressor takes it.
std::string lz4Legacy(std::string_view bytes) {
    std::string block(1, char(0xf0));
    std::size_t rest = bytes.size() - 15;
    for (; rest >= 255; rest -= 255)
        block += char(255);
    block += char(rest);
    block += bytes;
    return little(0x184c2102u) + little(std::uint32_t(block.size())) + block;
}

// The kernel's build puts the unpacked size behind what is not gzip.
std::string payload(std::string_view kernel, std::string_view compression) {
    std::string packed = compress(kernel, compression);
    return compression == "gzip" ? packed : packed + little(std::uint32_t(kernel.size()));
}

} // namespace

std::string compress(std::string_view bytes, std::string_view how) {
    if (how.empty())
        return std::string(bytes);
    return how == "lz4-legacy" ? lz4Legacy(bytes) : byLibarchive(bytes, filters.at(how));
}

std::string kernelText(const std::vector<std::string>& versions) {
    std::string text(1, '\0');
    text += "Linux version %s (%s)";
    text += '\0';
    text += banner;
    text += '\n';
    for (const std::string& version : versions)
        text += "\xff" + version + '\0';
    text.append(4096, '\x90');
    return text;
}

std::string embeddedConfig(std::string_view config) {
    return "IKCFG_ST" + compress(config, "gzip") + "IKCFG_ED";
}

std::string versionTable(const std::vector<std::string>& versions) {
    std::string table = little(0x4c565550u) + little(1u);
    for (std::string version : versions) {
        version.resize(48);
        table += version;
    }
    return table;
}

std::string elf(const Sections& given) {
    Sections sections{{"", ""}, {".shstrtab", ""}};
    sections.insert(sections.end(), given.begin(), given.end());
    std::string names, headers, file(64, '\0');
    for (const auto& section : sections)
        names += section.first + '\0';
    sections[1].second = names;
    std::size_t nameAt = 0;
    for (const auto& [name, content] : sections) {
        std::string header(64, '\0');
        put(header, 0, std::uint32_t(nameAt));
        put(header, 4, std::uint32_t(name.empty() ? 0 : 1));
        put(header, 24, std::uint64_t(file.size()));
        put(header, 32, std::uint64_t(content.size()));
        nameAt += name.size() + 1;
        file += content;
        headers += header;
    }
    put(file, 0,
        std::string_view("\x7f"
                         "ELF\x02\x01\x01"));
    put(file, 18, std::uint16_t(62));
    put(file, 40, std::uint64_t(file.size()));
    put(file, 58, std::uint16_t(64));
    put(file, 60, std::uint16_t(sections.size()));
    put(file, 62, std::uint16_t(1));
    return file + headers;
}

std::string pe(const Sections& sections) {
    std::string file(0x80 + 24 + sections.size() * 40, '\0');
    put(file, 0, std::string_view("MZ"));
    put(file, 0x3c, std::uint32_t(0x80));
    put(file, 0x80, std::string_view("PE"));
    put(file, 0x84, std::uint16_t(0x8664));
    put(file, 0x86, std::uint16_t(sections.size()));
    std::size_t header = 0x80 + 24;
    for (const auto& [name, content] : sections) {
        put(file, header, std::string_view(name).substr(0, 8));
        put(file, header + 8, std::uint32_t(content.size()));
        put(file, header + 16, std::uint32_t(content.size()));
        put(file, header + 20, std::uint32_t(file.size()));
        file += content;
        header += 40;
    }
    return file;
}

std::string vmlinux(const std::vector<std::string>& versions) {
    return elf({{".rodata", kernelText(versions)}});
}

std::string bzImage(std::string_view kernel, std::string_view compression) {
    std::string packed = payload(kernel, compression), image(1024, '\0');
    put(image, 0x1f1, std::uint8_t(1));
    put(image, 0x1fe, std::uint16_t(0xaa55));
    put(image, 0x202, std::string_view("HdrS"));
    put(image, 0x206, std::uint16_t(0x20f));
    put(image, 0x20e, std::uint16_t(0x100));
    put(image, 0x236, std::uint16_t(1));
    put(image, 0x248, std::uint32_t(16));
    put(image, 0x24c, std::uint32_t(packed.size()));
    put(image, 0x300, std::string_view("7.3.4 (luod@rig) #7"));
    return image + std::string(16, '\xcc') + packed + "behind it";
}

std::string zboot(std::string_view kernel, std::string_view compression) {
    std::string packed = payload(kernel, compression), image = pe({});
    image.resize(512);
    put(image, 4, std::string_view("zimg"));
    put(image, 8, std::uint32_t(512));
    put(image, 12, std::uint32_t(packed.size() - 4));
    put(image, 0x84, std::uint16_t(0xaa64));
    return image + packed + "behind it";
}

std::string arm64Image(std::string_view text) {
    std::string image(64, '\0');
    put(image, 0x38, std::string_view("ARM\x64"));
    return image + std::string(text);
}

std::string cpio(const std::vector<std::string>& paths) {
    std::string archive;
    auto add = [&archive](const std::string& path, const std::string& content) {
        archive += fmt::format("070701{:08x}{:08x}{:032x}{:08x}{:032x}{:08x}{:08x}", 1, 0100644, 1, content.size(), 0,
                               path.size() + 1, 0);
        archive += path + '\0';
        archive.resize((archive.size() + 3) / 4 * 4);
        archive += content;
        archive.resize((archive.size() + 3) / 4 * 4);
    };
    for (const std::string& path : paths)
        add(path, "content of " + path);
    add("TRAILER!!!", "");
    return archive;
}

} // namespace luod::image::samples
