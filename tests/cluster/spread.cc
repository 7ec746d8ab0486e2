#include "tests/cluster/spread.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/thread_pool.h"
#include "engine/graph/edge_line.h"
#include "engine/graph/edge_reader.h"
#include "engine/spread/local_cluster.h"
#include "tests/support/compare.h"
#include "tests/support/shards.h"

namespace lawine {
namespace {

const Threshold kAlways = Threshold::FromFixed(Threshold::kOne);

// Rows of `graph`, read back by the importer; `id_of` gives the external id of each of its keys.
template <class IdOf>
Network FromRows(const TestGraph& graph, bool string_ids, const IdOf& id_of) {
  Network network;
  for (const auto& [from, to] : graph.links)
    absl::StrAppend(&network.edge_list, id_of(from), "\t", id_of(to), "\n");
  EdgeReader reader({.columns = ParseEdgeColumns("from,to", false).value(), .string_ids = string_ids});
  reader.BeginFile("rows");
  LAWINE_CHECK(reader.Append(network.edge_list).ok() && reader.EndFile().ok());
  EdgeListCounts counts;
  network.source = MakeEdgeListSource(reader.TakeEdges(), counts).value();
  return network;
}

StopReason StopOf(pb::ReasonStopped reason) {
  return reason == pb::REASON_STOPPED_MAX_STEPS ? StopReason::kMaxSteps : StopReason::kNothingPending;
}

// A result in the engine's words, several replicas as one that does what they do together.
LaneOutcome LaneOf(const pb::RunResult& result) {
  LaneOutcome lane;
  lane.stop = StopOf(result.reason_stopped());
  for (const pb::StepCounts& step : result.steps()) {
    lane.Add(CountsOf({.step = step.step(),
                       .deliveries = step.deliveries(),
                       .first_receipts = step.first_receipts(),
                       .forwards = step.forwards()}));
  }
  lane.digest = Digest::FromHex(result.digest()).value_or(Digest());
  lane.unreached_without_followees = result.unreached_without_links();
  return lane;
}

// Several verdicts added up, as a result shows them.
Verdict Sum(const std::vector<Verdict>& verdicts) {
  Verdict sum;
  for (const Verdict& verdict : verdicts) {
    sum.digest += verdict.digest;
    sum.unreached_without_followees += verdict.unreached_without_followees;
    sum.stopped_at_max_steps = verdict.stopped_at_max_steps;
    for (const JudgeStep& step : verdict.steps) {
      while (sum.steps.size() <= step.step)
        sum.steps.push_back({.step = static_cast<std::uint32_t>(sum.steps.size())});
      JudgeStep& total = sum.steps[step.step];
      total.deliveries += step.deliveries;
      total.first_receipts += step.first_receipts;
      total.duplicates += step.duplicates;
      total.forwards += step.forwards;
    }
  }
  return sum;
}

}  // namespace

std::string Network::IdOf(MemberKey key) const { return names.empty() ? absl::StrCat(key) : names.at(key); }

std::vector<MemberKey> Network::BestConnected(std::size_t count) const {
  std::vector<std::pair<std::size_t, MemberKey>> ranked;
  for (const auto& [key, followers] : judged) ranked.emplace_back(~followers.size(), key);
  std::sort(ranked.begin(), ranked.end());
  std::vector<MemberKey> best;
  for (std::size_t i = 0; i < count && i < ranked.size(); ++i) best.push_back(ranked[i].second);
  return best;
}

Network WithIntegerIds(const TestGraph& graph) {
  Network network = FromRows(graph, false, [](MemberKey key) { return absl::StrCat(key); });
  TestGraph linked = graph;
  linked.extra_members.clear();
  network.judged = ForJudge(linked);
  return network;
}

Network WithStringIds(const TestGraph& graph) {
  const auto name_of = [](MemberKey key) { return absl::StrCat("lid-", key, "-\xC3\xAB"); };
  Network network = FromRows(graph, true, name_of);
  TestGraph hashed = graph;
  hashed.extra_members.clear();
  for (auto& [from, to] : hashed.links) {
    for (MemberKey* key : {&from, &to}) {
      const std::string name = name_of(*key);
      *key = KeyOfStringId(name);
      network.names[*key] = name;
    }
  }
  network.judged = ForJudge(hashed);
  return network;
}

Network Generated(const std::string& preset, std::uint32_t members, std::uint32_t links_per_member) {
  Network network;
  network.generated = {.preset = preset,
                       .members = members,
                       .links_per_member_milli = links_per_member * 1000,
                       .graph_seed = 5};
  InlineExecutor executor;
  network.source = MakeGenerator(*network.generated, executor).value();
  network.judged = ForJudge(*network.source);
  return network;
}

JudgeGraph JudgedByKeys(const LinkSource& source) {
  MemberColumns members;
  source.Profiles({MemberId(0), source.members_count()}, members);
  JudgeGraph judged;
  FollowerLists lists;
  for (std::uint32_t c = 0; c < source.chunks_count(); ++c) {
    LAWINE_CHECK(source.FollowersInside(c, {MemberId(0), source.members_count()}, lists).ok());
    auto follower = lists.followers.begin();
    for (std::uint32_t i = 0; i < lists.counts.size(); ++i) {
      auto& followers = judged[members.keys[source.chunk(c).first.value + i]];
      for (const auto end = follower + lists.counts[i]; follower != end; ++follower) {
        followers.push_back(members.keys[*follower]);
      }
    }
  }
  return judged;
}

Answer<pb::Graph> Load(Client& client, const Network& network, const std::string& name,
                       std::uint32_t shards) {
  if (!network.generated.has_value()) {
    pb::ImportOptions options;
    options.set_name(name);
    options.set_row("from,to");
    options.set_string_ids(!network.names.empty());
    options.set_shards(shards);
    const auto imported = client.Import(options, {{"rows", network.edge_list}});
    return {imported.status, imported.value.graph()};
  }
  pb::CreateGraphRequest request;
  request.set_name(name);
  request.set_preset(network.generated->preset);
  request.set_members(network.generated->members);
  request.set_links_per_member(network.generated->links_per_member_milli / 1000.0);
  request.set_graph_seed(network.generated->graph_seed);
  request.set_shards(shards);
  return client.CreateGraph(request);
}

pb::Scenario ScenarioOf(const Spread& spread, const Network& network, const std::string& graph) {
  pb::Scenario scenario;
  scenario.set_graph(graph);
  for (const MemberKey key : spread.seeds) scenario.mutable_seed_members()->add_ids(network.IdOf(key));
  pb::Model& model = *scenario.mutable_model();
  if (spread.by_link) {
    model.mutable_independent_cascade()->set_probability(spread.probability);
  } else {
    model.mutable_forward()->set_probability(spread.probability);
  }
  scenario.set_run_seed(spread.run_seed);
  scenario.set_first_replica(spread.first_replica);
  scenario.set_replicas(spread.replicas);
  if (spread.max_steps.has_value()) scenario.mutable_stop()->set_max_steps(*spread.max_steps);
  return scenario;
}

std::vector<Verdict> Judge(const Network& network, const Spread& spread) {
  std::vector<Verdict> verdicts;
  for (std::uint64_t i = 0; i < spread.replicas; ++i) {
    JudgeRun run{.run_seed = spread.run_seed,
                 .replica = spread.first_replica + i,
                 .forward = spread.by_link ? kAlways : Threshold::FromProbability(spread.probability).value(),
                 .link = spread.by_link ? Threshold::FromProbability(spread.probability).value() : kAlways,
                 .max_steps = spread.max_steps};
    run.seed_members.insert(spread.seeds.begin(), spread.seeds.end());
    verdicts.push_back(Judge(network.judged, run));
  }
  return verdicts;
}

std::string Difference(const std::vector<Verdict>& verdicts, const pb::RunResult& result) {
  const Verdict whole = Sum(verdicts);
  std::string difference = Difference(whole, LaneOf(result));
  if (!difference.empty() || verdicts.size() == 1) return difference;
  if (static_cast<std::size_t>(result.replicas_size()) != verdicts.size()) return "number of replicas";
  for (int i = 0; i < result.replicas_size(); ++i) {
    const Verdict& verdict = verdicts[static_cast<std::size_t>(i)];
    const pb::ReplicaResult& replica = result.replicas(i);
    if (replica.digest() != verdict.digest.ToHex()) return absl::StrCat("digest of replica ", i);
    if (replica.totals().reach() != verdict.receipt_steps.size()) return absl::StrCat("reach of replica ", i);
    if (replica.totals().forwards() != verdict.forward_steps.size())
      return absl::StrCat("forwards of replica ", i);
    const bool at_max = StopOf(replica.reason_stopped()) == StopReason::kMaxSteps;
    if (at_max != verdict.stopped_at_max_steps) return absl::StrCat("stop of replica ", i);
  }
  return "";
}

std::string Difference(const Verdict& verdict, const Network& network,
                       const std::map<std::string, ReceiptSteps>& receipts) {
  if (receipts.size() != verdict.receipt_steps.size()) {
    return absl::StrCat("the judge has ", verdict.receipt_steps.size(), " receipts, the cluster ",
                        receipts.size());
  }
  for (const auto& [key, step] : verdict.receipt_steps) {
    const auto it = receipts.find(network.IdOf(key));
    if (it == receipts.end()) return absl::StrCat("no receipt of ", network.IdOf(key));
    const auto forward = verdict.forward_steps.find(key);
    const std::uint32_t forward_plus_one = forward == verdict.forward_steps.end() ? 0 : forward->second + 1;
    if (it->second != ReceiptSteps(step, forward_plus_one))
      return absl::StrCat("steps of ", network.IdOf(key));
  }
  return "";
}

std::string LocalDigest(const Network& network, const Spread& spread, std::uint32_t shards_count) {
  const Shards shards = Shards::InMemory(*network.source, BalancedPartition(*network.source, shards_count));
  JudgeRun run{.run_seed = spread.run_seed,
               .forward = spread.by_link ? kAlways : Threshold::FromProbability(spread.probability).value(),
               .link = spread.by_link ? Threshold::FromProbability(spread.probability).value() : kAlways,
               .max_steps = spread.max_steps};
  run.seed_members.insert(spread.seeds.begin(), spread.seeds.end());
  RunSpec spec = shards.SpecFor(run);
  spec.first_replica = spread.first_replica;
  spec.replicas = spread.replicas;
  ThreadPool pool(2);
  const auto outcome = LocalCluster(shards.images(), std::min(2u, shards_count)).Run(spec, pool);
  LAWINE_CHECK(outcome.ok());
  Digest digest;
  for (const LaneOutcome& lane : outcome->lanes) digest += lane.digest;
  return digest.ToHex();
}

}  // namespace lawine
