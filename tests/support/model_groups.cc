#include "tests/support/model_groups.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "tests/support/model_network.h"

namespace lawine {
namespace {

std::set<std::size_t> GroupsOf(const ModelMember& member, const std::vector<std::uint32_t>& communities) {
  std::size_t community = communities.size() + (member.community == 0 ? 0 : 1);
  for (std::size_t i = 0; i < communities.size(); ++i) {
    if (communities[i] == member.community) community = i;
  }
  return {member.network, 256u + member.account_kind, 512 + community};
}

}  // namespace

std::vector<std::vector<GroupRow>> JudgeGroups(const ModelGraph& graph, const ModelSpec& spec, Luck& luck,
                                               const std::vector<MessageVerdict>& verdicts) {
  const std::vector<std::uint32_t>& communities = spec.groups->communities;
  const ModelNetwork network(graph, spec, luck);
  std::vector<std::vector<GroupRow>> groups(verdicts.size());
  for (auto& rows : groups) rows.resize(512 + communities.size() + 2);
  for (const auto& [key, member] : graph.members) {
    std::vector<std::tuple<std::uint64_t, std::uint64_t, std::size_t>> met;
    for (std::size_t m = 0; m < verdicts.size(); ++m) {
      const auto receipt = verdicts[m].receipt_steps.find(key);
      if (receipt == verdicts[m].receipt_steps.end()) continue;
      const CoinName coin{.purpose = CoinPurpose::kForward, .message = m, .key1 = network.DeciderOf(key)};
      met.emplace_back(receipt->second, luck.Coin(coin), m);
    }
    std::ranges::sort(met);
    for (const std::size_t group : GroupsOf(member, communities)) {
      for (std::size_t m = 0; m < verdicts.size(); ++m) {
        GroupRow& row = groups[m][group];
        const auto deliveries = verdicts[m].deliveries.find(key);
        const auto forwards = verdicts[m].forward_steps.find(key);
        ++row.members;
        row.deliveries += deliveries == verdicts[m].deliveries.end() ? 0 : deliveries->second;
        row.forwards += forwards == verdicts[m].forward_steps.end() ? 0 : forwards->second.size();
        row.reach += verdicts[m].receipt_steps.contains(key) ? 1 : 0;
      }
      if (verdicts.size() == 1 || met.empty()) continue;
      ++groups[std::get<2>(met.front())][group].first_met;
      ++groups[std::get<2>(met.back())][group].last_met;
    }
  }
  return groups;
}

}  // namespace lawine
