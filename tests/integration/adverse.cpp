// SPDX-License-Identifier: LGPL-2.1-or-later
#include "adverse.hpp"

#include "core/unique_fd.hpp"

#include <fcntl.h>
#include <stdexcept>
#include <sys/mman.h>

namespace luod::tests {

Adverse::Adverse() {
    const std::string path = dir_.write("adversity", std::string(sizeof(Adversity), '\0'));
    const core::UniqueFd fd(open(path.c_str(), O_RDWR | O_CLOEXEC));
    void* const memory = mmap(nullptr, sizeof(Adversity), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (memory == MAP_FAILED)
        throw std::runtime_error("cannot map " + path);
    shared_ = static_cast<Adversity*>(memory);
}

Adverse::~Adverse() { munmap(shared_, sizeof(Adversity)); }

std::vector<std::string> Adverse::environment() const {
    return {"LD_PRELOAD=" LUOD_ADVERSITY, "LUOD_ADVERSITY=" + (dir_ / "adversity")};
}

} // namespace luod::tests
