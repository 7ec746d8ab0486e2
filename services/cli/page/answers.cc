#include "services/cli/page/answers.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "services/cli/text/ensemble_text.h"
#include "services/cli/text/goal_text.h"
#include "services/cli/text/groups_text.h"
#include "services/cli/text/model_text.h"
#include "services/cli/text/rate_text.h"
#include "services/cli/text/result_text.h"
#include "services/cli/text/run_text.h"
#include "services/cli/text/text.h"
#include "services/common/dying_out.h"

namespace lawine::cli {
namespace {

std::string PeopleText(double mean) { return Decimal(mean, mean < 100 && mean != std::round(mean) ? 1 : 0); }

std::string ShareText(double part, double whole) {
  const double percent = whole > 0 ? 100 * part / whole : 0;
  if (percent > 0 && percent < 0.005) return "less than 0.01%";
  return absl::StrFormat("%.*f%%", percent < 1 ? 2 : 1, percent);
}

// "40 s", "50 min", "26 hours", "9.3 days".
std::string ClockText(double seconds) {
  if (seconds < 120) return absl::StrFormat("%.4g s", seconds);
  if (seconds < 7'200) return absl::StrFormat("%.4g min", std::round(seconds / 60));
  if (seconds < 172'800) return absl::StrFormat("%.3g hours", seconds / 3'600);
  return absl::StrFormat("%.3g days", seconds / 86'400);
}

// "hop 5", or "step 5 (50 min)" where steps have a length.
std::string StepText(const v1::Scenario& scenario, std::uint32_t step) {
  std::string text = absl::StrCat(StepWord(scenario), " ", Thousands(step));
  if (scenario.has_step_seconds())
    absl::StrAppend(&text, " (", ClockText(static_cast<double>(step) * scenario.step_seconds()), ")");
  return text;
}

// The first step by which the share of `whole` receipts has come.
std::optional<std::uint32_t> StepTo(const v1::RunResult& result, double share, std::uint64_t whole) {
  std::uint64_t reached = 0;
  for (const v1::StepCounts& counts : result.steps()) {
    reached += counts.first_receipts();
    if (reached > 0 && static_cast<double>(reached) >= share * static_cast<double>(whole)) {
      return counts.step();
    }
  }
  return std::nullopt;
}

std::string FarSentence(const v1::RunResult& result) {
  if (result.has_ensemble()) return EnsembleSentence(result);
  const std::uint64_t reach = result.totals().reach();
  return absl::StrCat(
      Thousands(reach), " of ", Counted(result.graph_members(), "member", "members"), " (",
      ShareText(static_cast<double>(reach), result.graph_members()), ") got it",
      OfThemAccepted(result.scenario().model(), Thousands(result.totals().forwards())), ", in ",
      Counted(LastArrival(result), StepWord(result.scenario()), StepsWord(result.scenario())), ".");
}

std::string FastSentence(const v1::RunResult& result) {
  const v1::Scenario& scenario = result.scenario();
  const std::uint64_t all = result.graph_members() * Replicas(result);
  const char* const of = Replicas(result) > 1 ? " (all replicas together)" : "";
  const auto half = StepTo(result, 0.5, all), most = StepTo(result, 0.9, all);
  const auto half_reached = StepTo(result, 0.5, result.totals().reach());
  if (half.has_value()) {
    const std::string end = most.has_value() ? absl::StrCat(" and 90% by ", StepText(scenario, *most), ".")
                                             : "; it never got to 90%.";
    return absl::StrCat("Half of all members", of, " had it by ", StepText(scenario, *half), end);
  }
  if (!half_reached.has_value()) return "Nobody got it.";
  return absl::StrCat("Half of those it reached", of, " had it by ", StepText(scenario, *half_reached),
                      "; the last ", StepWord(scenario), " at which anything happened was ",
                      StepText(scenario, LastArrival(result)), ".");
}

std::string OftenSentence(const v1::RunResult& result) {
  const v1::Totals& totals = result.totals();
  if (totals.deliveries() == 0) return "Nothing was delivered.";
  const double times = static_cast<double>(totals.deliveries()) / static_cast<double>(totals.reach());
  return absl::StrCat(
      "A reached member got it ", Decimal(times, 2), " times on average; ",
      ShareText(static_cast<double>(totals.duplicates()), static_cast<double>(totals.deliveries())),
      " of deliveries were to members that had it already.");
}

// "12 of 100 realisations" that `is` true of.
template <class Is>
std::string RealisationsThat(const v1::RunResult& result, const Is& is) {
  const auto count = std::count_if(result.replicas().begin(), result.replicas().end(), is);
  return absl::StrCat(Thousands(static_cast<std::uint64_t>(count)), " of ",
                      Counted(Replicas(result), "realisation", "realisations"));
}

bool DiedOut(v1::ReasonStopped reason, const v1::Totals& totals, std::uint64_t below) {
  return reason == v1::REASON_STOPPED_NOTHING_PENDING && totals.reach() < below;
}

// Seed members and their audiences.
std::uint64_t FirstAudience(const v1::RunResult& result) {
  auto first = static_cast<std::uint64_t>(result.seed_members_size());
  for (const v1::SeedMember& seed : result.seed_members()) first += seed.audience();
  return first;
}

// What became of it, by what ended it and how many had it then.
std::string EndSentence(const v1::RunResult& result) {
  const std::string last = absl::StrCat("max_steps ", MaxSteps(result.scenario()).value_or(0));
  if (result.has_ensemble()) {
    const std::uint64_t below = result.ensemble().dying_out_below();
    const auto ended = [](const auto& replica) {
      return replica.reason_stopped() == v1::REASON_STOPPED_MAX_STEPS;
    };
    if (below == 0) return "Its first audience is too large a part of all to tell whether it died out.";
    const std::string died =
        absl::StrCat("It died out in ", RealisationsThat(result, [&](const auto& replica) {
                       return DiedOut(replica.reason_stopped(), replica.totals(), below);
                     }));
    if (std::none_of(result.replicas().begin(), result.replicas().end(), ended)) return died + ".";
    return absl::StrCat(died, "; ", last, " ended ", RealisationsThat(result, ended), ".");
  }
  const auto reach = static_cast<double>(result.totals().reach());
  const std::string had = absl::StrCat(ShareText(reach, result.graph_members()), " of all members had it");
  if (result.reason_stopped() == v1::REASON_STOPPED_MAX_STEPS)
    return absl::StrCat("When ", last, " ended the run, ", had, ".");
  return DiedOut(result.reason_stopped(), result.totals(),
                 DyingOutBelow(result.graph_members(), FirstAudience(result)))
             ? absl::StrCat("It died out when ", had, ".")
             : absl::StrCat("It went on until ", had, ".");
}

// How many forwarders of the second generation each of the first brought about, and what became of it.
std::string GrowthSentence(const v1::RunResult& result) {
  std::uint64_t first = 0, second = 0;
  for (const v1::StepCounts& counts : result.steps()) {
    if (counts.step() == 1) first = counts.forwards();
    if (counts.step() == 2) second = counts.forwards();
  }
  if (first == 0) return "It did not: nobody passed it on at the first hop.";
  // A factor of fewer is mostly chance.
  constexpr std::uint64_t kJudged = 30;
  const double factor = static_cast<double>(second) / static_cast<double>(first);
  const std::string judged = factor > 1   ? ": at first it grew. "
                             : factor < 1 ? ": at first it shrank. "
                                          : ". ";
  return absl::StrCat(
      "Each member that passed it on at hop 1 led to ", Decimal(factor, 2), " that did at hop 2",
      first < kJudged ? absl::StrCat(", but of ", Thousands(first), " that says little. ") : judged,
      EndSentence(result));
}

std::string WhomSentence(const v1::RunResult& result) {
  const v1::Attribution& of = result.attribution();
  return absl::StrCat(
      "It went through at most ", Counted(of.depth(), "hand", "hands"), ", ", Decimal(of.mean_depth(), 1),
      " on average; most members, ", Thousands(of.width()),
      ", had it through as many as each other. Two members that have it from the same start are ",
      Decimal(of.structural_virality(), 1), " links apart on average (structural virality).");
}

std::string MissedSentence(const v1::RunResult& result) {
  const auto replicas = static_cast<double>(Replicas(result));
  const double without = static_cast<double>(result.unreached_without_links()) / replicas;
  const double missed = static_cast<double>(result.unreached_missed()) / replicas;
  const char* const average = replicas > 1 ? " on average" : "";
  return absl::StrCat(PeopleText(without + missed), " members (",
                      ShareText(without + missed, result.graph_members()), ")", average, ": ",
                      PeopleText(without), " whom nobody's messages reach, ", PeopleText(missed),
                      " whom it missed.");
}

std::string MessagesSentence(const v1::RunResult& result) {
  std::vector<std::string> parts;
  for (const v1::MessageResult& message : result.messages()) {
    const double reach =
        static_cast<double>(message.totals().reach()) / static_cast<double>(Replicas(result));
    parts.push_back(absl::StrCat(message.name(), " reached ", PeopleText(reach), " members (",
                                 ShareText(reach, result.graph_members()), ")"));
  }
  return absl::StrCat(absl::StrJoin(parts, "; "), Replicas(result) > 1 ? ", on average." : ".");
}

// Members reached by the replicas that did not die out, ascending.
std::vector<std::uint64_t> SizesWhereItLives(const v1::RunResult& result) {
  std::vector<std::uint64_t> sizes;
  for (const v1::ReplicaResult& replica : result.replicas()) {
    const bool died =
        DiedOut(replica.reason_stopped(), replica.totals(), result.ensemble().dying_out_below());
    if (!died) sizes.push_back(replica.totals().reach());
  }
  std::sort(sizes.begin(), sizes.end());
  return sizes;
}

// Nine in ten of fewer cannot be told.
constexpr std::size_t kQuantilesOf = 20;

std::string Between(std::uint64_t least, std::uint64_t most) {
  return absl::StrCat("between ", Thousands(least), " and ", Thousands(most), " members");
}

// Of few realisations: what they came to, and how few they are. `sizes` are those where it did not die out.
std::string FewRecommendation(const v1::RunResult& result, const std::vector<std::uint64_t>& sizes) {
  const std::string all = Counted(Replicas(result), "realisation", "realisations");
  const std::string lived =
      sizes.size() == Replicas(result)
          ? absl::StrCat("In ", all, " it reached ")
          : absl::StrCat("It dies out in ", Thousands(Replicas(result) - sizes.size()), " of ", all,
                         "; in the other ", Thousands(sizes.size()), " it reached ");
  return absl::StrCat(lived, Between(sizes.front(), sizes.back()),
                      ": so few say little of what to count on.");
}

}  // namespace

std::vector<Answer> RunAnswers(const v1::RunResult& result) {
  std::vector<Answer> answers = {{"How far does it go?", FarSentence(result)},
                                 {"What happens first?", Sentence(result)}};
  if (result.messages_size() > 1)
    answers.push_back({"What becomes of each message?", MessagesSentence(result)});
  answers.push_back({"How fast?", FastSentence(result)});
  const bool by_hops = !HasTime(result.scenario()) && !HasOtherWays(result.scenario());
  if (by_hops && result.totals().steps() >= 2)
    answers.push_back({"Does it take off?", GrowthSentence(result)});
  answers.push_back({"How often does one get it?", OftenSentence(result)});
  answers.push_back({"Who is never reached?", MissedSentence(result)});
  if (const std::string links = LinksSentence(result); !links.empty()) {
    answers.push_back({"How many links does it win and lose?", links});
  }
  for (Answer& answer : GoalAnswers(result)) answers.push_back(std::move(answer));
  if (result.has_attribution()) answers.push_back({"Through whom?", WhomSentence(result)});
  if (result.counted_rates_size() > 0) {
    const v1::LuckAndIgnorance& luck = result.ensemble().luck_and_ignorance();
    answers.push_back({"Luck, or not knowing the rate?",
                       absl::StrCat(CountedSentence(result),
                                    luck.rates().empty() ? "" : " " + LuckSentence(luck, luck.measure()))});
  }
  if (std::string draw = SeedDrawSentence(result.scenario()); !draw.empty()) {
    answers.push_back({kSeedsQuestion, std::move(draw)});
  }
  const std::string precision = result.has_ensemble() ? PrecisionSentence(result.ensemble()) : "";
  if (!precision.empty()) answers.push_back({"How well is that known?", precision});
  return answers;
}

Answer RunInShort(const v1::RunResult& result) {
  return {RunLabel(result),
          absl::StrCat(FarSentence(result), " ", FastSentence(result), " ", OftenSentence(result))};
}

double MeanReach(const v1::RunResult& result) {
  return static_cast<double>(result.totals().reach()) / static_cast<double>(Replicas(result));
}

std::string RunRecommendation(const v1::RunResult& result) {
  if (!result.has_ensemble()) {
    return "This is one realisation of chance: before deciding anything by it, look at a hundred.";
  }
  const double died = result.ensemble().dying_out_share();
  const std::vector<std::uint64_t> sizes = SizesWhereItLives(result);
  if (sizes.empty() && Replicas(result) < kQuantilesOf) {
    return absl::StrCat("It dies out in all of ", Counted(Replicas(result), "realisation", "realisations"),
                        ": so few say little of what to count on.");
  }
  if (died > 0.95) return "Do not count on it: it dies out nearly always.";
  if (sizes.empty()) return "";
  if (sizes.size() < kQuantilesOf) return FewRecommendation(result, sizes);
  const std::string range = Between(sizes[sizes.size() * 5 / 100], sizes[(sizes.size() * 95 + 99) / 100 - 1]);
  if (died < 0.005)
    return absl::StrCat("Count on ", range, ": so many it reached in nine of ten realisations.");
  return absl::StrCat("Reckon with two outcomes: in ", ShareText(died, 1),
                      " of realisations it dies out; where it does not, nine in ten reach ", range, ".");
}

std::string RunsRecommendation(std::span<const v1::RunResult> results) {
  const auto most = std::max_element(results.begin(), results.end(), [](const auto& a, const auto& b) {
    return MeanReach(a) < MeanReach(b);
  });
  const bool single = std::any_of(results.begin(), results.end(),
                                  [](const v1::RunResult& result) { return !result.has_ensemble(); });
  return absl::StrCat(RunLabel(*most), " reaches most, ", PeopleText(MeanReach(*most)), " members",
                      single ? ". Single realisations are among them, so that may be chance"
                             : " on average. They are not set against each other replica by replica",
                      ": lawine compare asks the question under the same luck.");
}

std::string RunLabel(const v1::RunResult& result) {
  const std::string what = absl::StrCat(result.graph(), ", ", ModelText(result.scenario().model()));
  const std::string& run = result.manifest().run();
  return run.empty() ? what : absl::StrCat(run, " (", what, ")");
}

}  // namespace lawine::cli
