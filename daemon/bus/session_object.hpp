// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "bus/compat.hpp"
#include "bus/errors.hpp"
#include "core/custodian.hpp"

#include <org.luod1.Session.adaptor.hpp>

namespace luod::bus {

// org.luod1.Session for one session: unpacks, calls the custodian, packs. That the caller may see the session has been
// settled before a call gets here (session_objects.hpp). Lives only while it is being used; keeps nothing of its own.
class SessionObject final : public sdbus::AdaptorInterfaces<org::luod1::Session_adaptor> {
public:
    SessionObject(sdbus::IConnection& bus, core::Custodian& custodian, Gate& gate, core::SessionId id);
    ~SessionObject();

    sdbus::IObject& object() { return getObject(); }

private:
    using Dictionary = std::map<std::string, sdbus::Variant>;
    using Handed = sdbus::Struct<sdbus::UnixFd, uint64_t, std::string, Dictionary>;
    using Noted = sdbus::Struct<uint64_t, std::string, std::string, uint64_t, Dictionary>;
    using Row = sdbus::Struct<uint64_t, std::string, std::string, std::string, uint64_t, Dictionary, Dictionary>;

    void Preserve(sdbus::Result<>&& result, std::vector<Handed> files) override;
    void NotePreserved(sdbus::Result<>&& result, std::vector<Noted> files) override;
    void Retrieve(sdbus::Result<sdbus::UnixFd>&& result, uint64_t token) override;
    void RetrieveByName(sdbus::Result<uint64_t, sdbus::UnixFd>&& result, std::string name) override;
    void RetrieveAll(sdbus::Result<std::vector<Handed>, bool, uint64_t>&& result, uint64_t from) override;
    sdbus::UnixFd Open() override;
    void NoteRetrieved(const std::vector<uint64_t>& tokens) override;
    void Annotate(const uint64_t& token, const std::string& name, const Dictionary& metadata) override;
    void TakeOut(sdbus::Result<>&& result, uint64_t token) override;
    void Finish(sdbus::Result<>&& result) override;
    void Discard(sdbus::Result<>&& result) override;
    std::tuple<std::vector<Row>, bool, uint64_t> ListFiles(const uint64_t& from, const uint32_t& max) override;

    std::string Name() override;
    uint32_t Owner() override;
    std::string Unit() override;
    std::string KernelName() override;
    std::string Direction() override;
    std::string State() override;
    uint64_t Created() override;
    bool Lent() override;
    bool BoundToUnit() override;
    std::string SecurityLabel() override;
    std::vector<Row> Files() override;

    const core::Session& session() const;
    // An object is unmade when somebody else calls; an answer may be due later than that.
    template <typename... T> sdbus::Result<T...> detached(sdbus::Result<T...>&&) {
        return sdbus::Result<T...>(compat::Detached(compat::atHand(getObject())));
    }

    core::Custodian& custodian_;
    Gate& gate_;
    core::SessionId id_;
};

std::string sessionPath(core::SessionId id);

} // namespace luod::bus
