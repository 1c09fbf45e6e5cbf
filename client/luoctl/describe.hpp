// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Rows as tables and fields for people, and as NAME=VALUE properties.

#include "rows.hpp"
#include "table.hpp"

namespace luoctl {

Table tableOf(const std::vector<Session>& sessions);
Table tableOf(const std::vector<File>& files);

std::vector<Field> fieldsOf(const Status& status);
std::vector<Field> fieldsOf(const Session& session);

// What to do next, as one sentence.
std::string nextStep(const Status& status);

// "key=value key=value", strings with blanks in quotes.
std::string textOf(const Dict& dict);

// The names are those of the D-Bus properties.
struct Property {
    std::string name, value;
};
std::vector<Property> propertiesOf(const Status& status);
std::vector<Property> propertiesOf(const Session& session);

// The lines for --property and --value. Throws usage() for a name that is not there.
std::string select(const std::vector<Property>& all, const std::vector<std::string>& names, bool valueOnly);

} // namespace luoctl
