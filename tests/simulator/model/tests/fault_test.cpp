// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fakes.hpp"

namespace luosim::model {
namespace {

using namespace std::chrono_literals;

Fault parsed(const std::string& text) {
    auto fault = parseFault(text);
    EXPECT_TRUE(fault) << fault.error();
    return fault.value_or(Fault{});
}

std::string complaint(const std::string& text) {
    auto fault = parseFault(text);
    EXPECT_FALSE(fault) << text;
    return fault ? "" : fault.error();
}

TEST(FaultText, TheFormsOfTheHeader) {
    const Fault preserve = parsed("preserve:token=7:nth=2:errno=ENOMEM");
    EXPECT_EQ(Point::preserve, preserve.point);
    EXPECT_EQ(7u, preserve.token);
    EXPECT_EQ(2u, preserve.nth);
    EXPECT_EQ(Effect::errnoNumber, preserve.effect);
    EXPECT_EQ(ENOMEM, preserve.errnoNumber);
    EXPECT_EQ(EIO, parsed("open:errno=EIO").errnoNumber);
    EXPECT_EQ(Stage::freeze, parsed("reboot:freeze:errno=EBUSY").stage);
    EXPECT_EQ("NAME", parsed("finish:session=NAME:errno=EBUSY").session);
    EXPECT_EQ(2s, parsed("preserve:delay=2s").delay);
    EXPECT_EQ(5ms, parsed("preserve:delay=5ms").delay);
    EXPECT_EQ(60s, parsed("close:delay=1m").delay);
    EXPECT_EQ(Effect::kill, parsed("call:nth=17:kill").effect);
    EXPECT_EQ(Effect::powerLoss, parsed("kexec:power-loss").effect);
    EXPECT_EQ("vfio-pci", parsed("module:name=vfio-pci:not-loaded").module);
    EXPECT_EQ(0xffffffffffffffffull, parsed("retrieve:token=0xffffffffffffffff:errno=5").token);
    EXPECT_EQ(5, parsed("retrieve:errno=5").errnoNumber);
    EXPECT_EQ(Stage::handler, parsed("retrieve:handler:token=3:errno=ENOMEM").stage);
}

TEST(FaultText, ComesBackAsItWasWritten) {
    for (const char* text :
         {"preserve:token=7:nth=2:errno=ENOMEM", "reboot:freeze:errno=EBUSY", "call:nth=17:kill", "preserve:kill-after",
          "load:errno=EADDRNOTAVAIL", "finish:handler:session=web:from=3:errno=EBUSY", "kexec:power-loss",
          "open:delay=2000ms", "module:name=vfio-pci:not-loaded", "create:session=:errno=ENOSPC"}) {
        EXPECT_EQ(text, toString(parsed(text)));
        EXPECT_EQ(parsed(text), parsed(toString(parsed(text))));
    }
}

TEST(FaultText, SaysWhatIsWrong) {
    const std::pair<const char*, const char*> wrong[] = {
        {"", "'' is not a point; known are call, open"},
        {"perserve:errno=EIO", "'perserve' is not a point"},
        {"preserve", "there is no effect"},
        {"preserve:token=x:kill", "token wants a number, not 'x'"},
        {"preserve:token=:kill", "token wants a number, not ''"},
        {"preserve:token=1x:kill", "token wants a number, not '1x'"},
        {"preserve:token=-1:kill", "token wants a number, not '-1'"},
        {"preserve:token=18446744073709551616:kill", "token wants a number"},
        {"preserve:errno=ENOSUCH", "not 'ENOSUCH'"},
        {"preserve:errno=0", "not '0'"},
        {"preserve:errno=134", "from 1 to 133, not '134'"},
        {"preserve:delay=2", "not '2'"},
        {"preserve:delay=2h", "not '2h'"},
        {"preserve:delay=99999999999999999999s", "delay wants"},
        {"preserve:delay=1441m", "up to a day"},
        {"preserve:color=red:kill", "'color' is not a key"},
        {"preserve:crash", "'crash' is neither a stage nor an effect"},
        {"preserve::kill", "'' is neither"},
        {"preserve:kill:", "'' is neither"},
        {"preserve:kill:errno=EIO", "more than one effect"},
        {"preserve:token=1:token=2:kill", "token is given twice"},
        {"preserve:nth=0:kill", "count from 1"},
        {"preserve:not-loaded", "module and not-loaded belong together"},
        {"module:name=a:errno=EIO", "module and not-loaded belong together"},
        {"module:not-loaded", "module needs it"},
        {"open:name=a:kill", "name= belongs to module"},
        {"open:power-loss", "kexec and power-loss belong together"},
        {"kexec:errno=EIO", "kexec and power-loss belong together"},
        {"preserve:freeze:errno=EIO", "freeze belongs to reboot"},
        {"open:handler:errno=EIO", "handler belongs to"},
        {"reboot:freeze:kill", "only errno= can be done"},
    };
    for (const auto& [text, what] : wrong) {
        const std::string said = complaint(text);
        EXPECT_NE(std::string::npos, said.find(what)) << text << " -> " << said;
        EXPECT_EQ(0u, said.find("fault '" + std::string(text) + "': ")) << said;
    }
}

TEST(FaultTable, CountsTheMatchingOnesOnly) {
    FaultTable table;
    table.add(parsed("preserve:token=7:nth=2:errno=ENOMEM"));
    const Event seven{Point::preserve, Stage::call, "a", 7};
    EXPECT_EQ(0, table.strikeErrno(seven));
    EXPECT_EQ(0, table.strikeErrno({Point::preserve, Stage::call, "a", 8}));
    EXPECT_EQ(0, table.strikeErrno({Point::retrieve, Stage::call, "a", 7}));
    EXPECT_EQ(0, table.strikeErrno({Point::preserve, Stage::handler, "a", 7}));
    EXPECT_EQ(ENOMEM, table.strikeErrno(seven));
    EXPECT_EQ(0, table.strikeErrno(seven));
}

TEST(FaultTable, FromMeansFromThenOn) {
    FaultTable table;
    table.add(parsed("open:from=2:errno=EBUSY"));
    EXPECT_EQ(0, table.strikeErrno({Point::open}));
    EXPECT_EQ(EBUSY, table.strikeErrno({Point::open}));
    EXPECT_EQ(EBUSY, table.strikeErrno({Point::open}));
    table.clear();
    EXPECT_EQ(0, table.strikeErrno({Point::open}));
}

TEST(FaultTable, EveryReaderCountsForItself) {
    FaultTable table;
    table.add(parsed("call:nth=2:errno=EINTR"));
    table.add(parsed("call:nth=2:kill"));
    table.add(parsed("call:nth=2:delay=3ms"));
    EXPECT_EQ(0, table.strikeErrno({Point::open}));
    EXPECT_FALSE(table.strikeTreatment({Point::open}).kill);
    EXPECT_EQ(EINTR, table.strikeErrno({Point::close}));
    const auto treatment = table.strikeTreatment({Point::reboot});
    EXPECT_TRUE(treatment.kill);
    EXPECT_EQ(3ms, treatment.delay);
    EXPECT_EQ(3u, table.faults().size());
}

TEST(FaultTable, KillBeforeAndKillAfterAreTwoThings) {
    FaultTable table;
    table.add(parsed("preserve:kill-after"));
    table.add(parsed("load:kill"));
    table.add(parsed("load:nth=2:errno=EADDRNOTAVAIL"));
    EXPECT_TRUE(table.strikeTreatment({Point::preserve}).killAfter);
    EXPECT_FALSE(table.strikeTreatment({Point::preserve}).kill);
    EXPECT_TRUE(table.strikeTreatment({Point::load}).kill);
    EXPECT_FALSE(table.strikeTreatment({Point::load}).killAfter);
    EXPECT_EQ(0, table.strikeErrno({Point::load}));
    EXPECT_EQ(EADDRNOTAVAIL, table.strikeErrno({Point::load}));
}

TEST(FaultTable, ACallIsWhatAProgramDoes) {
    FaultTable table;
    table.add(parsed("call:errno=EIO"));
    EXPECT_EQ(0, table.strikeErrno({Point::kexec}));
    EXPECT_EQ(0, table.strikeErrno({Point::module}));
    EXPECT_EQ(0, table.strikeErrno({Point::preserve, Stage::handler}));
    EXPECT_EQ(EIO, table.strikeErrno({Point::reboot}));
}

TEST(Faults, AnyErrnoFromAnyCallLeavesTheStateAlone) {
    Machine m;
    ASSERT_TRUE(m.kernel.preserveFd(m.create("in"), 1, makeMemfd()));
    ASSERT_TRUE(m.reboot());
    const SessionId out = m.create("out");
    const SessionId in = m.retrieve("in");
    m.kernel.releaseDevice();
    ASSERT_TRUE(m.kernel.openDevice());
    m.inject("call:errno=EUCLEAN");
    const State before = m.state();
    EXPECT_EQ(EUCLEAN, code(m.kernel.createSession("b")));
    EXPECT_EQ(EUCLEAN, code(m.kernel.retrieveSession("in")));
    EXPECT_EQ(EUCLEAN, code(m.kernel.preserveFd(out, 1, makeMemfd())));
    EXPECT_EQ(EUCLEAN, code(m.kernel.retrieveFd(in, 1)));
    EXPECT_EQ(EUCLEAN, code(m.kernel.finish(in)));
    EXPECT_EQ(EUCLEAN, code(m.kernel.getName(in)));
    EXPECT_EQ(EUCLEAN, code(m.kernel.closeSession(in)));
    EXPECT_EQ(EUCLEAN, code(m.kernel.freeze()));
    EXPECT_EQ(before, m.state());
}

} // namespace
} // namespace luosim::model
