#include "engine/graph/generator.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/graph/generator_block.h"
#include "engine/graph/network.h"
#include "engine/graph/pages.h"
#include "engine/graph/population.h"
#include "engine/graph/preset.h"

namespace lawine {
namespace {

// Smaller populations have networks that cannot carry their links.
constexpr std::uint32_t kPopulationMembersMin = 10'000;

// Of thousandths.
std::string Links(std::uint64_t milli) { return absl::StrCat(static_cast<double>(milli) / 1000); }

bool HasPages(const GeneratorSpec& spec) { return spec.pages > 0 || spec.groups > 0; }

absl::Status CheckPopulation(const Preset& preset, const GeneratorSpec& spec) {
  if (spec.pages > kPagesMax || spec.groups > kPagesMax) {
    return absl::InvalidArgumentError(absl::StrCat("expected at most ", kPagesMax,
                                                   " pages and as many groups, found ", spec.pages, " and ",
                                                   spec.groups));
  }
  if (preset.networks.empty()) {
    if (spec.overlaps == Overlaps()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("expected overlaps for a preset of several networks only, found "
                     "some for '",
                     std::string(preset.name), "'; leave them out"));
  }
  if (HasPages(spec)) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected pages and groups for presets of one network, found some "
                     "for '",
                     std::string(preset.name), "'; leave them out"));
  }
  if (spec.members < kPopulationMembersMin) {
    return absl::InvalidArgumentError(absl::StrCat("expected at least ", kPopulationMembersMin,
                                                   " members in '", std::string(preset.name), "', found ",
                                                   spec.members));
  }
  const Overlaps& o = spec.overlaps;
  for (const std::uint32_t ppm : {o.facebook_ppm, o.linkedin_ppm, o.twitter_ppm, o.active_ppm}) {
    if (ppm > kMillion) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected overlaps from 0 to 1, found ", ppm, " millionths"));
    }
  }
  return absl::OkStatus();
}

// The networks of a population, by the preset's order: members in proportion, the first ones in whole blocks
// of sources, and links a member in proportion.
std::vector<GeneratorSpec> NetworkSpecs(const Preset& preset, const GeneratorSpec& spec) {
  const CoinLane seeds = GeneratorLane(spec.graph_seed, GeneratorCoin::kNetworkSeed);
  std::vector<GeneratorSpec> specs;
  std::uint32_t left = spec.members;
  for (const std::string_view name : preset.networks) {
    const Preset& network = **FindPreset(name);
    const std::uint64_t share = std::uint64_t{spec.members} * network.members / preset.members;
    const std::uint64_t blocks = (share + limits::kSourcesPerBlock - 1) / limits::kSourcesPerBlock;
    const bool last = specs.size() + 1 == preset.networks.size();
    const std::uint32_t members = last ? left : static_cast<std::uint32_t>(blocks * limits::kSourcesPerBlock);
    const std::uint64_t mean = std::uint64_t{network.links_per_member_milli} * spec.links_per_member_milli /
                               preset.links_per_member_milli;
    specs.push_back({.preset = std::string(name),
                     .members = members,
                     .links_per_member_milli = static_cast<std::uint32_t>(mean),
                     .graph_seed = seeds.Coin(specs.size())});
    left -= members;
  }
  return specs;
}

absl::StatusOr<PersonPlan> PlanPersons(const std::vector<GeneratorSpec>& networks,
                                       const GeneratorSpec& spec) {
  const Overlaps& o = spec.overlaps;
  const std::uint32_t in_base[] = {0, o.facebook_ppm, o.linkedin_ppm, o.twitter_ppm};
  LAWINE_CHECK(networks.size() == std::size(in_base));
  PersonPlanOptions options{.graph_seed = spec.graph_seed,
                            .base_accounts = networks[0].members,
                            .active_ppm = o.active_ppm,
                            .others = {}};
  for (std::size_t n = 1; n < networks.size(); ++n) {
    options.others.push_back({.accounts = networks[n].members, .in_base_ppm = in_base[n]});
  }
  return PersonPlan::Make(options);
}

