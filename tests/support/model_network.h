// The network as the judge of all models sees it: "The network changes" of engine/README.md as it is written
// there, link by link and step by step, and who is one person.
#ifndef LAWINE_TESTS_SUPPORT_MODEL_NETWORK_H_
#define LAWINE_TESTS_SUPPORT_MODEL_NETWORK_H_

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "engine/spread/message_spec.h"
#include "tests/support/luck.h"
#include "tests/support/model_graph.h"

namespace lawine {

class ModelNetwork {
 public:
  // All must outlive it.
  ModelNetwork(const ModelGraph& graph, const ModelSpec& spec, Luck& luck);

  // Adds the links that come at step t. Steps are taken one after the other.
  void BeginStep(std::uint64_t t);
  // Links that lead from `source` and are there at step t.
  std::vector<ModelLink> LinksFrom(MemberKey source, std::uint64_t t);
  // How many links lead to a member in the graph as it was given.
  std::uint64_t FolloweesOf(MemberKey member) const;
  // Has not joined yet, or has left.
  bool IsAway(MemberKey member, std::uint64_t t);
  // Members that are there; 0 where nobody comes or goes.
  std::uint64_t Present(std::uint64_t t);

  // From step t + 1 on. False where nothing changes.
  bool Unfollow(MemberKey source, MemberKey receiver, std::uint64_t t);
  bool Follow(MemberKey source, MemberKey receiver, std::uint64_t t) { return Add(source, receiver, t + 1); }

  // Whose coins decide for an account.
  MemberKey DeciderOf(MemberKey account) const;
  // Whether, and with which chance, an account of `from`'s person posts in the network of `to`.
  Threshold ChanceToCrossPost(MemberKey from, MemberKey to) const;
  // The person's other accounts.
  std::vector<MemberKey> OtherAccounts(MemberKey account) const;
  // Persons with an account among these.
  std::uint64_t PeopleOf(const std::map<MemberKey, std::uint64_t>& accounts) const;

 private:
  bool Add(MemberKey source, MemberKey receiver, std::uint64_t since);
  std::uint64_t Coin(CoinPurpose purpose, MemberKey member, std::uint64_t step = 0) {
    return luck_.Coin({.purpose = purpose, .step = step, .key1 = member});
  }
  MemberKey PersonOf(MemberKey account) const { return graph_.members.at(account).person.value_or(account); }
  std::size_t NetworkOf(MemberKey account) const;

  const ModelGraph& graph_;
  const ModelSpec& spec_;
  Luck& luck_;
  std::vector<MemberKey> keys_;  // ascending
  std::map<MemberKey, std::uint64_t> followees_;
  std::set<MemberKey> given_;  // members of injections
  std::map<MemberKey, std::vector<std::pair<ModelLink, std::uint64_t>>>
      links_;                                                         // by source, with their birth
  std::map<std::pair<MemberKey, MemberKey>, std::uint64_t> dropped_;  // since when
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_MODEL_NETWORK_H_
