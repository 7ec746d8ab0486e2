#include "tests/support/random_model.h"

#include <algorithm>
#include <utility>

#include "tests/support/graphs.h"
#include "tests/support/random_later.h"
#include "tests/support/random_network.h"

namespace lawine {
namespace {

constexpr std::uint8_t kKinds[] = {0, 1, 2, 255};

class Maker {
 public:
  explicit Maker(TestRandom& random) : random_(random) {}

  RandomModel Make() {
    MakeGraph();
    spec().first_met_only = random_.OneIn(4);
    if (random_.OneIn(2)) spec().monitors = SomeMembers(1 + random_.Below(4));
    const std::uint64_t messages = random_.OneIn(2) ? 1 : 2 + random_.Below(3);
    spec().messages.resize(messages);
    for (std::uint32_t m = 0; m < messages; ++m) MakeMessage(m);
    for (std::uint64_t i = random_.Below(4); i > 0; --i) MakeIntervention();
    MakeRandomNetwork(random_, model_);
    MakeWeights();
    MakeRandomLater(random_, spec());
    model_.run_seed = random_.AnySize(64);
    model_.replica = random_.OneIn(2) ? 0 : random_.Below(100);
    return std::move(model_);
  }

 private:
  ModelSpec& spec() { return model_.spec; }
  std::uint32_t members_count() const { return static_cast<std::uint32_t>(model_.graph.members.size()); }
  std::uint32_t Below(std::uint64_t bound) { return static_cast<std::uint32_t>(random_.Below(bound)); }

  // Probabilities: often such that cascades go on; 0, 1 and values that need all their bits come up.
  Threshold Chance() {
    switch (random_.Below(6)) {
      case 0:
        return Threshold::FromFixed(Threshold::kOne);
      case 1:
        return Threshold::FromFixed(Threshold::kOne / 2);
      case 2:
        return Threshold::FromFixed(random_.OneIn(4) ? 0 : random_.AnySize(63));
      case 3:
        return Threshold::FromFixed(random_.Next() >> 1);
      default:
        return Threshold::FromFixed(Threshold::kOne - (random_.Next() >> 3));
    }
  }
  Factor AnyFactor() {
    switch (random_.Below(6)) {
      case 0:
        return Factor();
      case 1:
        return Factor::FromFixed(0);
      case 2:
        return Factor::FromFixed(2 * Factor::kOne);
      case 3:
        return Factor::FromFixed(random_.AnySize(62));
      default:
        return Factor::FromFixed(random_.Next() >> 31);
    }
  }
  std::vector<Factor> AnyFactors(std::uint64_t most) {
    std::vector<Factor> factors(1 + random_.Below(most));
    for (Factor& factor : factors) factor = AnyFactor();
    return factors;
  }
  DelayTable AnyTable() {
    DelayTable table;
    for (std::uint64_t i = random_.Below(random_.OneIn(8) ? 300 : 6); i > 0; --i) {
      table.cumulative.push_back(Chance());
    }
    table.cumulative.push_back(Threshold::FromFixed(Threshold::kOne));
    std::ranges::sort(table.cumulative);
    return table;
  }
  // At least one, ascending.
  std::vector<MemberId> SomeMembers(std::uint64_t count) {
    std::set<std::uint32_t> chosen;
    for (std::uint64_t i = 0; i < count; ++i) chosen.insert(Below(members_count()));
    return {chosen.begin(), chosen.end()};
  }

  void MakeGraph() {
    const std::uint32_t members = 2 + Below(random_.OneIn(16) ? 600 : random_.OneIn(4) ? 80 : 25);
    const TestGraph drawn =
        RandomGraph(random_, members, 1 + Below(3), members > 80 || random_.OneIn(2) ? members : 6);
    model_.graph = ForModels(drawn);
    for (auto& [key, member] : model_.graph.members) {
      member = {.account_kind = static_cast<std::uint8_t>(random_.OneIn(20) ? 255 : Below(5)),
                .community = random_.OneIn(20) ? ~0u : Below(7)};
    }
    const bool kinds = random_.OneIn(2);
    std::vector<ModelLink> links;
    for (ModelLink link : model_.graph.links) {
      for (const std::uint8_t kind : kKinds) {
        link.kind = kinds ? kind : 0;
        if (!kinds || random_.OneIn(3)) links.push_back(link);
        if (!kinds) break;
      }
    }
    model_.graph.links = std::move(links);
  }

