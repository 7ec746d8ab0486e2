#include "engine/spread/link_attempts.h"

#include <utility>

#include "engine/graph/link_kind.h"

namespace lawine {
namespace {

Threshold WithInterventions(Threshold chance, const std::vector<Threshold>& carry) {
  for (const Threshold factor : carry) chance = chance * factor;
  return chance;
}

}  // namespace

bool NeedsLinkKinds(const MessageSpec& message) {
  return !message.link_kinds.empty() || message.link.kind == LinkChance::Kind::kByKind;
}

bool NeedsLinkWeights(const MessageSpec& message) {
  return message.link.kind == LinkChance::Kind::kByWeight ||
         message.acceptance.kind == Acceptance::Kind::kLinearByWeight;
}

std::vector<Threshold> FolloweeChances(const ShardMembers& members) {
  std::vector<Threshold> chances;
  for (const std::uint32_t followees : members.followees()) {
    const std::uint64_t links = std::max(followees, 1u);
    chances.push_back(Threshold::FromFixed((Threshold::kOne + links / 2) / links));
  }
  return chances;
}

LinkAttempts::LinkAttempts(const MessageSpec& message, const ShardImage& image,
                           std::span<const Threshold> by_followees, Options options)
    : message_(message),
      image_(image),
      by_followees_(by_followees),
      options_(std::move(options)),
      same_(WithInterventions(message.link.same, options_.carry)),
      needs_kinds_(NeedsLinkKinds(message)),
      needs_weights_(NeedsLinkWeights(message)),
      by_weight_(message.acceptance.kind == Acceptance::Kind::kLinearByWeight) {}

// Of the links collected, those that carry.
std::size_t LinkAttempts::Select(const CoinLane& coins, std::size_t count) {
  if (message_.link.kind != LinkChance::Kind::kSame) {
    ReadKeys(count);
    return SelectByChance(coins, count);
  }
  if (same_ == Threshold::FromFixed(Threshold::kOne)) {
    if (options_.keys) ReadKeys(count);
    return count;
  }
  ReadKeys(count);
  if (options_.keys || by_weight_) return SelectByChance(coins, count);
  const auto ids = std::span<const std::uint32_t>(ids_).first(count);
  return SelectPassing(coins, same_, ids, KeySpan(keys_).first(count), ids_.data());
}

// The batch's links that may be tried, with their columns.
std::size_t LinkAttempts::Collect(Gaps list, std::size_t at, std::uint32_t& place) {
  const Gaps batch = list.subspan(at, std::min(kKeyBatch, list.size() - at));
  const bool filter = !message_.link_kinds.empty();
  if (!needs_kinds_ && !needs_weights_ && options_.removed == nullptr && options_.away == nullptr) {
    return IdsOfGaps(batch, place, ids_.data());
  }
  std::size_t count = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    place += batch[i];
    if (batch[i] == kSkip) continue;
    const std::uint8_t kind = kinds_.empty() ? std::uint8_t{0} : kinds_[at + i];
    if (filter && !message_.link_kinds[kind]) continue;
    if (IsOut(place)) continue;
    ids_[count] = place;
    link_kinds_[count] = kind;
    if (needs_weights_) link_weights_[count] = weights_[at + i];
    ++count;
  }
  return count;
}

// New links are of kind follow and have no weights.
std::size_t LinkAttempts::CollectAdded(const NetworkChanges::SourceLinks& links, std::size_t at) {
  if (!message_.link_kinds.empty() && !message_.link_kinds[kLinkFollow]) return 0;
  const auto added = links.added().subspan(at, std::min(kKeyBatch, links.added().size() - at));
  std::size_t count = 0;
  for (const NetworkChanges::Since& link : added) {
    if (IsOut(link.receiver) || !links.Has(link, image_.KeyOf(LocalId(link.receiver)))) continue;
    ids_[count] = link.receiver;
    link_kinds_[count] = kLinkFollow;
    ++count;
  }
  return count;
}

// Of the links collected, those that are neither lost nor dropped.
std::size_t LinkAttempts::KeepThere(const NetworkChanges::SourceLinks& links, std::size_t count) {
  ReadKeys(count);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!links.Has(ids_[i], keys_[i])) continue;
    ids_[kept] = ids_[i];
    if (needs_kinds_) link_kinds_[kept] = link_kinds_[i];
    if (needs_weights_) link_weights_[kept] = link_weights_[i];
    ++kept;
  }
  return kept;
}

void LinkAttempts::ReadKeys(std::size_t count) {
  image_.members().KeysOf(std::span(ids_).first(count), keys_.data());
}

// Keeps ids, keys and weights side by side.
std::size_t LinkAttempts::SelectByChance(const CoinLane& coins, std::size_t count) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!ChanceOf(i).Passes(coins.Coin(keys_[i]))) continue;
    ids_[kept] = ids_[i];
    keys_[kept] = keys_[i];
    if (needs_weights_) link_weights_[kept] = link_weights_[i];
    ++kept;
  }
  return kept;
}

Threshold LinkAttempts::ChanceOf(std::size_t i) const {
  switch (message_.link.kind) {
    case LinkChance::Kind::kSame:
      return same_;
    case LinkChance::Kind::kByKind:
      return WithInterventions(message_.link.by_kind[link_kinds_[i]], options_.carry);
    case LinkChance::Kind::kByWeight:
      return WithInterventions(Threshold::FromFixed(std::uint64_t{link_weights_[i]} << 32), options_.carry);
    case LinkChance::Kind::kByFollowees:
      return WithInterventions(by_followees_[ids_[i]], options_.carry);
  }
  return same_;
}

}  // namespace lawine
