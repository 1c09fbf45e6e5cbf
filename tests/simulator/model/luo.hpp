// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// An executable description of the kernel's Live Update Orchestrator: one Kernel is one boot of one machine.
//
// It makes no system call, knows no clock, keeps nothing global and starts no thread; the same calls give the same
// answers. The order of the checks is the kernel's. Where kernels differ the Profile decides.
//
//   Kernel old(*findProfile("7.3"));                 cold boot
//   old.loadModule(...)                              before the first open, or their files are lost
//   old.openDevice(); auto s = *old.createSession("web"); old.preserveFd(s, 1, file); old.releaseDevice();
//   if (old.freeze()) {                              reboot(LINUX_REBOOT_CMD_KEXEC): all or nothing
//       Handover h = old.jump(KexecImage::kexecFileLoad);
//       Kernel next(*findProfile("7.3"), std::move(h));
//   }

#include "fault.hpp"
#include "file.hpp"
#include "flb.hpp"
#include "handler.hpp"
#include "handover.hpp"
#include "profile.hpp"
#include "result.hpp"
#include "state.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace luosim::model {

/// One boot's name for a session; never used again within the boot.
using SessionId = std::uint64_t;

/// A kernel module and what it registers when loaded. `name` is what handlers and FLBs give as owner.
struct Module {
    std::string name;
    std::vector<std::shared_ptr<FileHandler>> handlers;
    struct Link {
        std::string handler; ///< compatible string of a handler that is registered by then
        std::shared_ptr<Flb> flb;
    };
    std::vector<Link> flbs;
};

class Kernel {
public:
    /// Boots. `faults` is consulted for errnos, may be null, and must outlive the kernel.
    explicit Kernel(Profile profile, Handover handover = {}, FaultTable* faults = nullptr);
    ~Kernel();
    Kernel(Kernel&&) noexcept;
    Kernel& operator=(Kernel&&) noexcept;

    const Profile& profile() const;
    /// How the handover was taken. Arrival::panicked: this kernel never ran, its device does not
    /// open; boot cold instead.
    Arrival arrival() const;

    // Modules and registration
    // -----------------------------------------------------------------------------------------

    /// ENOENT when a fault says it is not there yet; else what registering says, with everything of it undone.
    Status loadModule(Module module);
    /// EAGAIN while pinned (as delete_module says), ENOENT when not loaded. Unregisters; that itself cannot fail.
    Status unloadModule(std::string_view name);
    bool moduleLoaded(std::string_view name) const;

    /// EOPNOTSUPP without liveupdate, EEXIST for a compatible string that is registered already.
    Status registerFileHandler(std::shared_ptr<FileHandler> handler);
    /// Returns nothing and cannot fail. Takes the handler's FLBs along.
    void unregisterFileHandler(const FileHandler& handler);
    /// EOPNOTSUPP; EINVAL when the handler is not registered; EEXIST for this FLB on this handler, or another FLB with
    /// the same compatible string; ENOSPC for too many.
    Status registerFlb(const FileHandler& handler, std::shared_ptr<Flb> flb);
    void unregisterFlb(const FileHandler& handler, const Flb& flb);

    // FLB objects, for handlers
    // ----------------------------------------------------------------------------------------

    /// Retrieves it when nobody did yet. ENODATA: nothing came over or all is finished; ENOENT: not among what came;
    /// an error of the FLB's retrieve stays. The pointer lives until the FLB is finished.
    Result<Blob*> flbIncoming(const Flb& flb);
    /// ENOENT while no file holds it. Valid only inside a file's callback.
    Result<Blob*> flbOutgoing(const Flb& flb);
    /// The question the kernel cannot answer.
    FlbIncoming flbProvenance(const Flb& flb) const;

    // /dev/liveupdate
    // --------------------------------------------------------------------------------------------------

    bool deviceExists() const; ///< else open is ENOENT
    /// EBUSY: open already. The first one of a boot deserialises; if that fails, EIO now and for the rest of the boot.
    Status openDevice();
    void releaseDevice();

    /// `name` is the field as it came, up to 64 bytes, and ends at the first NUL; 64 bytes without one are
    /// unterminated.
    Result<SessionId> createSession(std::string_view name);
    Result<SessionId> retrieveSession(std::string_view name);
    /// As if it had never been retrieved. The kernel finds out that the caller has no free descriptor before it looks
    /// for the session; whoever plays it may notice only afterwards.
    void undoRetrieveSession(SessionId session);

    // Sessions. An id that is not open is EBADF.
    // -----------------------------------------------------------------------

    bool sessionOpen(SessionId session) const;
    bool sessionRetrieved(SessionId session) const; ///< it came from the incoming list
    /// A null `file` is a bad fd: EBADF, when its turn comes.
    Status preserveFd(SessionId session, std::uint64_t token, FileRef file);
    Result<FileRef> retrieveFd(SessionId session, std::uint64_t token);
    Status finish(SessionId session);
    Result<std::string> getName(SessionId session);
    /// The last reference is gone. Outgoing: un-preserves everything. Retrieved: finishes; when that is refused the
    /// session stays, out of everybody's reach, until reboot (the errno is for the log: close itself does not report
    /// it).
    Status closeSession(SessionId session);

    /// A device was unplugged while its file is held here: the file stays in its session, every operation on it and
    /// every freeze fails with ENODEV until the session is closed. Agreed on the list, not built in any kernel. Returns
    /// how many.
    std::size_t invalidate(const File& file);
    /// Held by an outgoing session, or by an incoming one that retrieved it and is not finished.
    bool filePreserved(const File& file) const;

    // reboot
    // -----------------------------------------------------------------------------------------------------------

    /// reboot(LINUX_REBOOT_CMD_KEXEC) up to the point of no return: freezes every file of every outgoing session in
    /// order. If one refuses, what was frozen is thawed (sessions from last to first, files of each from first to
    /// last), the errno comes back and the system runs on. With KexecImage::none: EINVAL before anything is touched.
    Status freeze(KexecImage image = KexecImage::kexecFileLoad);
    bool frozen() const;
    /// The jump. Takes the content of the files as it is now; the kernel is dead afterwards. Only after freeze().
    Handover jump(KexecImage image);

    /// For people and for tests.
    State state() const;

    struct Impl; ///< for the model's own files

private:
    std::unique_ptr<Impl> impl_;
};

} // namespace luosim::model
