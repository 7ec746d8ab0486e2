// What a report says so that its numbers can be made again.
#ifndef LAWINE_SERVICES_CLI_PAGE_PAGE_MANIFEST_H_
#define LAWINE_SERVICES_CLI_PAGE_PAGE_MANIFEST_H_

#include "lawine/v1/comparison.pb.h"
#include "lawine/v1/seeding.pb.h"
#include "lawine/v1/simulation.pb.h"
#include "lawine/v1/sweep.pb.h"
#include "services/cli/page/page.h"

namespace lawine::cli {

PageManifest RunManifest(const v1::RunResult& result);
PageManifest ComparisonManifest(const v1::ComparisonResult& result);
PageManifest SweepManifest(const v1::SweepResult& result);
PageManifest MarginalManifest(const v1::MarginalReachResult& result);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_PAGE_PAGE_MANIFEST_H_
