#include "tests/support/model_groups.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "tests/support/model_network.h"

namespace lawine {
namespace {

std::set<std::size_t> GroupsOf(const ModelMember& member, std::uint64_t audience,
                               const std::vector<std::uint32_t>& communities) {
  std::size_t community = communities.size() + (member.community == 0 ? 0 : 1);
  for (std::size_t i = 0; i < communities.size(); ++i) {
    if (communities[i] == member.community) community = i;
  }
  std::size_t band = 0;  // audiences of 0, 1 to 9, 10 to 29, 30 to 99, ..., 10,000 and more
  for (const std::uint64_t first : {1, 10, 30, 100, 300, 1'000, 3'000, 10'000})
    band += audience >= first ? 1 : 0;
  return {member.network, 256u + member.account_kind, 512 + band, 521 + community};
}

}  // namespace

std::vector<std::vector<GroupRow>> JudgeGroups(const ModelGraph& graph, const ModelSpec& spec, Luck& luck,
                                               const std::vector<MessageVerdict>& verdicts) {
  const std::vector<std::uint32_t>& communities = spec.groups->communities;
  const ModelNetwork network(graph, spec, luck);
  std::vector<std::vector<GroupRow>> groups(verdicts.size());
  for (auto& rows : groups) rows.resize(521 + communities.size() + 2);
  std::map<MemberKey, std::uint64_t> audiences;
  for (const ModelLink& link : graph.links) ++audiences[link.source];
  for (const auto& [key, member] : graph.members) {
    std::vector<std::tuple<std::uint64_t, std::uint64_t, std::size_t>> met;
    for (std::size_t m = 0; m < verdicts.size(); ++m) {
      const auto receipt = verdicts[m].receipt_steps.find(key);
      if (receipt == verdicts[m].receipt_steps.end()) continue;
      const CoinName coin{.purpose = CoinPurpose::kForward, .message = m, .key1 = network.DeciderOf(key)};
      met.emplace_back(receipt->second, luck.Coin(coin), m);
    }
    std::ranges::sort(met);
    for (std::size_t i = 0; verdicts.size() > 1 && i < met.size(); ++i) {
      auto& rows = groups[std::get<2>(met[i])];
      const std::size_t at = 521 + communities.size() + 2 + std::get<0>(met[i]);
      rows.resize(std::max(rows.size(), at + 1));
      ++rows[at].members;
      rows[at].first_met += i == 0 ? 1 : 0;
      rows[at].last_met += i + 1 == met.size() ? 1 : 0;
    }
    for (const std::size_t group : GroupsOf(member, audiences[key], communities)) {
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
