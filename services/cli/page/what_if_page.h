// The reports of comparisons, sweeps and marginal reach.
#ifndef LAWINE_SERVICES_CLI_PAGE_WHAT_IF_PAGE_H_
#define LAWINE_SERVICES_CLI_PAGE_WHAT_IF_PAGE_H_

#include "lawine/v1/comparison.pb.h"
#include "lawine/v1/seeding.pb.h"
#include "lawine/v1/sweep.pb.h"
#include "services/cli/page/page.h"

namespace lawine::cli {

Page ComparisonPage(const v1::ComparisonResult& result);
Page SweepPage(const v1::SweepResult& result);
Page MarginalPage(const v1::MarginalReachResult& result);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_PAGE_WHAT_IF_PAGE_H_
