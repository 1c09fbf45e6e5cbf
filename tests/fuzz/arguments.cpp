// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fuzz/arguments.hpp"

#include <cstring>
#include <stdexcept>

namespace luod::fuzz {
namespace {

constexpr const char* words[] = {
    "", "vm1", "vm2", "ram", "incoming", "outgoing", "delay", "block", "direct", "systemd", "abort", "go-on", "memfd",
    "vfio-cdev", "org.luod1.Session", "org.luod1.Manager", "Files", "Name", "Phase", "Version", "quiet kho=on",
    "\x1b[2J", "größe", "a/b", "..", "luod.update=1 -- x",
};

struct Option {
    const char *name, *type;
};
constexpr Option knownOptions[] = {
    {"owner", "u"}, {"interactive", "b"}, {"direction", "s"}, {"deadline-usec", "t"}, {"no-initrd", "b"},
    {"keep-cmdline", "b"}, {"kernel-path", "s"}, {"initrd-path", "s"}, {"mode", "s"}, {"late", "s"}, {"force", "as"},
    {"reason", "s"}, {"shutdown-asked", "b"},
};

constexpr const char* types[] = {"b", "y", "n", "q", "i", "u", "x", "t", "d", "s", "o", "g", "h", "ay", "as", "av", "v",
                                 "a{sv}", "(st)", "a(ht)", "a{oas}", "aaaay"};

// How long the one type is that a signature begins with.
std::size_t lengthOfOne(std::string_view signature) {
    if (signature[0] == 'a')
        return 1 + lengthOfOne(signature.substr(1));
    std::size_t depth = 0, at = 0;
    do {
        depth += signature[at] == '(' || signature[at] == '{';
        depth -= signature[at] == ')' || signature[at] == '}';
        ++at;
    } while (depth);
    return at;
}

void check(int result, const char* what) {
    if (result < 0)
        throw std::runtime_error(std::string(what) + ": " + std::strerror(-result));
}

} // namespace

void Arguments::append(sd_bus_message* message, std::string_view signature) {
    while (!signature.empty()) {
        const std::size_t length = lengthOfOne(signature);
        one(message, signature.substr(0, length), 0);
        signature.remove_prefix(length);
    }
}

void Arguments::one(sd_bus_message* message, std::string_view type, int depth) {
    if (type == "a{sv}")
        return options(message, depth);
    if (type[0] == 'a')
        return array(message, type.substr(1), depth);
    if (type[0] == 'v')
        return variant(message, depth > 3 ? "s" : types[below(random_, std::size(types))], depth);
    if (type[0] != '(' && type[0] != '{')
        return basic(message, type[0]);
    const std::string inner(type.substr(1, type.size() - 2));
    check(sd_bus_message_open_container(message, type[0] == '(' ? 'r' : 'e', inner.c_str()), "a structure");
    append(message, inner);
    sd_bus_message_close_container(message);
}

void Arguments::basic(sd_bus_message* message, char type) {
    const std::uint64_t n = number(); // little-endian: its first bytes are any narrower one
    const std::string chars = text(), object = path();
    const int yes = n & 1;
    const double real = double(n) / 3;
    if (type == 'h')
        return file(message);
    const void* const value = type == 's'   ? static_cast<const void*>(chars.c_str())
                              : type == 'o' ? object.c_str()
                              : type == 'g' ? "a{sv}"
                              : type == 'b' ? static_cast<const void*>(&yes)
                              : type == 'd' ? static_cast<const void*>(&real)
                                            : &n;
    check(sd_bus_message_append_basic(message, type, value), "a value");
}

// At most 16 descriptors go over a bus in one message: one array in eight may be too long for that.
void Arguments::array(sd_bus_message* message, std::string_view type, int depth) {
    const std::string inner(type);
    check(sd_bus_message_open_container(message, 'a', inner.c_str()), "an array");
    for (std::size_t n = depth == 0 && oneIn(random_, 8) ? below(random_, 24) : below(random_, 4); n > 0; --n)
        one(message, type, depth + 1);
    sd_bus_message_close_container(message);
}

void Arguments::options(sd_bus_message* message, int depth) {
    check(sd_bus_message_open_container(message, 'a', "{sv}"), "options");
    for (std::size_t n = below(random_, depth ? 3 : 4); n > 0; --n)
        entry(message, depth + 1);
    sd_bus_message_close_container(message);
}

void Arguments::entry(sd_bus_message* message, int depth) {
    const Option& option = knownOptions[below(random_, std::size(knownOptions))];
    check(sd_bus_message_open_container(message, 'e', "sv"), "an option");
    sd_bus_message_append(message, "s", oneIn(random_, 6) ? text().c_str() : option.name);
    variant(message, oneIn(random_, 6) ? types[below(random_, std::size(types))] : option.type, depth);
    sd_bus_message_close_container(message);
}

void Arguments::variant(sd_bus_message* message, std::string_view type, int depth) {
    check(sd_bus_message_open_container(message, 'v', std::string(type).c_str()), "a variant");
    if (type == "as" && oneIn(random_, 2))
        strings(message);
    else
        one(message, type, depth + 1);
    sd_bus_message_close_container(message);
}

// All findings at once, which lets an update go on that chance never would.
void Arguments::strings(sd_bus_message* message) {
    std::vector<char*> pointers;
    for (std::string& each : findings_)
        pointers.push_back(each.data());
    pointers.push_back(nullptr);
    check(sd_bus_message_append_strv(message, pointers.data()), "strings");
}

void Arguments::file(sd_bus_message* message) {
    const core::UniqueFd fresh = anyFile(random_);
    const int fd = !lent_.empty() && oneIn(random_, 12) ? lent_[below(random_, lent_.size())].get() : fresh.get();
    check(sd_bus_message_append(message, "h", fd), "a file");
}

// Tokens and uids that there are, mostly.
std::uint64_t Arguments::number() {
    switch (below(random_, 8)) {
    case 0: return random_();
    case 1: return ~std::uint64_t(0) >> below(random_, 64);
    case 2: return std::uint64_t(1) << below(random_, 64);
    case 3: return 65534;
    default: return below(random_, 12);
    }
}

std::string Arguments::text() {
    if (!oneIn(random_, 4))
        return oneIn(random_, 3) ? "n" + std::to_string(below(random_, 40)) : words[below(random_, std::size(words))];
    std::string text;
    for (std::size_t n = below(random_, oneIn(random_, 20) ? 9000 : 80); n > 0; --n)
        text += oneIn(random_, 20) ? "\xf0\x9f\x92\xbe" : std::string(1, char(1 + below(random_, 127)));
    return text;
}

std::string Arguments::path(const std::string& interface) {
    if (interface.starts_with("org.luod1.Session") && !paths_.empty() && !oneIn(random_, 8))
        return paths_[below(random_, paths_.size())];
    if (!oneIn(random_, 8))
        return "/org/luod1";
    return path();
}

std::string Arguments::path() {
    if (!paths_.empty() && !oneIn(random_, 4))
        return paths_[below(random_, paths_.size())];
    constexpr const char* others[] = {"/", "/org/luod1", "/org/luod1/session", "/org/luod1/session/0", "/org/luod1/session/1",
                                      "/org/luod1/session/18446744073709551615", "/org/luod1/session/1/x", "/a"};
    return others[below(random_, std::size(others))];
}

void Arguments::learn(const std::string& path) {
    if (paths_.size() >= 12)
        paths_.erase(paths_.begin());
    paths_.push_back(path);
}

void Arguments::learn(core::UniqueFd fd) {
    if (lent_.size() < 4)
        lent_.push_back(std::move(fd));
}

} // namespace luod::fuzz
