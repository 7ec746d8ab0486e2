// The report of one run, or of several side by side.
#ifndef LAWINE_SERVICES_CLI_PAGE_RUN_PAGE_H_
#define LAWINE_SERVICES_CLI_PAGE_RUN_PAGE_H_

#include <span>

#include "lawine/v1/simulation.pb.h"
#include "services/cli/page/page.h"

namespace lawine::cli {

// REQUIRES: at least one result.
Page RunsPage(std::span<const v1::RunResult> results);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_PAGE_RUN_PAGE_H_
