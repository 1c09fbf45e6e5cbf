// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fuzz/interfaces.hpp"

#include "support/binaries.hpp"

#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>

namespace luod::fuzz {
namespace {

std::string attribute(const std::string& tag, const std::string& name) {
    std::smatch found;
    return std::regex_search(tag, found, std::regex("\\s" + name + "=\"([^\"]*)\"")) ? found[1].str() : "";
}

// Our own files, tag by tag: no more of XML is needed.
void addMethods(const std::string& xml, std::vector<Method>& to) {
    std::string interface;
    bool inMethod = false;
    const std::regex tag("<!--[^]*?-->|<[^>]*>");
    for (std::sregex_iterator at(xml.begin(), xml.end(), tag), end; at != end; ++at) {
        const std::string text = at->str();
        if (text.starts_with("<interface"))
            interface = attribute(text, "name");
        else if (text.starts_with("<method"))
            to.push_back({interface, attribute(text, "name"), ""});
        else if (inMethod && text.starts_with("<arg") && attribute(text, "direction") == "in")
            to.back().signature += attribute(text, "type");
        if (text.starts_with("<method"))
            inMethod = !text.ends_with("/>");
        else if (text.starts_with("</method"))
            inMethod = false;
    }
}

} // namespace

std::vector<Method> allMethods() {
    const std::string common = "org.freedesktop.DBus.";
    std::vector<Method> methods{{common + "Peer", "Ping", ""},
                                {common + "Peer", "GetMachineId", ""},
                                {common + "Introspectable", "Introspect", ""},
                                {common + "ObjectManager", "GetManagedObjects", ""},
                                {common + "Properties", "Get", "ss"},
                                {common + "Properties", "GetAll", "s"},
                                {common + "Properties", "Set", "ssv"}};
    for (const char* name : {"proto/org.luod1.Manager.xml", "proto/org.luod1.Session.xml"}) {
        std::ifstream file(tests::sourceFile(name));
        const std::string xml{std::istreambuf_iterator<char>(file), {}};
        const std::size_t before = methods.size();
        addMethods(xml, methods);
        if (methods.size() == before)
            throw std::runtime_error(std::string("no method in ") + name);
    }
    return methods;
}

} // namespace luod::fuzz
