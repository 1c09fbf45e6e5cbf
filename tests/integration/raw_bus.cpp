// SPDX-License-Identifier: LGPL-2.1-or-later
#include "raw_bus.hpp"

#include "waiting.hpp"

#include <cstring>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace luod::tests {

Marshal& Marshal::align(std::size_t to) {
    bytes_.resize((bytes_.size() + to - 1) / to * to);
    return *this;
}
Marshal& Marshal::byte(std::uint8_t n) {
    bytes_ += char(n);
    return *this;
}
Marshal& Marshal::u32(std::uint32_t n) {
    align(4);
    for (int i = 0; i < 4; ++i)
        byte(std::uint8_t(n >> 8 * i));
    return *this;
}
Marshal& Marshal::u64(std::uint64_t n) {
    align(8);
    return u32(std::uint32_t(n)).u32(std::uint32_t(n >> 32));
}
Marshal& Marshal::string(const std::string& text) {
    u32(std::uint32_t(text.size()));
    bytes_ += text + '\0';
    return *this;
}
Marshal& Marshal::signature(const std::string& text) {
    byte(std::uint8_t(text.size()));
    bytes_ += text + '\0';
    return *this;
}

std::string preserveBody(std::uint32_t index, std::uint64_t token) {
    Marshal file; // begins at a multiple of 8, as it will in the body
    file.u32(index).u64(token).string("").u32(0).align(8);
    Marshal body;
    body.u32(std::uint32_t(file.bytes().size())).align(8);
    return body.bytes() + file.bytes();
}

// As dbus wants it: the digits of the number, each as two hexadecimal ones.
static std::string inHex(uid_t user) {
    std::string hex;
    for (const char digit : std::to_string(user))
        hex += std::string("3") + digit;
    return hex;
}

RawBus::RawBus(const std::string& address, uid_t user) : socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
    address.copy(name.sun_path, sizeof name.sun_path - 1, std::strlen("unix:path="));
    if (connect(socket_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) < 0)
        throw std::runtime_error("no bus");
    for (const std::string& line : {std::string("\0AUTH EXTERNAL ", 15) + inHex(user) + "\r\n", std::string("NEGOTIATE_UNIX_FD\r\n")}) {
        (void)write(socket_.get(), line.data(), line.size());
        if (readLine(socket_.get()).empty())
            throw std::runtime_error("the bus does not want us");
    }
    (void)write(socket_.get(), "BEGIN\r\n", 7);
    call({"/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", "", "", 0, {}, "org.freedesktop.DBus"});
}

static void field(Marshal& fields, std::uint8_t code, const std::string& type, const std::string& text) {
    fields.align(8).byte(code).signature(type);
    if (type == "g")
        fields.signature(text);
    else
        fields.string(text);
}

void RawBus::sendOnly(const Call& call) {
    Marshal fields;
    field(fields, 1, "o", call.path);
    field(fields, 2, "s", call.interface);
    field(fields, 3, "s", call.member);
    field(fields, 6, "s", call.destination);
    if (!call.signature.empty())
        field(fields, 8, "g", call.signature);
    if (call.announced)
        fields.align(8).byte(9).signature("u").u32(call.announced);
    Marshal head;
    head.byte('l').byte(1).byte(0).byte(1).u32(std::uint32_t(call.body.size())).u32(++serial_);
    head.u32(std::uint32_t(fields.bytes().size()));
    Marshal whole(head);
    std::string message = whole.bytes() + fields.bytes();
    message.resize((message.size() + 7) / 8 * 8);
    message += call.body;

    alignas(cmsghdr) char control[CMSG_SPACE(32 * sizeof(int))] = {};
    iovec part{message.data(), message.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (!call.fds.empty()) {
        header.msg_control = control;
        header.msg_controllen = CMSG_SPACE(call.fds.size() * sizeof(int));
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(call.fds.size() * sizeof(int));
        std::memcpy(CMSG_DATA(rights), call.fds.data(), call.fds.size() * sizeof(int));
    }
    (void)sendmsg(socket_.get(), &header, MSG_NOSIGNAL);
}

std::string RawBus::call(const Call& call) {
    sendOnly(call);
    return answerTo(serial_);
}

std::string RawBus::receive(std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t have = 0;
    while (have < size) {
        if (!waitReadable(socket_.get()))
            throw std::runtime_error("the bus is silent");
        const ssize_t got = read(socket_.get(), &bytes[have], size - have);
        if (got <= 0)
            break;
        have += std::size_t(got);
    }
    bytes.resize(have);
    return bytes;
}

namespace {

// Reads header fields; only what the answers of a bus hold.
class Reader {
public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}
    bool atEnd() const { return at_ >= bytes_.size(); }
    void align(std::size_t to) { at_ = (at_ + to - 1) / to * to; }
    std::uint8_t byte() { return std::uint8_t(bytes_.at(at_++)); }
    std::uint32_t u32() {
        align(4);
        std::uint32_t n = 0;
        for (int i = 0; i < 4; ++i)
            n |= std::uint32_t(byte()) << 8 * i;
        return n;
    }
    std::string text(std::size_t size) {
        const std::string text(bytes_.substr(at_, size));
        at_ += size + 1;
        return text;
    }

private:
    std::string_view bytes_;
    std::size_t at_ = 0;
};

struct Answered {
    std::uint32_t to = 0;
    std::string error;
};

Answered readFields(std::string_view bytes) {
    Answered answered;
    for (Reader reader(bytes); !reader.atEnd();) {
        reader.align(8);
        const std::uint8_t code = reader.byte();
        const std::string type = reader.text(reader.byte());
        if (type == "u") {
            const std::uint32_t number = reader.u32();
            if (code == 5)
                answered.to = number;
            continue;
        }
        const std::string text = reader.text(type == "g" ? reader.byte() : reader.u32());
        if (code == 4)
            answered.error = text;
    }
    return answered;
}

} // namespace

std::string RawBus::answerTo(std::uint32_t serial) {
    for (;;) {
        const std::string head = receive(16);
        if (head.size() < 16)
            return "hung up";
        Reader reader(head);
        reader.u32();
        const std::size_t body = reader.u32();
        reader.u32();
        const std::size_t fields = reader.u32();
        const std::string rest = receive((fields + 7) / 8 * 8 + body);
        const Answered answered = readFields(std::string_view(rest).substr(0, fields));
        if ((answered.to == serial || serial == 0) && (head[1] == 2 || head[1] == 3))
            return answered.error;
    }
}

} // namespace luod::tests
