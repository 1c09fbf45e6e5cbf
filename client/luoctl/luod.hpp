// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// libluod for luoctl: owners for its handles, its structs as rows, its errors as Failure.

#include "findings.hpp"
#include "luod.h"
#include "options.hpp"
#include "rows.hpp"

#include <cstdlib>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unistd.h>

namespace luoctl {

class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd() {
        if (fd_ >= 0)
            ::close(fd_);
    }
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

// What the library gave out, with its own way to be freed.
struct Free {
    void operator()(char* text) const { std::free(text); }
    void operator()(luod_status* status) const { luod_status_free(status); }
    void operator()(luod_sessions* list) const { luod_sessions_free(list); }
    void operator()(luod_files* list) const { luod_files_free(list); }
    void operator()(luod_inhibitors* list) const { luod_inhibitors_free(list); }
    void operator()(luod_quotas* list) const { luod_quotas_free(list); }
    void operator()(luod_findings* list) const { luod_findings_free(list); }
    void operator()(luod_report* report) const { luod_report_free(report); }
    void operator()(luod_reports* list) const { luod_reports_free(list); }
    void operator()(luod_metrics* list) const { luod_metrics_free(list); }
};
template <typename T> using Owned = std::unique_ptr<T, Free>;

struct Retrieved {
    uint64_t token = 0;
    std::string name;
    Fd fd;
};

// A file's metadata in the library's form; points into the Dict.
class Metadata {
public:
    explicit Metadata(const Dict& dict);
    std::span<const luod_value> values() const { return values_; }

private:
    std::vector<luod_value> values_;
    std::map<const void*, std::vector<const char*>> stringLists_;
};

class Luod {
public:
    explicit Luod(const Options& options) : options_(options) {}

    Status status();
    std::vector<Session> list();                  // as --owner and the direction narrow it
    std::string find(const std::string& session); // its object path; session is a name or a path already
    Session session(const std::string& path);
    std::vector<File> files(const std::string& path);

    std::string create(const std::string& name);
    void preserve(const std::string& path, const luod_input& file, bool byLuod);
    std::vector<Retrieved> retrieve(const std::string& path, const std::vector<File>& files, bool byLuod);
    void annotate(const std::string& path, const File& file);
    void takeOut(const std::string& path, uint64_t token);
    void finish(const std::string& path);
    void discard(const std::string& path);

    std::vector<Inhibitor> inhibitors();
    std::vector<Quota> quotas();
    Fd inhibit(const std::string& who, const std::string& why, const std::string& mode, uint64_t deadline);
    std::string load(int kernel, int initrd, const std::string& cmdline, luod_load_options wish); // as loaded
    void unload();
    std::vector<Finding> checkUpdate(const std::string& mode);
    std::string update(luod_update_options wish); // its uuid
    void abort(const std::string& reason);
    Report report(const std::string& update); // "": the last one
    std::vector<ReportEntry> reports();
    std::vector<Metric> metrics();

    luod_client* handle(); // connects when it is first asked for
    // Throws unless result is 0 or more. doing: what is told to have failed.
    int check(int result, const std::string& doing);

private:
    struct Close {
        void operator()(luod_client* client) const { luod_close(client); }
    };
    std::string findOfOthers(const std::string& session, int result);

    const Options& options_;
    std::unique_ptr<luod_client, Close> client_;
};

// The file of that token or name in a session's list. Throws the failure "no such file".
const File& findFile(const std::vector<File>& files, const std::string& tokenOrName);

} // namespace luoctl
