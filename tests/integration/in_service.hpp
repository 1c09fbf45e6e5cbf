// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <vector>

namespace luod::tests {

// While it lives this process is in a control group as systemd would have made it for a system service; luod asks who
// somebody is when that one connects. Without the right to make control groups it changes nothing: see works().
class InService {
public:
    explicit InService(const std::string& name);
    ~InService();
    InService(const InService&) = delete;
    InService& operator=(const InService&) = delete;
    bool works() const { return works_; } // sd-login agrees

private:
    void moveTo(const std::string& group);

    std::vector<std::string> roots_; // of the hierarchies that systemd uses
    std::string group_;
    bool works_ = false;
};

} // namespace luod::tests