  // In-weights add up to 1 at most where linear thresholds use them.
  void MakeWeights() {
    const bool linear = std::ranges::any_of(spec().messages, [](const MessageSpec& message) {
      return message.acceptance.kind == Acceptance::Kind::kLinearByWeight;
    });
    std::map<MemberKey, std::uint32_t> followees;
    for (const ModelLink& link : model_.graph.links) ++followees[link.receiver];
    for (ModelLink& link : model_.graph.links) {
      const std::uint64_t most = (std::uint64_t{1} << 31) / (linear ? followees[link.receiver] : 1);
      link.weight = static_cast<std::uint32_t>(random_.OneIn(2) ? most : random_.Below(most + 1));
    }
  }

  void MakeLinkChance(LinkChance& link) {
    link.kind =
        random_.OneIn(2) ? LinkChance::Kind::kSame : static_cast<LinkChance::Kind>(1 + random_.Below(4));
    if (link.kind == LinkChance::Kind::kSame && random_.OneIn(2)) link.same = Chance();
    if (link.kind != LinkChance::Kind::kByKind) return;
    link.by_kind.resize(256);
    for (Threshold& chance : link.by_kind) chance = Chance();
  }

  void MakeMessage(std::uint32_t m) {
    MessageSpec& message = spec().messages[m];
    MakeLinkChance(message.link);
    if (random_.OneIn(4)) {
      message.link_kinds.assign(256, false);
      for (const std::uint8_t kind : kKinds) message.link_kinds[kind] = !random_.OneIn(3);
    }
    if (random_.OneIn(2)) message.forward = Chance();
    if (random_.OneIn(4)) message.factors.by_account_kind = AnyFactors(5);
    if (random_.OneIn(4)) message.factors.by_community = AnyFactors(7);
    if (random_.OneIn(4)) message.factors.by_age = AnyFactors(6);
    for (std::uint32_t by = 0; by < spec().messages.size(); ++by) {
      if (by != m && random_.OneIn(4)) message.influences.push_back({.by = by, .factor = AnyFactor()});
    }
    if (random_.OneIn(3)) {
      MakeEpidemic(message);
    } else {
      MakeCascade(message);
    }
    if (random_.OneIn(3)) message.start = AnyTrigger();
    MakeInjections(message);
    if (!model_.max_steps.has_value() && random_.OneIn(4)) model_.max_steps = Below(20);
  }

  void MakeEpidemic(MessageSpec& message) {
    message.epidemic.emplace();
    message.epidemic->recovery = Chance();
    message.epidemic->susceptible_again = random_.OneIn(2);
    if (random_.OneIn(2)) message.epidemic->onset = Chance();
    model_.max_steps = Below(40);
  }

  void MakeCascade(MessageSpec& message) {
    if (random_.OneIn(3)) message.seen = Chance();
    if (random_.OneIn(2)) {
      message.delay = AnyTable();
      if (random_.OneIn(2)) MakeRhythm(message.rhythm);
    }
    if (random_.OneIn(3)) {
      message.link_delay = AnyTable();
    } else if (random_.OneIn(2)) {
      message.acceptance.kind = static_cast<Acceptance::Kind>(1 + random_.Below(5));
      message.acceptance.fraction = random_.OneIn(2) ? Threshold::FromFixed(Threshold::kOne / 4) : Chance();
      message.acceptance.count = 1 + Below(4);
    }
  }

  void MakeRhythm(Rhythm& rhythm) {
    rhythm.activity.resize(1 + random_.Below(24));
    for (std::uint32_t& activity : rhythm.activity) activity = static_cast<std::uint32_t>(random_.AnySize(3));
    rhythm.activity[random_.Below(rhythm.activity.size())] = 1 + Below(3);
    rhythm.first = Below(rhythm.activity.size());
  }

  void MakeInjections(MessageSpec& message) {
    const std::uint64_t count = random_.OneIn(2) ? 1 : 1 + random_.Below(4);
    std::uint32_t step = random_.OneIn(4) ? Below(4) : 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      message.injections.push_back({.step = step, .members = SomeMembers(1 + random_.Below(3))});
      step += 1 + Below(random_.OneIn(8) ? 1000 : random_.OneIn(4) ? 20 : 3);
    }
  }

  Trigger AnyTrigger() {
    Trigger trigger{.kind = static_cast<Trigger::Kind>(1 + random_.Below(3)),
                    .count = Below(random_.OneIn(16) ? 500 : 12)};
    if (trigger.kind == Trigger::Kind::kMonitors && spec().monitors.empty())
      trigger.kind = Trigger::Kind::kReach;
    if (trigger.kind == Trigger::Kind::kStep) return trigger;
    trigger.message = Below(spec().messages.size());
    trigger.count =
        1 + random_.Below(trigger.kind == Trigger::Kind::kReach ? members_count() : spec().monitors.size());
    return trigger;
  }

