#include "services/coordinator/seed_plan.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/profile.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

void Add(const pbi::MemberRecord& record, const Members& members, SeedPlan& plan) {
  plan.members.push_back(MemberId(record.id()));
  pb::SeedMember& profile = plan.profiles.emplace_back();
  profile.set_id(members.IdOf(record));
  profile.set_audience(record.audience());
}

SeedRule RuleOf(const pb::SeedMembers& seeds, std::uint64_t run_seed) {
  SeedRule rule{.kind = SeedRule::Kind::kRandom,
                .audience = seeds.audience(),
                .count = seeds.count(),
                .run_seed = run_seed};
  if (seeds.has_audience()) rule.kind = SeedRule::Kind::kAudience;
  if (seeds.highest_audience()) rule.kind = SeedRule::Kind::kHighestAudience;
  if (!seeds.account_kind().empty()) rule.account_kind = ParseAccountKind(seeds.account_kind()).value_or(0);
  return rule;
}

absl::StatusOr<SeedPlan> ChooseMembers(const pb::SeedMembers& seeds, std::uint64_t run_seed,
                                       const Members& members, const std::string& path) {
  const SeedRule rule = RuleOf(seeds, run_seed);
  LAWINE_ASSIGN_OR_RETURN(const std::vector<SeedCandidate> best, members.Choose(rule));
  if (best.size() < rule.count) {
    return FieldError(
        path + ".count",
        absl::StrCat("expected at most the graph's ", best.size(), " ",
                     seeds.account_kind().empty() ? "members" : seeds.account_kind() + " accounts",
                     ", found ", rule.count));
  }
  std::vector<std::uint32_t> ids;
  std::uint64_t nearest = 0;
  for (const SeedCandidate& candidate : best) {
    ids.push_back(candidate.member.value);
    nearest += seeds.has_audience() && candidate.rank > 0;
  }
  SeedPlan plan;
  if (nearest > 0) {
    plan.warnings.push_back(absl::StrCat(
        "no ", nearest < best.size() ? "more " : "", "members have an audience of exactly ", seeds.audience(),
        ": ", nearest, " of ", best.size(), " seed members have the nearest there is"));
  }
  LAWINE_ASSIGN_OR_RETURN(const auto records, members.ById(ids));
  for (const auto& record : records) Add(record, members, plan);
  return plan;
}

}  // namespace

absl::Status CompleteSeedMembers(pb::SeedMembers& seeds, bool given, const std::string& path) {
  const int rules = (seeds.ids_size() > 0) + seeds.has_audience() + seeds.highest_audience() + seeds.random();
  if (given && seeds.has_highest_audience() && !seeds.highest_audience()) {
    return FieldError(path + ".highest_audience", "expected true or nothing, found false");
  }
  if (given && seeds.has_random() && !seeds.random()) {
    return FieldError(path + ".random", "expected true or nothing, found false");
  }
  if (rules > 1) {
    return FieldError(path, "expected exactly one of ids, audience, highest_audience, random; found several");
  }
  if (rules == 0 && given) {
    return FieldError(path, "expected one of ids, audience, highest_audience, random; found none");
  }
  if (rules == 0) seeds.set_random(true);
  if (seeds.ids_size() > 0 && seeds.has_count()) {
    return FieldError(path + ".count", "expected no count beside ids: the ids say how many");
  }
  if (!seeds.account_kind().empty()) {
    const absl::StatusOr<std::uint8_t> kind = ParseAccountKind(seeds.account_kind());
    if (!kind.ok()) return FieldError(path + ".account_kind", std::string(kind.status().message()));
    if (seeds.ids_size() > 0) return FieldError(path + ".account_kind", "expected none beside ids");
  }
  if (static_cast<std::uint32_t>(seeds.ids_size()) > limits::kSeedMembersMax) {
    return FieldError(path + ".ids", absl::StrCat("expected at most ", limits::kSeedMembersMax, ", found ",
                                                  seeds.ids_size()));
  }
  if (seeds.ids_size() > 0) return absl::OkStatus();
  if (!seeds.has_count()) seeds.set_count(1);
  if (seeds.count() < 1 || seeds.count() > limits::kSeedMembersMax) {
    return FieldError(path + ".count",
                      absl::StrCat("expected 1 to ", limits::kSeedMembersMax, ", found ", seeds.count()));
  }
  return absl::OkStatus();
}

absl::StatusOr<SeedPlan> FindMembers(const google::protobuf::RepeatedPtrField<std::string>& ids,
                                     const Members& members, const std::string& path) {
  std::vector<MemberKey> keys;
  std::set<std::string> named;
  for (const std::string& id : ids) {
    if (!named.insert(id).second) {
      return FieldError(path, absl::StrCat("expected each member once, found '", id, "' again"));
    }
    absl::StatusOr<MemberKey> key = members.KeyOf(id);
    if (!key.ok()) return FieldError(path, std::string(key.status().message()));
    keys.push_back(*key);
  }
  LAWINE_ASSIGN_OR_RETURN(const auto records, members.ByKey(keys));
  SeedPlan plan;
  for (const auto& record : records) {
    if (named.erase(members.IdOf(record)) > 0) Add(record, members, plan);
  }
  if (named.empty()) return plan;
  return FieldError(path,
                    absl::StrCat("graph '", members.graph_name(), "' has no member '", *named.begin(), "'"));
}

absl::StatusOr<SeedPlan> PlanSeedMembers(const pb::SeedMembers& seeds, std::uint64_t run_seed,
                                         const Members& members, const std::string& path) {
  if (seeds.ids_size() > 0) return FindMembers(seeds.ids(), members, path + ".ids");
  return ChooseMembers(seeds, run_seed, members, path);
}

}  // namespace lawine
