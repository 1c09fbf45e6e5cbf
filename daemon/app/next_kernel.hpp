// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The kernel that the next update goes to. luod keeps the files it was loaded from, in the fd store too, and loads them
// again at the start of each update: so the image that the machine goes over with is certainly luod's, whatever other
// programs have loaded since, and bears this update's uuid.

#include "bus/update_desk.hpp"
#include "core/conductor.hpp"
#include "platform/worker_pool.hpp"
#include "proto/image/facts.hpp"

#include <atomic>
#include <expected>
#include <memory>
#include <string>
#include <sys/stat.h>

namespace luod::app {

class NextKernel {
public:
    NextKernel(core::FdStore& store, platform::WorkerPool& workers) : store_(store), workers_(workers) {}

    // Loads, reads what the image says of itself, keeps the files. The image is for the ledger.
    void load(bus::UpdateDesk::Load what, const std::string& uuid, core::Done<core::Image> done);
    // The same files once more, under another uuid. `cmdline` is the image's, its uuid is replaced.
    void reload(const core::Image& image, const std::string& uuid, core::Done<> done);
    void unload(core::Done<> done);

    // Files that a luod before this one left in the fd store. True where the name is one of these.
    bool takeBack(const std::string& fdName, core::UniqueFd& fd);
    void forget();

    using Facts = std::expected<image::Facts, std::string>;
    // Reads the image where that was not done yet. For worker threads, one at a time.
    struct Files;
    std::shared_ptr<Files> files() const { return files_; }

    struct Files {
        core::UniqueFd kernel, initrd;
        struct stat asLoaded[2] = {};
        Facts facts = std::unexpected("not read yet");
        std::atomic<bool> read = false; // from then on facts are for every thread

        void remember();
        bool changed() const;
        const Facts& readFacts(const std::string& path); // `path`: as the caller called the kernel
    };

private:
    static core::Result<> loadFiles(const Files& files, const std::string& cmdline);

    core::FdStore& store_;
    platform::WorkerPool& workers_;
    std::shared_ptr<Files> files_; // shared with the job at work on them
};

} // namespace luod::app
