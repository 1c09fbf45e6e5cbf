// SPDX-License-Identifier: LGPL-2.1-or-later
#include "app/next_kernel.hpp"

#include "core/image_words.hpp"
#include "kernel/kexec.hpp"
#include "platform/machine.hpp"
#include "proto/image/facts.hpp"

#include <fmt/format.h>

namespace luod::app {
namespace {

using namespace core;

constexpr SessionId workKey = ~SessionId(0) - 4; // no session's
constexpr const char *kernelFd = "kk", *initrdFd = "ki";

bool isSame(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
           a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

Result<> checkFile(const UniqueFd& fd, const char* which) {
    struct stat is {};
    if (::fstat(fd.get(), &is) != 0 || !S_ISREG(is.st_mode))
        return fail(Errc::InvalidArgument, fmt::format("the {} is not a regular file", which));
    return {};
}

} // namespace

void NextKernel::Files::remember() {
    ::fstat(kernel.get(), &asLoaded[0]);
    if (initrd)
        ::fstat(initrd.get(), &asLoaded[1]);
}

bool NextKernel::Files::changed() const {
    struct stat now[2] = {};
    ::fstat(kernel.get(), &now[0]);
    if (initrd)
        ::fstat(initrd.get(), &now[1]);
    return !isSame(now[0], asLoaded[0]) || !isSame(now[1], asLoaded[1]);
}

const NextKernel::Facts& NextKernel::Files::readFacts(const std::string& path) {
    if (!read) {
        facts = image::inspect(kernel.get(), path);
        read = true;
    }
    return facts;
}

Result<> NextKernel::loadFiles(const Files& files, const std::string& cmdline) {
    auto loaded = kernel::loadImage(files.kernel.get(), files.initrd ? files.initrd.get() : -1, cmdline);
    if (loaded)
        return {};
    struct stat initrd {};
    if (files.initrd)
        ::fstat(files.initrd.get(), &initrd);
    std::string running = platform::kernelCommandLine();
    return std::unexpected(loadRefused(loaded.error(), {.kernelBytes = kernel::memoryNeeded(files.kernel.get()),
                                                        .initrdBytes = std::uint64_t(initrd.st_size),
                                                        .runningCommandLine = running,
                                                        .lockdown = platform::isLockedDown()}));
}

void NextKernel::load(bus::UpdateDesk::Load what, const std::string& uuid, Done<Image> done) {
    if (auto good = checkFile(what.kernel, "kernel"); !good)
        return done(std::unexpected(good.error()));
    if (auto good = what.initrd ? checkFile(what.initrd, "initrd") : Result<>(); !good)
        return done(std::unexpected(good.error()));
    auto files = std::make_shared<Files>();
    files->kernel = std::move(what.kernel);
    files->initrd = std::move(what.initrd);
    Image image{.uuid = uuid, .kernelPath = what.kernelPath, .initrdPath = what.initrdPath,
                .cmdline = targetCommandLine(what.cmdline, uuid, what.keepCmdline), .boot = platform::bootId()};
    auto loaded = std::make_shared<Result<>>();
    workers_.run(
        workKey,
        [files, loaded, cmdline = image.cmdline, path = image.kernelPath] {
            files->remember();
            *loaded = loadFiles(*files, cmdline);
            if (*loaded)
                files->readFacts(path);
        },
        [this, files, loaded, image, done = std::move(done)]() mutable {
            if (!*loaded)
                return done(std::unexpected(loaded->error()));
            if (files->facts)
                image.release = files->facts->release;
            forget();
            files_ = files;
            (void)store_.store(kernelFd, files->kernel.get());
            if (files->initrd)
                (void)store_.store(initrdFd, files->initrd.get());
            done(image);
        });
}

void NextKernel::reload(const Image& image, const std::string& uuid, Done<> done) {
    if (!files_)
        return done(fail(Errc::CheckFailed, "luod does not hold the kernel's files any more; load it again with 'luoctl load'"));
    auto loaded = std::make_shared<Result<>>();
    workers_.run(
        workKey,
        [files = files_, loaded, cmdline = targetCommandLine(image.cmdline, uuid, true)] { *loaded = loadFiles(*files, cmdline); },
        [loaded, done = std::move(done)] { done(*loaded); });
}

void NextKernel::unload(Done<> done) {
    auto unloaded = std::make_shared<Errno<>>();
    workers_.run(
        workKey, [unloaded] { *unloaded = kernel::unloadImage(); },
        [this, unloaded, done = std::move(done)] {
            if (!*unloaded)
                return done(std::unexpected(unloadRefused(unloaded->error())));
            forget();
            done({});
        });
}

bool NextKernel::takeBack(const std::string& fdName, UniqueFd& fd) {
    if (fdName != kernelFd && fdName != initrdFd)
        return false;
    if (!files_)
        files_ = std::make_shared<Files>();
    (fdName == kernelFd ? files_->kernel : files_->initrd) = std::move(fd);
    files_->remember(); // what was written to them while luod was away shows in the next load
    return true;
}

void NextKernel::forget() {
    files_.reset();
    store_.remove(kernelFd);
    store_.remove(initrdFd);
}

} // namespace luod::app
