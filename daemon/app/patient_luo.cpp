// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/patient_luo.hpp"

#include <algorithm>
#include <cerrno>
#include <thread>

namespace luod::app {

core::Errno<core::UniqueFd> PatientLuo::patiently(const std::function<core::Errno<core::UniqueFd>()>& call) {
    using namespace std::chrono;
    auto deadline = steady_clock::now() + patience_;
    for (auto pause = microseconds(200);; pause = std::min(pause * 2, microseconds(50'000))) {
        auto result = call();
        if (result || result.error() != EBUSY || steady_clock::now() >= deadline)
            return result;
        std::this_thread::sleep_for(pause);
    }
}

} // namespace luod::app