  MemberChoice AnyChoice() {
    MemberChoice choice;
    if (random_.OneIn(2)) choice.members = SomeMembers(1 + random_.Below(3));
    if (random_.OneIn(2)) choice.share = Threshold::FromFixed(random_.Next() >> (1 + random_.Below(3)));
    for (const std::uint32_t kind : random_.Subset(5, 1, 4)) {
      choice.account_kinds.push_back(static_cast<std::uint8_t>(kind));
    }
    return choice;
  }

  void MakeIntervention() {
    Intervention& intervention = spec().interventions.emplace_back();
    intervention.trigger = AnyTrigger();
    intervention.messages = random_.Subset(static_cast<std::uint32_t>(spec().messages.size()), 1, 2);
    if (random_.OneIn(3)) intervention.forward = AnyFactor();
    if (random_.OneIn(3)) intervention.carry = Chance();
    if (random_.OneIn(3)) intervention.delay = Below(5);
    if (random_.OneIn(3)) intervention.immune = AnyChoice();
    if (random_.OneIn(3)) intervention.removed = AnyChoice();
  }

  TestRandom& random_;
  RandomModel model_;
};

void AddChoice(const char* what, const std::optional<MemberChoice>& choice, std::set<std::string>& features) {
  if (!choice.has_value()) return;
  features.insert(what);
  if (choice->share > Threshold() && !choice->account_kinds.empty()) features.insert("members by kind");
}

void AddTrigger(const char* what, const Trigger& trigger, std::set<std::string>& features) {
  constexpr const char* kWhen[] = {"", " at a step", " by reach", " by monitors"};
  features.insert(std::string(what) + kWhen[static_cast<int>(trigger.kind)]);
}

void AddOfAll(const ModelSpec& spec, std::uint32_t message, std::set<std::string>& features) {
  if (spec.first_met_only && spec.messages.size() > 1) features.insert("first met");
  if (!spec.monitors.empty()) features.insert("monitors");
  for (const Intervention& intervention : spec.interventions) {
    if (!intervention.messages.empty() && !std::ranges::count(intervention.messages, message)) continue;
    AddTrigger("intervention", intervention.trigger, features);
    if (intervention.forward != Factor()) features.insert("intervention on forwards");
    if (intervention.carry != Threshold::FromFixed(Threshold::kOne)) features.insert("intervention on links");
    if (intervention.delay > 0) features.insert("intervention on delays");
    AddChoice("immune", intervention.immune, features);
    AddChoice("removed", intervention.removed, features);
  }
}

}  // namespace

std::vector<MessageVerdict> RandomModel::Judged() const {
  RunLuck luck(run_seed, replica);
  return JudgeModel(graph, spec, luck, max_steps, replica);
}

RandomModel MakeRandomModel(TestRandom& random) { return Maker(random).Make(); }

std::set<std::string> FeaturesOf(const ModelSpec& spec, std::uint32_t message) {
  constexpr const char* kLinks[] = {"", "links alike", "links by kind", "links by weight",
                                    "links by followees"};
  constexpr const char* kAcceptances[] = {"", "first", "linear", "linear by weight", "fraction", "count"};
  const MessageSpec& m = spec.messages[message];
  std::set<std::string> features = {kLinks[static_cast<int>(m.link.kind)],
                                    kAcceptances[static_cast<int>(m.acceptance.kind)]};
  const auto add = [&](bool used, const char* what) {
    if (used) features.insert(what);
  };
  add(!m.link_kinds.empty(), "link kinds");
  add(m.seen.has_value(), "seen");
  add(m.forward != Threshold::FromFixed(Threshold::kOne), "forward");
  add(!m.factors.by_account_kind.empty(), "account kinds");
  add(!m.factors.by_community.empty(), "communities");
  add(!m.factors.by_age.empty(), "age");
  add(!m.influences.empty(), "influences");
  add(!m.delay.empty(), "delay");
  add(!m.rhythm.activity.empty(), "rhythm");
  add(!m.link_delay.empty(), "link delay");
  add(m.injections.size() > 1, "injections");
  if (m.epidemic.has_value()) {
    features.insert("epidemic");
    add(m.epidemic->susceptible_again, "susceptible again");
    add(m.epidemic->onset.has_value(), "onset");
  }
  AddTrigger("start", m.start, features);
  add(spec.later.has_value(), "later rules");
  AddOfAll(spec, message, features);
  AddNetworkFeatures(spec, message, features);
  return features;
}

}  // namespace lawine
