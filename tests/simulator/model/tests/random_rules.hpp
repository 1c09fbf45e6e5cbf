// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What must be true after every step: no file in two sessions, FLB counts equal to the files that hold them, modules
// pinned by what is held and by nothing else, nothing alive without a reference. Computed from the dump and from the
// files themselves, not from the model's own bookkeeping.

#include "fakes.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace luosim::model {

class RandomRules {
public:
    using Files = std::vector<std::shared_ptr<FakeMemfd>>;
    using Watched = std::vector<std::weak_ptr<FakeMemfd>>;

    /// `files`: those the program has open. `watched`: all there ever were; the dead are taken out.
    RandomRules(Machine& machine, const Files& files, Watched& watched)
        : machine_(machine), files_(files), watched_(watched) {}

    /// After `said_` was done.
    void check(std::string said) {
        said_ = std::move(said);
        const State now = machine_.state();
        std::map<std::string, long> out, in;
        std::multiset<std::uint64_t> held[2];
        std::set<std::string> names[2];
        int which = 0;
        for (const auto* list : {&now.outgoing, &now.incoming}) {
            for (const SessionState& s : *list) {
                EXPECT_TRUE(names[which].insert(s.name).second) << said_ << ": two sessions named " << s.name;
                std::set<std::uint64_t> tokens;
                for (const FileState& f : s.files) {
                    ++(which ? in : out)[f.compatible];
                    EXPECT_TRUE(tokens.insert(f.token).second) << said_ << ": token twice";
                    EXPECT_FALSE(f.frozen) << said_;
                    if (f.fileId)
                        held[which].insert(f.fileId);
                }
            }
            ++which;
        }
        checkHolding(now, held[0], held[1]);
        checkFlb(now, "hugetlb-v1", out["memfd-v2"] + out["hugetlb-v1"], in["memfd-v2"] + in["hugetlb-v1"]);
        checkFlb(now, "pci-v1", out["vfio-pci-v1"], in["vfio-pci-v1"]);
        checkPins(now, "memfd", out["memfd-v2"] + in["memfd-v2"], "");
        checkPins(now, "hugetlb", out["hugetlb-v1"] + in["hugetlb-v1"], "hugetlb-v1");
        checkPins(now, "iommufd", out["iommufd-v1"] + in["iommufd-v1"], "");
        checkPins(now, "vfio-pci", out["vfio-pci-v1"] + in["vfio-pci-v1"], "");
    }

private:
    void checkHolding(const State& now, const std::multiset<std::uint64_t>& out,
                      const std::multiset<std::uint64_t>& in) {
        std::map<FakeInode*, std::pair<std::size_t, std::size_t>> held; // outgoing, incoming
        for (const auto& watch : watched_) {
            const auto file = watch.lock();
            if (!file)
                continue;
            auto& [outgoing, incoming] = held[file->inode.get()];
            outgoing += out.count(file->id);
            incoming += in.count(file->id);
            const bool programHasIt = std::ranges::find(files_, file) != files_.end();
            EXPECT_TRUE(programHasIt || out.contains(file->id) || in.contains(file->id))
                << said_ << ": outlives its last reference";
        }
        for (const auto& [inode, times] : held) {
            EXPECT_LE(times.first + times.second, 1u) << said_ << ": a memfd in two sessions";
            EXPECT_EQ(times.first == 1, inode->fixed) << said_ << ": size fixed without being preserved, or not fixed";
        }
        EXPECT_EQ(unretrieved(now), FakeRemains::alive) << said_ << ": memory of a file that nobody can reach";
        std::erase_if(watched_, [](const auto& watch) { return watch.expired(); });
    }

    static long unretrieved(const State& now) {
        long count = 0;
        for (const SessionState& s : now.incoming)
            for (const FileState& f : s.files)
                count += f.fileId == 0 && (f.compatible == "memfd-v2" || f.compatible == "hugetlb-v1");
        return count;
    }

    const FlbState& find(const State& now, const std::string& compatible) {
        return *std::ranges::find(now.flbs, compatible, &FlbState::compatible);
    }

    void checkFlb(const State& now, const std::string& name, long out, long in) {
        const FlbState& flb = find(now, name);
        const SharedFlb& calls = *machine_.flbs[name];
        EXPECT_EQ(out, flb.outgoingCount) << said_ << ": " << name;
        EXPECT_EQ(out > 0, calls.preserved - calls.unpreserved == 1) << said_ << ": " << name;
        EXPECT_EQ(out == 0, calls.preserved == calls.unpreserved) << said_ << ": " << name;
        EXPECT_LE(calls.retrieved, 1) << said_ << ": " << name;
        EXPECT_LE(calls.finished, calls.retrieved) << said_ << ": " << name;
        if (machine_.kernel.profile().rules.unretrievedFlbNeverFinished)
            return; // then the count says nothing
        EXPECT_EQ(in, flb.incomingCount) << said_ << ": " << name;
        EXPECT_EQ(flb.incoming == "finished", calls.finished == 1) << said_ << ": " << name;
        if (in > 0) {
            EXPECT_EQ(0, calls.finished) << said_ << ": " << name;
        } else {
            EXPECT_EQ(calls.retrieved, calls.finished) << said_ << ": " << name;
        }
    }

    void checkPins(const State& now, const std::string& module, long files, const std::string& flb) {
        long expected = files;
        if (!flb.empty()) {
            const SharedFlb& calls = *machine_.flbs[flb];
            expected += calls.preserved - calls.unpreserved + calls.retrieved - calls.finished;
        }
        const auto it = std::ranges::find(now.modules, module, &ModuleState::name);
        ASSERT_NE(now.modules.end(), it);
        EXPECT_EQ(expected, it->pins) << said_ << ": " << module;
    }

    Machine& machine_;
    const Files& files_;
    Watched& watched_;
    std::string said_;
};

} // namespace luosim::model
