// Members that a scenario names or chooses: seed members, injections, monitors.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_SEED_PLAN_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_SEED_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/ids.h"
#include "lawine/v1/simulation.pb.h"
#include "services/coordinator/graphs/members.h"

namespace lawine {

// Fills what is not set with documented defaults. INVALID_ARGUMENT with the field's path, of which `path` is
// the beginning, for several rules at once, or none where the message is `given`.
absl::Status CompleteSeedMembers(lawine::v1::SeedMembers& seeds, bool given, const std::string& path);

// How many a complete choice is of.
std::uint64_t MembersAskedFor(const lawine::v1::SeedMembers& seeds);

struct SeedPlan {
  std::vector<MemberId> members;                 // ascending
  std::vector<lawine::v1::SeedMember> profiles;  // of the same
  std::vector<std::string> warnings;
};

// Finds or chooses the members. REQUIRES: `seeds` is complete. Errors name the path.
absl::StatusOr<SeedPlan> PlanSeedMembers(const lawine::v1::SeedMembers& seeds, std::uint64_t run_seed,
                                         const Members& members, const std::string& path);

// Members by external id, ascending; each at most once. INVALID_ARGUMENT for one that does not exist.
absl::StatusOr<SeedPlan> FindMembers(const google::protobuf::RepeatedPtrField<std::string>& ids,
                                     const Members& members, const std::string& path);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_SEED_PLAN_H_
