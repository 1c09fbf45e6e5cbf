// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The nouns: sessions, their files, and what is known of them. What is here is what the ledger remembers; file
// descriptors are kept apart (custody.hpp).

#include "core/metadata.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <unordered_map>
#include <vector>

namespace luod::core {

using SessionId = std::uint64_t; // given once, never reused
using Token = std::uint64_t;

enum class Direction : std::uint8_t { Outgoing, Incoming };
enum class SessionState : std::uint8_t { Active, Rebuilding, Lost };
enum class FileState : std::uint8_t {
    Preserving, // the kernel has been asked; after a crash it is asked whether it heard (incoming: by retrieving)
    Preserved,  // outgoing
    Waiting,    // incoming, not retrieved through luod yet
    Retrieved,  // incoming
    Invalid,    // its device was unplugged; stays so until it is taken out or its session is given up
};
// The order is part of the ledger's format: only append.
enum class FileKind : std::uint8_t {
    Unknown, Memfd, HugetlbMemfd, VfioCdev, VfioGroup, Iommufd, Kvm, LuoSession, Eventfd, Eventpoll, Timerfd, Signalfd,
    Pipe, Socket, Regular, Directory, CharDevice, BlockDevice, Path, Tmpfile, Other,
};

// What a boot was handed by the one before; org.luod1.Manager.xml, LastHandover, says what each means.
enum class Handover : std::uint8_t { None, Done, Partial, Unreadable, Refused, NoDevice, ColdBoot };

// The greatest value of each, for whoever reads them from bytes.
constexpr Direction last(Direction) { return Direction::Incoming; }
constexpr SessionState last(SessionState) { return SessionState::Lost; }
constexpr FileState last(FileState) { return FileState::Invalid; }
constexpr FileKind last(FileKind) { return FileKind::Other; }
constexpr Handover last(Handover) { return Handover::ColdBoot; }

std::string_view word(Direction direction);
std::string_view word(SessionState state);
std::string_view word(FileState state);
std::string_view word(FileKind kind);
std::string_view word(Handover handover);
FileKind fileKind(std::string_view word); // Unknown where the word is not one of ours

// Which open file it is, for as long as it is open: device and inode. {0, 0}: not known.
struct FileIdentity {
    std::uint64_t device = 0, inode = 0;
    auto operator<=>(const FileIdentity&) const = default;
    bool known() const { return device != 0 || inode != 0; }
};

// The device behind an open file, in this boot: "MAJOR:MINOR", and where sysfs has it. Neither is given to another device
// for as long as the file is open.
struct Device {
    std::string number, path;
    bool known() const { return !path.empty(); }
};

struct File {
    Token token = 0;
    std::string name;
    FileKind kind = FileKind::Unknown;
    FileState state = FileState::Preserving;
    bool byOwner = false; // preserved by the owner on a borrowed session fd: kind and size are the owner's word
    std::uint32_t seals = 0;
    std::uint64_t size = 0; // bytes
    FileIdentity identity;
    std::string pciAddress, driver; // VFIO
    Metadata metadata;
    Device device;                  // VFIO, while outgoing
};

struct Session {
    SessionId id = 0;
    uid_t owner = 0;
    Direction direction = Direction::Outgoing;
    SessionState state = SessionState::Active;
    bool lent = false;          // its fd was given out by Open
    std::uint64_t created = 0;  // wall clock, microseconds
    std::string name;           // the owner's
    std::string kernelName;     // LUO's
    std::string unit;           // systemd unit of the creator, or ""
    bool carried = false;       // outgoing, made of an incoming one that nobody claimed (custodian_carry.cpp)
    bool boundToUnit = false;   // for the owner's processes in that unit only (identity.hpp)
    std::string label;          // the creator's security label, or ""
    std::map<Token, File> files;
    std::unordered_map<std::string_view, Token> byName; // keys lie in the files' own names
    std::uint64_t bytes = 0;    // sum of the files' sizes
    std::uint32_t invalid = 0;  // how many of the files are
};
Session withoutFiles(const Session& session);
std::string_view stateWord(const Session& session); // also "invalid": active, but a file in it is invalid

} // namespace luod::core
