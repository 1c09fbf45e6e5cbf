// SPDX-License-Identifier: LGPL-2.1-or-later

// Ledgers that nobody wrote. First byte even: the rest is the ledger's bytes. Odd: it is records, each behind its length,
// that are put into a ledger with the right CRCs: behind those no chance would ever get.

#include "core/ledger.hpp"
#include "core/registry.hpp"
#include "fuzz/fuzz.hpp"

#include <zlib.h>

namespace luod::fuzz {
namespace {

using namespace core;

class Memory : public LedgerBytes {
public:
    explicit Memory(std::shared_ptr<std::string> bytes) : bytes_(std::move(bytes)) {}
    std::size_t size() const override { return bytes_->size(); }
    Errno<> write(std::size_t offset, std::string_view bytes) override {
        require(offset <= size() && bytes.size() <= size() - offset, "nothing is written beyond a ledger's end");
        bytes_->replace(offset, bytes.size(), bytes);
        return {};
    }
    Errno<std::string> read() const override { return *bytes_; }
    int fd() const override { return -1; }

private:
    std::shared_ptr<std::string> bytes_;
};

void putNumber(std::string& to, std::uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i)
        to += char(number >> 8 * i);
}

void putCrc(std::string& to, std::string_view of) {
    putNumber(to, crc32(0, reinterpret_cast<const unsigned char*>(of.data()), unsigned(of.size())), 4);
}

std::string framed(Input input) {
    std::string ledger = "LUODLDGR";
    putNumber(ledger, Ledger::formatVersion, 4);
    putNumber(ledger, 0, 4);
    putNumber(ledger, 7, 8);
    putCrc(ledger, std::string(ledger));
    ledger.resize(64);
    while (!input.atEnd()) {
        const std::string_view record = input.text();
        putNumber(ledger, record.size(), 4);
        putCrc(ledger, record);
        ledger += record;
        ledger += '\xe5';
    }
    return ledger + std::string(256, '\0');
}

Result<Ledger> open(const std::shared_ptr<std::string>& bytes, Registry& registry) {
    return Ledger::open(std::make_unique<Memory>(bytes), [&](Record&& record) { registry.apply(record); });
}

std::string snapshot(const Registry& registry) {
    std::string all;
    registry.snapshot([&](const Record& record) {
        std::string bytes;
        encode(record, bytes);
        require(decode(bytes).has_value(), "what is written can be read");
        all += bytes;
    });
    return all;
}

Registry rebuilt(const Registry& registry) {
    Registry again;
    registry.snapshot([&](const Record& record) { again.apply(record); });
    return again;
}

void liveWith(Ledger& ledger, Registry registry, const std::shared_ptr<std::string>& bytes) {
    const Registry again = rebuilt(registry);
    require(snapshot(rebuilt(again)) == snapshot(again), "a snapshot's snapshot is the same");
    if (ledger.append(SessionGone{1})) {
        registry.apply(SessionGone{1});
        Registry reread;
        require(open(bytes, reread).has_value(), "a ledger that was appended to opens again");
        require(snapshot(reread) == snapshot(registry), "what was appended is read back");
    }
    registry.crossOver(BootNoted{});
    snapshot(registry);
}

} // namespace
} // namespace luod::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace luod;
    fuzz::Input input(data, size);
    const bool records = input.byte() & 1;
    const auto bytes = std::make_shared<std::string>(records ? fuzz::framed(input) : input.rest());
    core::Registry registry;
    if (auto ledger = fuzz::open(bytes, registry))
        fuzz::liveWith(*ledger, std::move(registry), bytes);
    return 0;
}
