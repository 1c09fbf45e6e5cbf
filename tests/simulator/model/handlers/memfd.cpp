// SPDX-License-Identifier: LGPL-2.1-or-later
#include "memfd.hpp"

#include <any>
#include <cerrno>

namespace luosim::model {

namespace {

/// struct memfd_luo_ser; `remains` stands for the list of pages.
struct MemfdSer {
    std::uint64_t size = 0;
    std::uint64_t position = 0;
    unsigned seals = 0;
    std::shared_ptr<MemfdRemains> remains;
};

constexpr unsigned sealSeal = 0x01;
/// SEAL, SHRINK, GROW, WRITE, FUTURE_WRITE, EXEC: what memfd-v2 can carry.
constexpr unsigned allSeals = 0x3f;
constexpr std::uint64_t pageSize = 4096;
constexpr std::uint64_t mostPages = 0xffffffff;

MemfdFile& memfd(FileOpArgs& args) {
    return static_cast<MemfdFile&>(*args.file);
}

Result<MemfdSer> record(MemfdFile& file, bool seals) {
    MemfdSer ser;
    ser.seals = seals ? file.seals() : sealSeal;
    if (ser.seals & ~allSeals)
        return fail(EOPNOTSUPP);
    ser.position = file.position();
    ser.size = file.size();
    if (ser.size / pageSize + (ser.size % pageSize != 0) > mostPages)
        return fail(EFBIG);
    if (ser.size > 0)
        if (auto filled = file.fillHoles(); !filled)
            return fail(filled.error());
    return ser;
}

} // namespace

MemfdHandler::MemfdHandler(const Profile& profile)
    : MemfdHandler(profile.versions.memfd, "memfd", FileKind::memfd, profile.memfdSeals) {}

MemfdHandler::MemfdHandler(std::string compatible, std::string owner, FileKind kind, bool seals)
    : FileHandler(std::move(compatible), std::move(owner)), kind_(kind), seals_(seals) {}

bool MemfdHandler::canPreserve(const File& file) const {
    const auto* memfd = dynamic_cast<const MemfdFile*>(&file);
    return memfd && file.kind() == kind_ && memfd->unlinked();
}

Status MemfdHandler::preserve(FileOpArgs& args) {
    memfd(args).fixSize(true);
    auto ser = record(memfd(args), seals_);
    if (!ser) {
        memfd(args).fixSize(false);
        return fail(ser.error());
    }
    args.data = std::move(*ser);
    return {};
}

void MemfdHandler::unpreserve(FileOpArgs& args) {
    memfd(args).fixSize(false);
    args.data.reset();
}

Status MemfdHandler::freeze(FileOpArgs& args) {
    auto* ser = std::any_cast<MemfdSer>(&args.data);
    if (!ser)
        return fail(EINVAL);
    ser->position = memfd(args).position();
    return {};
}

Blob MemfdHandler::carry(FileOpArgs& args) {
    auto* ser = std::any_cast<MemfdSer>(&args.data);
    if (!ser)
        return {}; // given back after the freeze, on a kernel that lets this happen
    MemfdSer carried = *ser;
    carried.remains = memfd(args).snapshot();
    return carried;
}

Result<FileRef> MemfdHandler::retrieve(FileOpArgs& args) {
    auto* ser = std::any_cast<MemfdSer>(&args.data);
    if (!ser || !ser->remains)
        return fail(EINVAL);
    if (ser->seals & ~allSeals)
        return fail(EOPNOTSUPP);
    // The memory is the file's from here on, or gone: either way it is no longer the handover's.
    const auto remains = std::move(ser->remains);
    return remains->restore(ser->size, ser->seals, ser->position);
}

void MemfdHandler::finish(FileOpArgs& args) {
    args.data.reset();
}

Result<FileRef> HugetlbHandler::retrieve(FileOpArgs& args) {
    if (auto pool = args.flbs.incoming(*pool_); !pool)
        return fail(pool.error());
    return MemfdHandler::retrieve(args);
}

} // namespace luosim::model
