// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The library's structs as rows.

#include "findings.hpp"
#include "luod.h"
#include "rows.hpp"

namespace luoctl {

Status rowOf(const luod_status& status);
Session rowOf(const luod_session& session);
File rowOf(const luod_file& file);
Inhibitor rowOf(const luod_inhibitor& inhibitor);
Quota rowOf(const luod_quota& quota);
Finding rowOf(const luod_finding& finding);
Report rowOf(const luod_report& report);
ReportEntry rowOf(const luod_report_entry& entry);
Metric rowOf(const luod_metric& metric);

} // namespace luoctl
