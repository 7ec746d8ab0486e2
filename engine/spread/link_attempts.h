// Attempts of one member along its links into a shard: which carry, and of those, which are seen.
//
// Lists are taken in batches that stay in the innermost cache: ids, keys, coins, then the few that passed.
// Chances that differ by link are worked out beside the ids; the same for all needs no such column.
#ifndef LAWINE_ENGINE_SPREAD_LINK_ATTEMPTS_H_
#define LAWINE_ENGINE_SPREAD_LINK_ATTEMPTS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/coin.h"
#include "engine/base/key_batch.h"
#include "engine/base/member_set.h"
#include "engine/spread/message_spec.h"
#include "engine/spread/network_changes.h"
#include "engine/store/shard_image.h"

namespace lawine {

// One step's attempts of one message. Cheap to make.
class LinkAttempts {
 public:
  // A batch of attempts of one source that carried. Parallel; gone with the next batch.
  struct Carried {
    std::span<const std::uint32_t> receivers;  // local ids
    std::span<const MemberKey> keys;           // of the receivers; only if asked for
    std::span<const std::uint32_t> weights;    // of the links; only where acceptance needs them
  };
  struct Options {
    CoinLane coins;                           // links at step 0, or infections at the step
    std::vector<Threshold> carry;             // of the interventions in force, in order
    const MemberSet* removed = nullptr;       // attempts at them never carry; null: nobody is
    const MemberSet* away = nullptr;          // the same
    bool keys = false;                        // for whoever wants coins of what carried
    const NetworkChanges* changes = nullptr;  // which links are there; null: those of the graph
  };

  // All must outlive the attempts. `by_followees`: see FolloweeChances; needed for LinkChance::kByFollowees.
  LinkAttempts(const MessageSpec& message, const ShardImage& image, std::span<const Threshold> by_followees,
               Options options);

  // Calls visit(const Carried&) for every batch in which some attempt of `source` carried. `list` is what the
  // image holds of it.
  template <class Visit>
  void Try(MemberId source, Gaps list, Visit&& visit) {
    const CoinLane coins = options_.coins.ForSource(image_.KeyOfSource(source));
    if (needs_kinds_) kinds_ = image_.KindsOf(source);
    if (needs_weights_) weights_ = image_.WeightsOf(source);
    std::optional<NetworkChanges::SourceLinks> there;
    if (options_.changes != nullptr) there.emplace(options_.changes->LinksOf(source));
    std::uint32_t place = 0;
    for (std::size_t at = 0; at < list.size(); at += kKeyBatch) {
      std::size_t count = Collect(list, at, place);
      if (there.has_value()) count = KeepThere(*there, count);
      VisitCarried(coins, count, visit);
    }
  }
  // The same of links that the graph does not have. REQUIRES: options.changes.
  template <class Visit>
  void TryAdded(MemberId source, Visit&& visit) {
    const NetworkChanges::SourceLinks links = options_.changes->LinksOf(source);
    const CoinLane coins = options_.coins.ForSource(image_.KeyOfSource(source));
    for (std::size_t at = 0; at < links.added().size(); at += kKeyBatch) {
      VisitCarried(coins, CollectAdded(links, at), visit);
    }
  }

 private:
  template <class Visit>
  void VisitCarried(const CoinLane& coins, std::size_t tried, Visit& visit) {
    const std::size_t count = Select(coins, tried);
    if (count == 0) return;
    visit(Carried{.receivers = std::span(ids_).first(count),
                  .keys = options_.keys ? KeySpan(keys_).first(count) : KeySpan(),
                  .weights = by_weight_ ? std::span<const std::uint32_t>(link_weights_).first(count)
                                        : std::span<const std::uint32_t>()});
  }
  bool IsOut(std::uint32_t local) const {
    const auto has = [local](const MemberSet* set) {
      return set != nullptr && set->Contains(LocalId(local));
    };
    return has(options_.removed) || has(options_.away);
  }
  std::size_t Collect(Gaps list, std::size_t at, std::uint32_t& place);
  std::size_t CollectAdded(const NetworkChanges::SourceLinks& links, std::size_t at);
  std::size_t KeepThere(const NetworkChanges::SourceLinks& links, std::size_t count);
  std::size_t Select(const CoinLane& coins, std::size_t count);
  void ReadKeys(std::size_t count);
  std::size_t SelectByChance(const CoinLane& coins, std::size_t count);
  Threshold ChanceOf(std::size_t i) const;

  const MessageSpec& message_;
  const ShardImage& image_;
  const std::span<const Threshold> by_followees_;
  const Options options_;
  Threshold same_;      // with the interventions; where the chance is the same for all
  bool needs_kinds_;    // to filter, or for chances
  bool needs_weights_;  // for chances or for acceptance
  bool by_weight_;      // for acceptance
  std::span<const std::uint8_t> kinds_;
  std::span<const std::uint32_t> weights_;
  std::array<std::uint32_t, kKeyBatch> ids_;
  KeyBuffer keys_;
  std::array<std::uint8_t, kKeyBatch> link_kinds_;
  std::array<std::uint32_t, kKeyBatch> link_weights_;
};

// The chance 1 / followees of every member of the range; 1 for those without.
std::vector<Threshold> FolloweeChances(const ShardMembers& members);

// Whether a message needs columns that a graph, or the part of it in memory, must have.
bool NeedsLinkKinds(const MessageSpec& message);
bool NeedsLinkWeights(const MessageSpec& message);

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_LINK_ATTEMPTS_H_
