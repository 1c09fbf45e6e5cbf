// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/conductor.hpp"

#include <functional>

namespace luod::app {

// The update's course, told to the bus and to the journal; and the disk is given the reports when one is over.
class UpdateNews final : public core::UpdateEvents {
public:
    UpdateNews(core::UpdateEvents& bus, std::function<void()> save) : bus_(bus), save_(std::move(save)) {}

    void phaseChanged() override { bus_.phaseChanged(); }
    void prepare(const core::Update& update) override;
    void over(const core::Update& update) override;
    void moment(const core::Moment& moment, std::size_t awaited) override;

private:
    core::UpdateEvents& bus_;
    std::function<void()> save_;
};

} // namespace luod::app
