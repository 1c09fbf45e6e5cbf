// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"

namespace luod::platform {

// Ledgers in memfds named "luod-ledger": of fixed size, close-on-exec. They own their fd.
//
// adopt() takes what came back from the fd store or a kexec and believes nothing: EBADF where it is not open for reading
// and writing, EINVAL where it is not a shmem file or has no plausible size (1 byte to maxSize). The fd is closed then. One
// sealed against writing is taken: it can still be read, and write() says EPERM.
class MemfdLedgerMaker final : public core::LedgerMaker {
public:
    static constexpr std::size_t maxSize = std::size_t{1} << 30;

    core::Errno<std::unique_ptr<core::LedgerBytes>> make(std::size_t size) override;
    core::Errno<std::unique_ptr<core::LedgerBytes>> adopt(core::UniqueFd fd) override;
};

} // namespace luod::platform