// Whether each network of a population can be, and persons can own accounts in all of them as asked for. A
// mean that the members together can carry may be too much for those of one network, or its share of it too
// little.
absl::Status CheckNetworks(const Preset& preset, const GeneratorSpec& spec) {
  const std::vector<GeneratorSpec> specs = NetworkSpecs(preset, spec);
  for (const GeneratorSpec& network : specs) {
    const absl::Status status = ResolveSpec(network).status();
    if (status.ok()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("in '", std::string(preset.name), "', ", network.preset, ": ", status.message()));
  }
  return PlanPersons(specs, spec).status();
}

absl::StatusOr<std::shared_ptr<const LinkSource>> MakePopulation(const Preset& preset,
                                                                 const GeneratorSpec& spec,
                                                                 Executor& executor) {
  const std::vector<GeneratorSpec> specs = NetworkSpecs(preset, spec);
  LAWINE_ASSIGN_OR_RETURN(const PersonPlan persons, PlanPersons(specs, spec));
  std::vector<std::shared_ptr<const LinkSource>> networks;
  for (const GeneratorSpec& network : specs) {
    LAWINE_ASSIGN_OR_RETURN(const GeneratorSpec resolved, ResolveSpec(network));
    networks.push_back(MakeNetwork(**FindPreset(network.preset), resolved, executor));
  }
  return JoinNetworks(std::move(networks), persons);
}

// Shortest: 300, 1234.567, 0.5.
std::string Thousandths(std::uint32_t milli) {
  std::string text = absl::StrFormat("%d.%03d", milli / 1000, milli % 1000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

double Share(std::uint32_t ppm) { return static_cast<double>(ppm) / kMillion; }

std::string OverlapsText(const Overlaps& o) {
  return absl::StrCat(", of Facebook ", Share(o.facebook_ppm), ", of LinkedIn ", Share(o.linkedin_ppm),
                      ", of Twitter ", Share(o.twitter_ppm), " in Hyves' active ", Share(o.active_ppm));
}

std::uint32_t Ppm(double share) { return static_cast<std::uint32_t>(std::llround(share * kMillion)); }

}  // namespace

std::uint32_t GeneratorVersion(const GeneratorSpec& spec) {
  const absl::StatusOr<const Preset*> preset = FindPreset(spec.preset);
  LAWINE_CHECK(preset.ok());
  return (*preset)->generator_version;
}

absl::StatusOr<GeneratorSpec> ResolveSpec(GeneratorSpec spec) {
  const absl::StatusOr<const Preset*> preset = FindPreset(spec.preset);
  if (!preset.ok()) return absl::InvalidArgumentError(preset.status().message());
  if (spec.members == 0) spec.members = (*preset)->members;
  if (spec.links_per_member_milli == 0) spec.links_per_member_milli = (*preset)->links_per_member_milli;
  if (HasPages(spec)) {
    if (spec.members < limits::kSourcesPerBlock) {
      return absl::InvalidArgumentError(absl::StrCat("expected at least ", limits::kSourcesPerBlock,
                                                     " members beside pages and groups, found ", spec.members,
                                                     "; give more members, or no pages"));
    }
    spec.members -= spec.members % limits::kSourcesPerBlock;
  }
  if (spec.members > kGeneratorMembersMax) {
    return absl::InvalidArgumentError(absl::StrCat("expected at most ", kGeneratorMembersMax,
                                                   " members, found ", spec.members,
                                                   "; generate a smaller graph"));
  }
  if (spec.links_per_member_milli < kGeneratorMeanMilliMin ||
      spec.links_per_member_milli > kGeneratorMeanMilliMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected a mean of ", Links(kGeneratorMeanMilliMin), " to ", Links(kGeneratorMeanMilliMax),
        " links per member, found ", Links(spec.links_per_member_milli), "; give a mean in that range"));
  }
  LAWINE_RETURN_IF_ERROR(CheckPopulation(**preset, spec));
  const std::uint64_t carried_milli = std::uint64_t{spec.members - 1} * 1000 / 2;
  if (spec.links_per_member_milli > carried_milli) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a mean of at most half of the other members, for ", spec.members,
                     spec.members == 1 ? " member " : " members ", Links(carried_milli), " links, found ",
                     Links(spec.links_per_member_milli), "; give a smaller mean or more members"));
  }
  if (!(*preset)->networks.empty()) LAWINE_RETURN_IF_ERROR(CheckNetworks(**preset, spec));
  return spec;
}

