// SPDX-License-Identifier: LGPL-2.1-or-later
#include "core/update_log.hpp"

#include <algorithm>

namespace luod::core {

const Update* UpdateLog::find(const std::string& uuid) const {
    if (uuid.empty())
        return nullptr;
    if (current_ && current_->uuid == uuid)
        return &*current_;
    auto at = std::ranges::find(past_.rbegin(), past_.rend(), uuid, &Update::uuid);
    return at == past_.rend() ? nullptr : &*at;
}

void UpdateLog::keep(Update update) {
    past_.push_back(std::move(update));
    if (past_.size() > updatesKept)
        past_.pop_front();
}

void UpdateLog::end(std::string outcome, std::string words) {
    if (!current_)
        return;
    current_->outcome = std::move(outcome);
    current_->words = std::move(words);
    keep(std::move(*current_));
    current_.reset();
    phase_ = Phase::Idle;
}

void UpdateLog::on(const InhibitorAdded& record) {
    on(InhibitorGone{record.inhibitor.id}); // a ledger may say the same thing twice
    inhibitors_.emplace(record.inhibitor.id, record.inhibitor);
    ++inhibitorsByUser_[record.inhibitor.uid];
    nextInhibitor_ = std::max(nextInhibitor_, record.inhibitor.id + 1);
}

void UpdateLog::on(const InhibitorGone& record) {
    auto at = inhibitors_.find(record.id);
    if (at == inhibitors_.end())
        return;
    if (auto user = inhibitorsByUser_.find(at->second.uid); --user->second == 0)
        inhibitorsByUser_.erase(user);
    inhibitors_.erase(at);
}

std::uint64_t UpdateLog::inhibitorsOf(uid_t user) const {
    auto at = inhibitorsByUser_.find(user);
    return at == inhibitorsByUser_.end() ? 0 : at->second;
}

void UpdateLog::on(const UpdateBegan& record) {
    current_ = record.update;
    phase_ = Phase::Checking;
}

void UpdateLog::on(const UpdatePhase& record) {
    if (!current_)
        return;
    phase_ = record.phase;
    current_->to = record.to;
    current_->deadline = record.deadline;
}

void UpdateLog::on(const UpdateMoment& record) {
    if (Update* update = mine(record.update))
        update->moments.push_back(record.moment);
}

void UpdateLog::on(const UpdateEnded& record) { end(record.outcome, record.words); }

void UpdateLog::on(const VerdictMade& record) {
    verdict_ = record.words;
    if (Update* update = mine(arrivedBy_)) {
        update->outcome = word(record.handover);
        update->words = record.words;
    }
}

void UpdateLog::crossOver() {
    image_.reset();
    inhibitors_.clear();
    inhibitorsByUser_.clear();
    verdict_.clear();
    arrivedBy_.clear();
    if (!current_)
        return;
    if (phase_ == Phase::Checking)
        return end(std::string(aborted), "the kernel was replaced while the update was still being checked");
    arrivedBy_ = current_->uuid;
    end(std::string(underWay), {});
}

void UpdateLog::snapshot(Handover handover, const std::function<void(const Record&)>& emit) const {
    if (image_)
        emit(ImageLoaded{*image_});
    for (const auto& [id, inhibitor] : inhibitors_)
        emit(InhibitorAdded{inhibitor});
    for (const Update& update : past_)
        emit(UpdateReported{update});
    if (!arrivedBy_.empty())
        emit(UpdateArrived{arrivedBy_});
    if (!verdict_.empty())
        emit(VerdictMade{handover, verdict_});
    if (!current_)
        return;
    emit(UpdateBegan{*current_});
    emit(UpdatePhase{phase_, current_->to, current_->deadline});
}

} // namespace luod::core
