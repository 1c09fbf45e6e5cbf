// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What luod knows of live updates: a part of the registry, folded from the same ledger.

#include "core/records.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>

namespace luod::core {

class UpdateLog {
public:
    const std::optional<Image>& image() const { return image_; }
    const std::map<InhibitorId, Inhibitor>& inhibitors() const { return inhibitors_; }
    std::uint64_t inhibitorsOf(uid_t user) const;
    InhibitorId nextInhibitor() const { return nextInhibitor_; }

    Phase phase() const { return phase_; }
    const Update* current() const { return current_ ? &*current_ : nullptr; }
    const std::deque<Update>& past() const { return past_; }     // the last ones, oldest first
    const Update* find(const std::string& uuid) const;           // the latest of that uuid
    const Update* arrivedBy() const { return find(arrivedBy_); } // which led to this boot
    const std::string& verdict() const { return verdict_; }      // about the handover, in words; "" where there is nothing to say

    void on(const ImageLoaded& record) { image_ = record.image; }
    void on(const ImageUnloaded&) { image_.reset(); }
    void on(const InhibitorAdded& record);
    void on(const InhibitorGone& record);
    void on(const UpdateBegan& record);
    void on(const UpdatePhase& record);
    void on(const UpdateMoment& record);
    void on(const UpdateEnded& record);
    void on(const UpdateReported& record) { keep(record.update); }
    void on(const UpdateArrived& record) { arrivedBy_ = record.update; }
    void on(const VerdictMade& record);

    // The kernel was replaced: locks and the image are gone, and the update that led here waits for its verdict.
    void crossOver();
    void snapshot(Handover handover, const std::function<void(const Record&)>& emit) const;

private:
    Update* mine(const std::string& uuid) { return const_cast<Update*>(find(uuid)); }
    void keep(Update update);
    void end(std::string outcome, std::string words);

    std::optional<Image> image_;
    std::map<InhibitorId, Inhibitor> inhibitors_;
    std::map<uid_t, std::uint64_t> inhibitorsByUser_;
    InhibitorId nextInhibitor_ = 1;
    Phase phase_ = Phase::Idle;
    std::optional<Update> current_;
    std::deque<Update> past_;
    std::string arrivedBy_, verdict_;
};

} // namespace luod::core
