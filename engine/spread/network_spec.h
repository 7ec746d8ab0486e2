// What a run may ask of the network beside how messages spread: who is one person, how links and members come
// and go, and which groups of members results are told by. "Models, exactly" in engine/README.md says what
// each does.
#ifndef LAWINE_ENGINE_SPREAD_NETWORK_SPEC_H_
#define LAWINE_ENGINE_SPREAD_NETWORK_SPEC_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/probability.h"

namespace lawine {

// Accounts of one person in several networks. The graph must know persons.
struct PeopleSpec {
  bool one_decision = true;  // coins of decisions are the person's, not the account's
  // Where accounts of the i-th network begin; ascending from 0. Empty: nobody cross-posts.
  std::vector<MemberId> networks;
  // Chance that who acts in network i posts in network j: cross_posting[i * networks.size() + j].
  std::vector<Threshold> cross_posting;

  std::size_t NetworkOf(MemberId member) const {
    std::size_t network = networks.size();
    while (network > 1 && member < networks[network - 1]) --network;
    return network - 1;
  }
  // REQUIRES: networks is not empty.
  Threshold CrossPosting(MemberId from, MemberId to) const {
    return cross_posting[NetworkOf(from) * networks.size() + NetworkOf(to)];
  }
};

// Links and members that come and go by themselves. Chances are those of a step.
struct GrowthSpec {
  Threshold new_links;   // that a member gets a link to another, who is drawn from all
  bool mutual = true;    // and that one a link to it: new friendships
  Threshold lost_links;  // that a link is lost
  Threshold start = Threshold::FromFixed(Threshold::kOne);  // share of the members that are there at step 0
  Threshold joining;                                        // that a member that was not there joins
  Threshold leaving;                                        // that a member leaves, for good

  bool members_change() const {
    return start != Threshold::FromFixed(Threshold::kOne) || leaving != Threshold();
  }
};

// What members do to their links because of a message.
struct Reactions {
  Threshold unfollow;  // chance that who sees a delivery drops the link it came along
  Threshold follow;    // chance that who accepts follows the message's author: its first seed member
};

// Members whom a message is meant for: those to whom all that is set applies.
struct TargetSpec {
  std::optional<std::uint32_t> community;
  std::optional<std::uint8_t> network;
  std::optional<std::uint8_t> account_kind;
};

// Results by network, by account kind, by audience, and by community: of those listed, and of all others
// together.
struct GroupSpec {
  std::vector<std::uint32_t> communities;  // strictly ascending
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_NETWORK_SPEC_H_
