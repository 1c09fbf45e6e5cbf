// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "check/circumstances.hpp"
#include "platform/service_manager.hpp"

namespace luod::check {

// The image to be judged, as luod holds it; empty where none is loaded.
struct Target {
    const std::expected<image::Facts, std::string>* facts = nullptr;
    int initrd = -1;
};

// Looks up what the check needs of the machine. Reads images and asks systemd, and waits for both: for worker threads.
Looked look(const Known& known, Target target, const platform::ServiceManager& manager = platform::ServiceManager());

// The kernel modules whose handlers the files held need; none for memfds, whose handler is built in.
std::vector<std::string> modulesFor(const Known& known);

} // namespace luod::check
