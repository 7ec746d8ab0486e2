#include "services/cli/text/result_text.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/cli/text/ensemble_text.h"
#include "services/cli/text/goal_text.h"
#include "services/cli/text/groups_text.h"
#include "services/cli/text/model_text.h"
#include "services/cli/text/rate_text.h"
#include "services/cli/text/run_text.h"
#include "services/cli/text/text.h"
#include "services/common/seed_audience.h"

namespace lawine::cli {
namespace {

using Align = Table::Align;
using FactList = std::vector<std::pair<std::string, std::string>>;

// Members of all replicas together: what sums over replicas are shares of.
std::uint64_t MembersOfAll(const v1::RunResult& result) { return result.graph_members() * Replicas(result); }

// Friends where links go both ways; else followers.
std::string Audience(const v1::RunResult& result, std::uint64_t count) {
  const std::string& origin = result.manifest().graph_origin();
  const bool followed = absl::StrContains(origin, "twitter") ||
                        (absl::StartsWith(origin, "import") && !absl::StrContains(origin, "undirected"));
  return followed ? Counted(count, "follower", "followers") : Counted(count, "friend", "friends");
}

v1::StepCounts CountsAt(const v1::RunResult& result, std::uint32_t step) {
  for (const v1::StepCounts& counts : result.steps()) {
    if (counts.step() == step) return counts;
  }
  return {};
}

std::uint64_t ForwardsAt(const v1::RunResult& result, std::uint32_t step) {
  return CountsAt(result, step).forwards();
}

std::string Sender(const v1::RunResult& result) {
  const auto seeds = static_cast<std::uint64_t>(result.seed_members_size());
  return seeds == 1 ? "One member" : Counted(seeds, "member", "members");
}

// What the seed members sent. Not all of it arrives where links carry nothing, or members are not there yet;
// a coin of the link decides too. Where steps are time, or others send as well, the first step does not tell.
std::string Sent(const v1::RunResult& result, std::uint64_t audience) {
  const bool several_seeds = result.seed_members_size() > 1;
  const std::string friends =
      absl::StrCat(Audience(result, audience), several_seeds ? " (together, some perhaps twice)" : "");
  const v1::Scenario& scenario = result.scenario();
  const bool told = result.steps_size() > 0 && !HasTime(scenario) && scenario.injections().empty() &&
                    scenario.later().change().injections().empty() &&
                    scenario.people().cross_posting().empty();
  const std::uint64_t delivered = CountsAt(result, 1).deliveries();
  if (!told || delivered >= audience * Replicas(result)) {
    return absl::StrCat(Sender(result), " messaged ", friends);
  }
  const double mean = static_cast<double>(delivered) / static_cast<double>(Replicas(result));
  return absl::StrCat(Sender(result), several_seeds ? " have " : " has ", friends, ", to whom ",
                      Replicas(result) > 1 ? Decimal(mean, 1) + " messages were delivered at hop 1 on average"
                      : delivered == 1     ? "1 message was delivered at hop 1"
                                           : Thousands(delivered) + " messages were delivered at hop 1");
}

// What followed the first hop, in one realisation.
std::string FirstHop(const v1::RunResult& result) {
  const std::uint64_t forwards = ForwardsAt(result, 1);
  if (forwards == 0) return "nobody forwarded it: it died within one hop.";
  const std::string entered = forwards == 1 ? "1 other personal network"
                                            : absl::StrCat(Thousands(forwards), " other personal networks");
  if (result.reason_stopped() == v1::REASON_STOPPED_MAX_STEPS && result.totals().steps() <= 1) {
    return absl::StrCat(Thousands(forwards), " forwarded it; the run ended (max_steps 1) before it entered ",
                        entered, ".");
  }
  return absl::StrCat(Thousands(forwards), " forwarded it: it entered ", entered, ".");
}

// Where forwards come later than receipts, or members have it otherwise, the first hop says little.
std::string InTheEnd(const v1::RunResult& result) {
  const double mean = static_cast<double>(result.totals().reach()) / static_cast<double>(Replicas(result));
  const double accepted =
      static_cast<double>(result.totals().forwards()) / static_cast<double>(Replicas(result));
  return absl::StrCat(
      "in the end ",
      Replicas(result) > 1 ? Decimal(mean, 1) + " members had it on average"
                           : Counted(result.totals().reach(), "member", "members") + " had it",
      OfThemAccepted(result.scenario().model(), Decimal(accepted, Replicas(result) > 1 ? 1 : 0)), ", after ",
      Replicas(result) > 1 ? "at most " : "",
      Counted(LastArrival(result), StepWord(result.scenario()), StepsWord(result.scenario())), ".");
}

// Over replicas: the mean, said to be one.
std::string MeanFirstHop(const v1::RunResult& result) {
  const double mean = static_cast<double>(ForwardsAt(result, 1)) / static_cast<double>(Replicas(result));
  return absl::StrCat("on average over ", Thousands(Replicas(result)), " replicas ",
                      Decimal(mean, mean < 10.0 ? 2 : 1),
                      " forwarded it: it entered that many other personal networks.");
}

// The first hop by which `share_percent` of all members have it.
std::string HopsTo(const v1::RunResult& result, std::uint64_t share_percent) {
  std::uint64_t reached = 0;
  for (const v1::StepCounts& counts : result.steps()) {
    reached += counts.first_receipts();
    if (reached * 100 >= MembersOfAll(result) * share_percent && reached > 0) return Thousands(counts.step());
  }
  return "never";
}

std::vector<std::string> HopRow(const std::string& hop, const v1::StepCounts& counts,
                                const std::string& reached) {
  return {hop,
          Thousands(counts.deliveries()),
          Thousands(counts.first_receipts()),
          Thousands(counts.duplicates()),
          Thousands(counts.forwards()),
          reached};
}

std::string HopTable(const v1::RunResult& result, bool color) {
  // Longer tables show their start and their end.
  constexpr int kRowsMax = 60;
  constexpr int kRowsAtEnd = 10;
  const int steps = result.steps_size();
  Table table({{StepWord(result.scenario()), Align::kRight},
               {"deliveries", Align::kRight},
               {"new members", Align::kRight},
               {"already had it", Align::kRight},
               {ForwardsWord(result.scenario()), Align::kRight},
               {"reached %", Align::kRight}});
  std::uint64_t reached = 0;
  for (int i = 0; i < steps; ++i) {
    const v1::StepCounts& counts = result.steps(i);
    reached += counts.first_receipts();
    if (steps > kRowsMax && i >= kRowsMax - kRowsAtEnd && i < steps - kRowsAtEnd) {
      if (i == kRowsMax - kRowsAtEnd) table.AddRow({"...", "", "", "", "", ""});
      continue;
    }
    table.AddRow(HopRow(absl::StrCat(counts.step()), counts, PercentCell(reached, MembersOfAll(result))));
  }
  v1::StepCounts total;
  total.set_deliveries(result.totals().deliveries());
  total.set_first_receipts(result.totals().reach());
  total.set_duplicates(result.totals().duplicates());
  total.set_forwards(result.totals().forwards());
  table.AddRow(HopRow("total", total, PercentCell(result.totals().reach(), MembersOfAll(result))));
  std::string text = table.Render(color);
  if (Replicas(result) > 1)
    absl::StrAppend(&text, "(sums over ", Thousands(Replicas(result)), " replicas)\n");
  return text;
}

std::string DiedEarly(const v1::RunResult& result) {
  const auto died =
      std::count_if(result.replicas().begin(), result.replicas().end(), [](const v1::ReplicaResult& replica) {
        return replica.totals().steps() <= 1 &&
               replica.reason_stopped() == v1::REASON_STOPPED_NOTHING_PENDING;
      });
  const auto count = static_cast<std::uint64_t>(died);
  return absl::StrCat(Thousands(count), " of ", Counted(Replicas(result), "replica", "replicas"), " (",
                      PercentCell(count, Replicas(result)), "%)");
}

std::string TimeText(const v1::RunResult& result) {
  const v1::Timing& timing = result.timing();
  std::string text = absl::StrCat(Duration(timing.makespan_seconds()), " in all, spreading ",
                                  Duration(timing.processing_seconds()));
  if (timing.load_seconds() > 0.0) absl::StrAppend(&text, ", loading ", Duration(timing.load_seconds()));
  return text;
}

std::string Rate(const v1::RunResult& result) {
  if (result.timing().processing_seconds() <= 0.0) return "-";
  const double rate =
      static_cast<double>(result.totals().deliveries()) / result.timing().processing_seconds();
  return Thousands(static_cast<std::uint64_t>(std::llround(rate)));
}

std::string Frequency(const v1::RunResult& result) {
  if (result.totals().reach() == 0) return "-";
  const double times =
      static_cast<double>(result.totals().deliveries()) / static_cast<double>(result.totals().reach());
  return absl::StrCat(Decimal(times, 2), " times on average");
}

std::string NeverReached(const v1::RunResult& result) {
  const std::uint64_t without_links = result.unreached_without_links();
  const std::uint64_t missed = result.unreached_missed();
  return absl::StrCat(Counted(without_links + missed, "member", "members"), ": ", Thousands(without_links),
                      " no links, ", Thousands(missed), " missed");
}

std::string AttributionText(const v1::RunResult& result) {
  const v1::Attribution& of = result.attribution();
  return absl::StrCat(Counted(of.trees(), "tree", "trees"), ", ", Thousands(of.depth()), " deep, ",
                      Counted(of.width(), "member", "members"), " wide, structural virality ",
                      Decimal(of.structural_virality(), 2));
}

std::string ReasonText(const v1::RunResult& result) {
  return result.reason_stopped() == v1::REASON_STOPPED_MAX_STEPS
             ? absl::StrCat("max_steps ", MaxSteps(result.scenario()).value_or(0), " was reached")
             : "nothing was left to deliver";
}

// Everything that makes the run, so that it can be told and repeated.
std::string Setting(const v1::RunResult& result) {
  constexpr int kSeedsShown = 3;
  const v1::Scenario& scenario = result.scenario();
  std::string seeds;
  for (int i = 0; i < std::min(kSeedsShown, result.seed_members_size()); ++i) {
    absl::StrAppend(&seeds, i == 0 ? "" : ", ", result.seed_members(i).id());
  }
  if (result.seed_members_size() > kSeedsShown) absl::StrAppend(&seeds, ", ...");
  const std::string rules = RulesText(scenario);
  return Wrap(absl::StrCat(
      "Network ", result.graph(), ": ", Counted(result.graph_members(), "member", "members"), ", ",
      Counted(result.graph_links(), "link", "links"), ". ", ModelSentence(scenario.model()), ", seed member",
      result.seed_members_size() == 1 ? " " : "s ", seeds, ", run seed ", scenario.run_seed(), ".",
      rules.empty() ? "" : " ", rules));
}

std::string Realisations(const v1::RunResult& result) {
  const std::string seed = absl::StrCat("(run seed ", result.scenario().run_seed(), ").");
  const std::uint32_t first = result.scenario().first_replica();
  if (Replicas(result) == 1) {
    return absl::StrCat("This is one realisation of chance",
                        first > 0 ? absl::StrCat(", number ", first) : "", " ", seed);
  }
  return absl::StrCat("These are ", Thousands(Replicas(result)), " realisations of chance ", seed);
}

FactList ResultFacts(const v1::RunResult& result) {
  const bool several = Replicas(result) > 1;
  const std::string steps = StepsWord(result.scenario());
  const char* const of = several ? " (all replicas together)" : " of all members";
  FactList facts = {{absl::StrCat(steps, " to 50%", of), HopsTo(result, 50)},
                    {absl::StrCat(steps, " to 90%", of), HopsTo(result, 90)},
                    {"a reached member got it", Frequency(result)},
                    {several ? "never reached (summed)" : "never reached", NeverReached(result)},
                    {several ? "the last replica stopped as" : "stopped as", ReasonText(result)}};
  if (result.has_attribution()) facts.emplace_back("who brought it to whom", AttributionText(result));
  if (several) facts.emplace_back("died within one hop", DiedEarly(result));
  facts.emplace_back("time", TimeText(result));
  facts.emplace_back("deliveries/s", Rate(result));
  facts.emplace_back("digest", result.digest());
  facts.emplace_back("run", result.manifest().run());
  return facts;
}

}  // namespace

std::uint64_t Replicas(const v1::RunResult& result) {
  return std::max<std::uint64_t>(1, result.scenario().replicas());
}

std::uint32_t LastArrival(const v1::RunResult& result) {
  for (int i = result.steps_size() - 1; i >= 0; --i) {
    const v1::StepCounts& counts = result.steps(i);
    if (counts.deliveries() > 0 || counts.first_receipts() > 0) return counts.step();
  }
  return result.totals().steps();
}

std::string Sentence(const v1::RunResult& result) {
  const std::uint64_t audience = SeedAudience(result.seed_members());
  const bool several_seeds = result.seed_members_size() > 1;
  if (result.totals().steps() == 0 && result.reason_stopped() == v1::REASON_STOPPED_MAX_STEPS) {
    return absl::StrCat(Sender(result), several_seeds ? " have" : " has",
                        " the message; the run ended (max_steps ", MaxSteps(result.scenario()).value_or(0),
                        ") before anything was delivered.");
  }
  if (audience == 0) {
    const bool alone =
        result.totals().reach() <= static_cast<std::uint64_t>(result.seed_members_size()) * Replicas(result);
    return absl::StrCat(Sender(result), several_seeds ? " have no " : " has no ",
                        Audience(result, 2).substr(2),
                        alone ? ": nobody else got the message." : "; " + InTheEnd(result));
  }
  const bool by_hops = !HasTime(result.scenario()) && !HasOtherWays(result.scenario());
  return absl::StrCat(Sent(result, audience), "; ",
                      !by_hops               ? InTheEnd(result)
                      : Replicas(result) > 1 ? MeanFirstHop(result)
                                             : FirstHop(result));
}

std::string Summary(const v1::RunResult& result) {
  const std::uint64_t reach = result.totals().reach();
  const bool several = Replicas(result) > 1;
  return absl::StrCat(result.has_ensemble() ? EnsembleSentence(result) + " " : "", Thousands(reach), " of ",
                      Thousands(MembersOfAll(result)), " members reached (",
                      PercentCell(reach, MembersOfAll(result)), "%) ", several ? "in at most " : "in ",
                      Counted(LastArrival(result), StepWord(result.scenario()), StepsWord(result.scenario())),
                      " with ", Counted(result.totals().deliveries(), "delivery", "deliveries"),
                      ForwardsWord(result.scenario()) == "accepted" ? ", accepted by " : ", forwarded by ",
                      Thousands(result.totals().forwards()),
                      several ? absl::StrCat(" (sums over ", Thousands(Replicas(result)), " replicas)") : "",
                      ".");
}

std::string Report(const v1::RunResult& result, bool color, bool remarks) {
  const bool several = result.has_ensemble();
  const std::string sentence = Wrap(several ? EnsembleSentence(result) : Sentence(result));
  std::string text = absl::StrCat(color ? absl::StrCat("\033[1m", sentence, "\033[0m") : sentence, "\n",
                                  several ? Wrap(Sentence(result)) + "\n" : "", Setting(result), "\n\n");
  if (const std::string draw = SeedDrawSentence(result.scenario()); !draw.empty()) {
    absl::StrAppend(&text, Wrap(draw), "\n\n");
  }
  if (several) {
    const std::string precision = PrecisionSentence(result.ensemble());
    if (!precision.empty()) absl::StrAppend(&text, Wrap(precision), "\n\n");
    absl::StrAppend(&text, EnsembleTable(result.ensemble(), result.scenario(), color), "\n",
                    ReachHistogram(result.ensemble(), color), "\n");
  }
  const std::string messages = MessagesTable(result, color);
  if (!messages.empty())
    absl::StrAppend(&text, messages, "\nBy ", StepWord(result.scenario()), ", ", result.messages(0).name(),
                    ":\n");
  absl::StrAppend(&text, HopTable(result, color), "\n");
  if (const std::string counted = CountedSentence(result); !counted.empty()) {
    const v1::LuckAndIgnorance& luck = result.ensemble().luck_and_ignorance();
    absl::StrAppend(
        &text,
        Wrap(absl::StrCat(counted, luck.rates().empty() ? "" : " " + LuckSentence(luck, luck.measure()))),
        "\n\n");
  }
  if (const std::string beside = BesideReach(result); !beside.empty()) {
    absl::StrAppend(&text, Wrap(beside), "\n\n");
  }
  for (const Answer& answer : GoalAnswers(result)) {
    absl::StrAppend(&text, Wrap(absl::StrCat(answer.question, " ", answer.sentence)), "\n");
  }
  if (!GoalAnswers(result).empty()) absl::StrAppend(&text, "\n");
  absl::StrAppend(&text, GroupTables(result, color));
  absl::StrAppend(&text, Facts(ResultFacts(result)));
  if (remarks) absl::StrAppend(&text, "\n", Realisations(result), "\n");
  for (const std::string& warning : result.warnings()) {
    absl::StrAppend(&text, Wrap(absl::StrCat("warning: ", warning), 9), "\n");
  }
  return text;
}

}  // namespace lawine::cli
