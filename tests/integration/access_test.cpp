// SPDX-License-Identifier: LGPL-2.1-or-later

// Who may do what: every method and every property of every interface, tried by everybody. A row for each; what the XML
// has and this table has not, fails, and so does the contrary.

#include "binaries.hpp"
#include "expect.hpp"
#include "in_service.hpp"

#include <array>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <sys/mman.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

namespace luod::tests {
namespace {

// yes: let in, whatever comes of it; no: AccessDenied; none: as if there were no such object.
enum Verdict { yes, no, none };

constexpr uid_t owner = nobody, member = 1, stranger = 2;
// The last but one is a system service under the owner's uid that has nothing to do with the owner's, and no right.
constexpr std::array peers{"root", "owner", "group member", "another user", "sandboxed unit", "anonymous peer"};
using Row = std::array<Verdict, peers.size()>;

constexpr Row creating{yes, no, yes, no, no, no}, leading{yes, no, no, no, no, no}, known{yes, yes, yes, yes, yes, no},
    all{yes, yes, yes, yes, yes, yes}, owning{yes, yes, none, none, none, none};

const std::map<std::string, Row> methods{
    {"Manager.CreateSession", creating}, {"Manager.FindSession", known},    {"Manager.ListSessions", known},
    {"Manager.GetQuotas", known},        {"Manager.Subscribe", known},      {"Manager.Unsubscribe", known},
    {"Manager.Inhibit", creating},       {"Manager.ListInhibitors", known}, {"Manager.LoadKernel", leading},
    {"Manager.UnloadKernel", leading},   {"Manager.Check", leading},        {"Manager.LiveUpdate", leading},
    {"Manager.AbortLiveUpdate", leading}, {"Manager.ListReports", known},   {"Manager.GetReport", known},
    {"Manager.Metrics", known},
    {"Session.Preserve", owning},        {"Session.NotePreserved", owning}, {"Session.Retrieve", owning},
    {"Session.RetrieveByName", owning},  {"Session.RetrieveAll", owning},   {"Session.Open", owning},
    {"Session.NoteRetrieved", owning},   {"Session.Annotate", owning},      {"Session.TakeOut", owning},
    {"Session.Finish", owning},          {"Session.Discard", owning},       {"Session.ListFiles", owning},
};

const std::map<std::string, Row> properties{
    {"Manager.Phase", all},           {"Manager.Update", all},        {"Manager.UpdateMode", all},
    {"Manager.Awaited", all},         {"Manager.LoadedKernel", all},  {"Manager.Version", all},
    {"Manager.KernelRelease", all},   {"Manager.Available", all},     {"Manager.UnavailableReason", all},
    {"Manager.LiveUpdates", all},     {"Manager.LastHandover", all},  {"Manager.LastHandoverReason", all},
    {"Manager.Sessions", all},        {"Manager.Files", all},         {"Session.Name", owning},
    {"Session.Owner", owning},        {"Session.Unit", owning},       {"Session.BoundToUnit", owning},
    {"Session.SecurityLabel", owning}, {"Session.KernelName", owning}, {"Session.Direction", owning},
    {"Session.State", owning},        {"Session.Created", owning},    {"Session.Lent", owning},
    {"Session.Files", owning},
};

struct Member {
    bool isProperty, isAsync, isWritable;
    std::vector<std::string> arguments; // types of those that go in
};

std::string read(const std::string& path) {
    std::ifstream file(sourceFile(path));
    return {std::istreambuf_iterator<char>(file), {}};
}

// "Session.Open" and so on, with what the XML says of them.
std::map<std::string, Member> membersOf(const std::string& interface) {
    std::map<std::string, Member> members;
    const std::string xml = std::regex_replace(read("proto/org.luod1." + interface + ".xml"), std::regex("<!--[^]*?-->"), "");
    const std::regex tag("<(method|property|signal|arg|annotation) name=\"([^\"]+)\"(?: (?:type|value)=\"([^\"]+)\")?"
                         "(?: (?:direction|access)=\"([^\"]+)\")?");
    Member* current = nullptr;
    for (std::sregex_iterator at(xml.begin(), xml.end(), tag), end; at != end; ++at) {
        const std::string kind = (*at)[1], name = (*at)[2], type = (*at)[3], last = (*at)[4];
        if (kind == "signal")
            current = nullptr;
        else if (kind == "method" || kind == "property")
            current = &(members[interface + "." + name] = {kind == "property", false, last.find("write") != last.npos, {}});
        else if (current && kind == "arg" && last == "in")
            current->arguments.push_back(type);
        else if (current && kind == "annotation" && name == "org.freedesktop.DBus.Method.Async")
            current->isAsync = true;
    }
    return members;
}

std::map<std::string, Member> allMembers() {
    auto members = membersOf("Manager");
    members.merge(membersOf("Session"));
    return members;
}

TEST(AccessTable, HasWhatTheInterfacesHaveAndNothingElse) {
    std::set<std::string> described, judged;
    for (const auto& [name, member] : allMembers()) {
        described.insert(name);
        EXPECT_EQ((member.isProperty ? properties : methods).count(name), 1u) << name << " has no row in this table";
        EXPECT_FALSE(member.isWritable) << name << ": a writable property needs rows of its own here";
    }
    for (const auto* table : {&methods, &properties})
        for (const auto& [name, row] : *table)
            judged.insert(name);
    EXPECT_EQ(judged, described);
    EXPECT_GT(described.size(), 50u);
}

using Bus = std::unique_ptr<sd_bus, decltype(&sd_bus_flush_close_unref)>;

class Access : public testing::Test {
protected:
    static World::Options options() {
        // luod's own policy on top, and a bus that would let anybody in.
        return {.config = "[Sessions]\nAllowGroup=daemon\nPolkit=no\n",
                .bus = {.policyFile = sourceFile("proto/org.luod1.conf"),
                        .extraConfig = "<auth>ANONYMOUS</auth><allow_anonymous/>"}};
    }
    Bus connect(uid_t user, gid_t group, bool anonymous = false) {
        sd_bus* made = nullptr;
        sd_bus_new(&made);
        Bus bus(made, sd_bus_flush_close_unref);
        sd_bus_set_address(made, world.address().c_str());
        sd_bus_set_bus_client(made, 1);
        if (anonymous)
            sd_bus_set_anonymous(made, 1);
        EXPECT_TRUE(setegid(group) == 0 && seteuid(user) == 0);
        EXPECT_GE(sd_bus_start(made), 0);
        // Who it is luod asks when it first hears of it.
        EXPECT_EQ(call(made, "/org/luod1", "org.freedesktop.DBus.Peer", "Ping", {}), "");
        get(made, "/org/luod1", "Manager", "Version");
        EXPECT_TRUE(seteuid(0) == 0 && setegid(0) == 0);
        return bus;
    }
    void SetUp() override {
        InService service("luod-test-owner.service");
        if (!service.works())
            GTEST_SKIP() << "needs the right to make control groups";
        maker = connect(owner, member);
        buses.push_back(connect(0, 0));
        buses.push_back(connect(owner, owner));
        buses.push_back(connect(member, member));
        buses.push_back(connect(stranger, stranger));
        InService other("luod-test-sandboxed.service");
        buses.push_back(connect(owner, owner));
        buses.push_back(connect(owner, owner, true));
    }

