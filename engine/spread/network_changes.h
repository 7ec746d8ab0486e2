// Links and members that come and go during one replica, on one shard: by themselves (GrowthSpec), and as
// members react to messages. "The network changes" in engine/README.md is what it does.
//
// What only luck decides is not kept but asked of coins whenever a link is tried; kept are the links that the
// graph does not have, those that were dropped, and who is away.
#ifndef LAWINE_ENGINE_SPREAD_NETWORK_CHANGES_H_
#define LAWINE_ENGINE_SPREAD_NETWORK_CHANGES_H_

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/base/coin.h"
#include "engine/base/member_set.h"
#include "engine/spread/message_spec.h"
#include "engine/store/shard_image.h"

namespace lawine {

// Not thread-safe: one thread at a time.
class NetworkChanges {
 public:
  // From which step on a link to a member of the range is there, or is dropped.
  struct Since {
    std::uint32_t receiver = 0;  // local id
    std::uint32_t step = 0;
  };

  // Both must outlive it.
  NetworkChanges(const ModelSpec& model, const ShardImage& image);

  // Starts a replica; `key` is that of message 0.
  void Begin(const CoinKey& key);
  // Brings the network to `step`, before messages take it. Steps may be left out.
  void Advance(std::uint32_t step);

  // Members that have not joined, or have left; null where nobody ever does.
  const MemberSet* away() const { return growth_.members_change() ? &away_ : nullptr; }
  // Members of the range that are there; 0 where nobody comes or goes.
  std::uint64_t present() const { return growth_.members_change() ? present_ : 0; }

  // Which of one source's links are there, at one step.
  class SourceLinks {
   public:
    // Not for a link that is new: for one of the graph.
    bool Has(std::uint32_t receiver, MemberKey key) const { return IsThere(receiver, key, step_); }
    bool Has(const Since& added, MemberKey key) const {
      return added.step <= step_ && IsThere(added.receiver, key, step_ - added.step);
    }
    std::span<const Since> added() const { return added_; }

   private:
    friend class NetworkChanges;
    bool IsThere(std::uint32_t receiver, MemberKey key, std::uint32_t age) const;

    SourceLinks(const NetworkChanges& changes, CoinLane loss, std::uint32_t step)
        : changes_(changes), loss_(loss), step_(step) {}
    const NetworkChanges& changes_;
    CoinLane loss_;
    std::uint32_t step_;
    std::span<const Since> added_;
    std::span<const Since> dropped_;
  };
  // At the step advanced to. Gone with the next Follow or Unfollow.
  SourceLinks LinksOf(MemberId source) const;

  // The member drops what leads to it from `source`, from the next step on. False where it has already.
  bool Unfollow(MemberId source, std::uint32_t receiver);
  // The member follows `source` from the next step on. False where the graph has such a link, lost or not, or
  // one was added before.
  bool Follow(MemberId source, std::uint32_t receiver) { return Add(source, {receiver, step_ + 1}); }

 private:
  struct Waiting {
    std::uint64_t coin = 0;  // without its last bit
    std::uint32_t local = 0;
  };
  using BySource = std::unordered_map<std::uint32_t, std::vector<Since>>;

  bool Add(MemberId source, Since link);
  bool GraphHas(MemberId source, std::uint32_t receiver) const;
  void AddLinks(std::uint32_t step);
  void AddLinks(std::uint32_t step, MemberRange members);
  void MoveMembers();

  const ModelSpec& model_;
  const ShardImage& image_;
  GrowthSpec growth_;
  CoinKey key_;
  std::uint32_t step_ = 0;
  BySource added_;
  BySource dropped_;
  std::vector<std::uint64_t> kept_;  // by age: what the coin of a link that is still there is below
  std::vector<Waiting> absent_;      // have not joined
  std::vector<Waiting> staying_;     // have not left
  std::uint64_t absent_below_ = 0;   // at the step: coins of those that have not joined
  std::uint64_t staying_below_ = 0;  // at the step: coins of those that have not left
  MemberSet away_;
  MemberSet left_;
  std::uint64_t present_ = 0;
};

// FAILED_PRECONDITION where a model asks for new links, and lists are not all in memory.
absl::Status CheckChangesOn(const ModelSpec& model, const ShardImage& image);

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_NETWORK_CHANGES_H_
