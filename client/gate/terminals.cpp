// SPDX-License-Identifier: LGPL-2.1-or-later
#include "terminals.hpp"

#include "client/lib/fd.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace luod::gate {

void tellTerminals(const std::string& devices, const std::vector<std::string>& names, const std::string& words) {
    const std::string line = "\r\n" + words + "\r\n";
    for (const std::string& name : names) {
        client::Fd terminal(::open((devices + "/" + name).c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        if (terminal.get() >= 0 && ::write(terminal.get(), line.data(), line.size()) < 0)
            continue; // gone, or stopped: the journal has it
    }
}

} // namespace luod::gate