    // The error's name, "" where there was none.
    static std::string call(sd_bus* bus, const std::string& path, const char* interface, const std::string& member,
                            const std::vector<std::string>& arguments) {
        sd_bus_message* message = nullptr;
        sd_bus_message_new_method_call(bus, &message, "org.luod1", path.c_str(), interface, member.c_str());
        for (const std::string& type : arguments)
            append(message, member, type);
        sd_bus_error error{};
        sd_bus_message* reply = nullptr;
        const int result = sd_bus_call(bus, message, 0, &error, &reply);
        std::string name = result < 0 ? error.name ? error.name : "?" : "";
        sd_bus_error_free(&error);
        sd_bus_message_unref(message);
        sd_bus_message_unref(reply);
        return name;
    }
    static std::string get(sd_bus* bus, const std::string& path, const std::string& interface, const std::string& property) {
        sd_bus_error error{};
        sd_bus_message* reply = nullptr;
        const int result = sd_bus_call_method(bus, "org.luod1", path.c_str(), "org.freedesktop.DBus.Properties", "Get", &error,
                                              &reply, "ss", ("org.luod1." + interface).c_str(), property.c_str());
        std::string name = result < 0 ? error.name ? error.name : "?" : "";
        sd_bus_error_free(&error);
        sd_bus_message_unref(reply);
        return name;
    }
    static std::string set(sd_bus* bus, const std::string& path, const std::string& interface, const std::string& property) {
        sd_bus_error error{};
        const int result = sd_bus_call_method(bus, "org.luod1", path.c_str(), "org.freedesktop.DBus.Properties", "Set", &error,
                                              nullptr, "ssv", ("org.luod1." + interface).c_str(), property.c_str(), "s", "x");
        std::string name = result < 0 ? error.name ? error.name : "?" : "";
        sd_bus_error_free(&error);
        return name;
    }
    // Something of that type; what matters is who asks.
    static void append(sd_bus_message* message, const std::string& member, const std::string& type) {
        if (type[0] == 'a') {
            sd_bus_message_open_container(message, 'a', type.c_str() + 1);
            sd_bus_message_close_container(message);
        } else if (type == "s") {
            sd_bus_message_append(message, "s", member == "Inhibit" ? "delay" : "x");
        } else if (type == "h") {
            const core::UniqueFd file(memfd_create("x", MFD_CLOEXEC));
            sd_bus_message_append(message, "h", file.get());
        } else {
            const std::uint64_t zero = 0;
            sd_bus_message_append_basic(message, type[0], &zero);
        }
    }