std::string OriginOf(const GeneratorSpec& spec) {
  const Preset& preset = **FindPreset(spec.preset);
  return absl::StrCat(
      "preset ", spec.preset, ", ", spec.members, " members, ", Thousandths(spec.links_per_member_milli),
      " links a member, graph seed ", spec.graph_seed, ", generator ", GeneratorVersion(spec),
      preset.networks.empty() ? "" : OverlapsText(spec.overlaps),
      HasPages(spec) ? absl::StrCat(", ", spec.pages, " pages, ", spec.groups, " groups") : "");
}

std::optional<GeneratorSpec> SpecOfOrigin(std::string_view origin) {
  GeneratorSpec spec;
  char preset[32] = {};
  std::uint32_t version = 0;
  double mean = 0, facebook = 0, linkedin = 0, twitter = 0, active = 0;
  const int fields = std::sscanf(
      std::string(origin).c_str(),
      "preset %31[a-z0-9-], %" SCNu32 " members, %lf links a member, graph seed %" SCNu64
      ", generator %" SCNu32 ", of Facebook %lf, of LinkedIn %lf, of Twitter %lf in Hyves' active %lf",
      preset, &spec.members, &mean, &spec.graph_seed, &version, &facebook, &linkedin, &twitter, &active);
  if ((fields != 5 && fields != 9) || !(mean >= 0 && mean <= 1e7)) return std::nullopt;
  spec.preset = preset;
  spec.links_per_member_milli = static_cast<std::uint32_t>(std::llround(mean * 1000));
  if (fields == 9) {
    for (const double share : {facebook, linkedin, twitter, active}) {
      if (!(share >= 0 && share <= 1)) return std::nullopt;
    }
    spec.overlaps = {Ppm(facebook), Ppm(linkedin), Ppm(twitter), Ppm(active)};
  }
  if (const std::size_t pages = origin.find(" pages, "); pages != std::string_view::npos) {
    const std::string text(origin.substr(std::min(origin.rfind(',', pages), pages)));
    std::sscanf(text.c_str(), ", %" SCNu32 " pages, %" SCNu32 " groups", &spec.pages, &spec.groups);
  }
  const absl::StatusOr<GeneratorSpec> resolved = ResolveSpec(spec);
  if (!resolved.ok() || OriginOf(*resolved) != origin) return std::nullopt;
  return *resolved;
}

std::vector<NetworkSize> NetworksOf(const GeneratorSpec& spec) {
  const Preset& preset = **FindPreset(spec.preset);
  if (preset.networks.empty()) return {{.network = preset.network, .members = spec.members}};
  std::vector<NetworkSize> networks;
  for (const GeneratorSpec& part : NetworkSpecs(preset, spec)) {
    networks.push_back({.network = (*FindPreset(part.preset))->network, .members = part.members});
  }
  return networks;
}

absl::StatusOr<std::shared_ptr<const LinkSource>> MakeGenerator(const GeneratorSpec& spec,
                                                                Executor& executor) {
  LAWINE_ASSIGN_OR_RETURN(const GeneratorSpec resolved, ResolveSpec(spec));
  LAWINE_ASSIGN_OR_RETURN(const Preset* const preset, FindPreset(resolved.preset));
  if (!preset->networks.empty()) return MakePopulation(*preset, resolved, executor);
  std::shared_ptr<const LinkSource> network = MakeNetwork(*preset, resolved, executor);
  if (!HasPages(resolved)) return network;
  return WithPages(std::move(network),
                   {.graph_seed = resolved.graph_seed, .pages = resolved.pages, .groups = resolved.groups});
}

}  // namespace lawine
