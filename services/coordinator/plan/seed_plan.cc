#include "services/coordinator/plan/seed_plan.h"

#include <algorithm>
#include <set>
#include <utility>

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
  if (seeds.has_community()) rule.community = seeds.community();
  if (!seeds.account_kind().empty()) rule.account_kind = ParseAccountKind(seeds.account_kind()).value_or(0);
  return rule;
}

absl::Status TooFew(const pb::SeedMembers& seeds, std::size_t found, const std::string& path) {
  const bool some = !seeds.account_kind().empty() || seeds.has_community();
  if (found == 0 && some) {
    return FieldError(
        path + (seeds.has_community() ? ".community" : ".account_kind"),
        absl::StrCat("expected some that the graph has, found no ",
                     seeds.account_kind().empty() ? "members" : seeds.account_kind() + " accounts",
                     seeds.has_community() ? absl::StrCat(" of community ", seeds.community()) : "",
                     ": GetGraphStats tells what there is"));
  }
  return FieldError(
      path + ".count",
      absl::StrCat("expected at most the ", some ? "" : "graph's ", found, " ",
                   seeds.account_kind().empty() ? "members" : seeds.account_kind() + " accounts",
                   seeds.has_community() ? absl::StrCat(" of community ", seeds.community()) : "", ", found ",
                   seeds.count()));
}

// Those of highest rank that are of the kind and community asked for.
absl::StatusOr<SeedPlan> ChooseByRank(const pb::SeedMembers& seeds, const Members& members,
                                      const std::string& path) {
  constexpr std::size_t kAskedAtOnce = 1u << 16;
  LAWINE_ASSIGN_OR_RETURN(const MemberOrder order,
                          members.Ranked(seeds.page_rank() ? RankKind::kPageRank : RankKind::kCore));
  const bool all = seeds.account_kind().empty() && !seeds.has_community();
  const std::uint32_t kind = all ? 0 : ParseAccountKind(seeds.account_kind()).value_or(0);
  std::vector<std::uint32_t> chosen;
  for (std::size_t first = 0; first < order->size() && chosen.size() < seeds.count(); first += kAskedAtOnce) {
    const auto begin = order->begin() + static_cast<std::ptrdiff_t>(first);
    const std::vector<std::uint32_t> some(
        begin, begin + static_cast<std::ptrdiff_t>(std::min(kAskedAtOnce, order->size() - first)));
    std::set<std::uint32_t> wanted(some.begin(), some.end());
    if (!all) {
      LAWINE_ASSIGN_OR_RETURN(const auto records, members.ProfilesOf(some));
      for (const auto& record : records) {
        const bool of_kind = seeds.account_kind().empty() || record.account_kind() == kind;
        if (!of_kind || (seeds.has_community() && record.community() != seeds.community())) {
          wanted.erase(record.id());
        }
      }
    }
    for (const std::uint32_t id : some) {
      if (chosen.size() < seeds.count() && wanted.contains(id)) chosen.push_back(id);
    }
  }
  if (chosen.size() < seeds.count()) return TooFew(seeds, chosen.size(), path);
  SeedPlan plan;
  LAWINE_ASSIGN_OR_RETURN(const auto records, members.ById(chosen));
  for (const auto& record : records) Add(record, members, plan);
  return plan;
}

absl::StatusOr<SeedPlan> ChooseMembers(const pb::SeedMembers& seeds, std::uint64_t run_seed,
                                       const Members& members, const std::string& path) {
  const SeedRule rule = RuleOf(seeds, run_seed);
  LAWINE_ASSIGN_OR_RETURN(const std::vector<SeedCandidate> best, members.Choose(rule));
  if (best.size() < rule.count) {
    return TooFew(seeds, best.size(), path);
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
  const int rules = (seeds.ids_size() > 0) + seeds.has_audience() + seeds.highest_audience() +
                    seeds.random() + seeds.page_rank() + seeds.core();
  for (const auto& [no, name] :
       {std::pair(seeds.has_highest_audience() && !seeds.highest_audience(), "highest_audience"),
        std::pair(seeds.has_random() && !seeds.random(), "random"),
        std::pair(seeds.has_page_rank() && !seeds.page_rank(), "page_rank"),
        std::pair(seeds.has_core() && !seeds.core(), "core")}) {
    if (given && no)
      return FieldError(absl::StrCat(path, ".", name), "expected true or nothing, found false");
  }
  if (rules > 1) {
    return FieldError(
        path,
        "expected exactly one of ids, audience, highest_audience, random, page_rank, core; found several");
  }
  if (rules == 0 && given) {
    return FieldError(path,
                      "expected one of ids, audience, highest_audience, random, page_rank, core; found none");
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
  if (seeds.ids_size() > 0 && seeds.has_community()) {
    return FieldError(path + ".community", "expected none beside ids");
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

std::uint64_t MembersAskedFor(const pb::SeedMembers& seeds) {
  return seeds.ids_size() > 0 ? static_cast<std::uint64_t>(seeds.ids_size()) : seeds.count();
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
  if (seeds.page_rank() || seeds.core()) return ChooseByRank(seeds, members, path);
  return ChooseMembers(seeds, run_seed, members, path);
}

}  // namespace lawine
