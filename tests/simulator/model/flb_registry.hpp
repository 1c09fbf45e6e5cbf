// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// All FLBs of a kernel: who depends on them, how many files hold them on their way out, and what came in.

#include "flb.hpp"
#include "handover.hpp"
#include "module_pins.hpp"
#include "profile.hpp"
#include "state.hpp"

#include <memory>
#include <vector>

namespace luosim::model {

class FlbRegistry {
public:
    explicit FlbRegistry(ModulePins& pins) : pins_(pins) {}

    /// What the previous kernel handed over; nothing is called yet.
    void setIncoming(std::vector<FlbSer> flbs);

    Status link(const FileHandler& handler, std::shared_ptr<Flb> flb, std::size_t limit);
    void unlink(const FileHandler& handler, const Flb& flb);
    void unlinkAll(const FileHandler& handler);

    /// A file of `handler` is being preserved. All or nothing; gives the FLBs whose count went up.
    Result<std::vector<std::shared_ptr<Flb>>> filePreserve(const FileHandler& handler);
    void fileUnpreserve(const std::vector<std::shared_ptr<Flb>>& held);
    /// A file of `handler` that was handed over is finished.
    void fileFinish(const FileHandler& handler, bool unretrievedNeverFinished);

    Result<Blob*> incoming(const Flb& flb);
    Result<Blob*> outgoing(const Flb& flb);
    FlbIncoming provenance(const Flb& flb) const;

    std::vector<FlbSer> serialize() const;
    std::vector<FlbState> state() const;

private:
    /// The two halves of the kernel's private state of one FLB. It outlives the registration, as static data does.
    struct Record {
        std::shared_ptr<Flb> flb;
        int users = 0;
        long outgoingCount = 0;
        Blob outgoingData;
        long incomingCount = 0;
        int retrieveStatus = 0;
        bool finished = false;
        Blob incomingObject;
    };
    struct Link {
        const FileHandler* handler;
        std::shared_ptr<Flb> flb;
    };

    Record* find(const Flb& flb);
    const Record* find(const Flb& flb) const;
    const FlbSer* came(const Flb& flb) const;
    std::vector<std::shared_ptr<Flb>> dependencies(const FileHandler& handler) const;
    Status getOutgoing(Record& record);
    void putOutgoing(Record& record);
    Status retrieve(Record& record);
    void putIncoming(Record& record, bool unretrievedNeverFinished);

    ModulePins& pins_;
    std::vector<std::unique_ptr<Record>> records_;
    std::vector<Link> links_;
    std::vector<FlbSer> came_;
    bool anythingCame_ = false;
};

} // namespace luosim::model