    static Verdict verdictOn(const std::string& error) {
        if (error == "org.freedesktop.DBus.Error.UnknownObject")
            return none;
        return error == "org.luod1.Error.AccessDenied" ? no : yes;
    }
    // The owner's, bound to its unit; made again where the last call discarded it.
    std::string session() {
        std::string path;
        sd_bus_message* reply = nullptr;
        sd_bus* root = buses[0].get();
        if (sd_bus_call_method(root, "org.luod1", "/org/luod1", "org.luod1.Manager", "FindSession", nullptr, &reply, "sa{sv}",
                               "bound", 1, "owner", "u", std::uint32_t(owner)) < 0)
            path = makeSession();
        else if (const char* found = nullptr; sd_bus_message_read(reply, "o", &found) > 0)
            path = found;
        sd_bus_message_unref(reply);
        return path;
    }
    std::string makeSession() {
        sd_bus_error error{};
        sd_bus_message* reply = nullptr;
        const char* made = nullptr;
        const int result = sd_bus_call_method(maker->get(), "org.luod1", "/org/luod1", "org.luod1.Manager", "CreateSession",
                                              &error, &reply, "sa{sv}", "bound", 1, "bind-to-unit", "b", 1);
        EXPECT_GE(result, 0) << (error.message ? error.message : "");
        std::string path = reply && sd_bus_message_read(reply, "o", &made) > 0 ? made : "";
        sd_bus_error_free(&error);
        sd_bus_message_unref(reply);
        return path;
    }

    World world{options()};
    std::vector<Bus> buses;
    std::optional<Bus> maker; // of the session: the owner, while it was in the group
};

TEST_F(Access, EveryMethodIsForThoseOfItsRow) {
    const auto described = allMembers();
    for (const auto& [name, row] : methods) {
        const std::string interface = name.substr(0, name.find('.')), member = name.substr(name.find('.') + 1);
        for (std::size_t i = 0; i < peers.size(); ++i) {
            const std::string path = interface == "Manager" ? "/org/luod1" : session();
            ASSERT_NE(path, "");
            const std::string error =
                call(buses[i].get(), path, ("org.luod1." + interface).c_str(), member, described.at(name).arguments);
            EXPECT_EQ(verdictOn(error), row[i]) << name << " by " << peers[i] << ": " << error;
        }
    }
}

TEST_F(Access, EveryPropertyIsForThoseOfItsRow) {
    for (const auto& [name, row] : properties) {
        const std::string interface = name.substr(0, name.find('.')), property = name.substr(name.find('.') + 1);
        const std::string path = interface == "Manager" ? "/org/luod1" : session();
        for (std::size_t i = 0; i < peers.size(); ++i) {
            const std::string error = get(buses[i].get(), path, interface, property);
            EXPECT_EQ(verdictOn(error), row[i]) << name << " by " << peers[i] << ": " << error;
            EXPECT_TRUE(error.empty() || row[i] != yes) << name << " by " << peers[i] << ": " << error;
            EXPECT_NE(set(buses[i].get(), path, interface, property), "") << name << " was set by " << peers[i];
        }
    }
}

// What is not answered at once counts, and so can be refused: no method has been forgotten.
TEST(Gate, EveryMethodThatIsNotAnsweredAtOnceCounts) {
    World world({.config = "[Sessions]\nMaxCalls=0\n"});
    Client root(world);
    std::size_t counted = 0;
    for (const auto& [name, member] : membersOf("Manager"))
        counted += member.isAsync;
    EXPECT_GE(counted, 7u);
    expectRefused(root.create("x"), "LimitReached",
                  "luod in all uses 0 calls being answered, and 1 more would be over the limit of 0: wait for answers, or raise "
                  "MaxCalls= in luod.conf");
    const core::UniqueFd file(memfd_create("x", MFD_CLOEXEC));
    for (const Answer& answer :
         {root.answer(luod_inhibit(root.get(), "a", "b", "delay", nullptr)),
          root.answer(luod_load_kernel(root.get(), file.get(), -1, "", nullptr, nullptr)),
          root.answer(luod_unload_kernel(root.get(), 0)), root.answer(luod_abort(root.get(), "", 0))})
        expectRefused(answer, "LimitReached", "MaxCalls=");
}

} // namespace
} // namespace luod::tests
