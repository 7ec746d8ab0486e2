#include "engine/spread/shard_process.h"

#include <bit>

#include "engine/spread/cascade_shard.h"
#include "engine/spread/model_shard.h"

namespace lawine {

std::unique_ptr<ShardProcess> MakeShardProcess(const RunSpec& spec, const ShardImage& image) {
  if (spec.model != nullptr) return std::make_unique<ModelShard>(spec, image);
  return std::make_unique<CascadeShard>(spec, image);
}

void Receipts::SaveTo(StateWriter& out) const {
  out.Steps(receipt_steps);
  out.Steps(forward_steps);
  out.Column(senders_plus_one);
  out.Column(deliveries);
}

void Receipts::LoadFrom(std::uint32_t step, std::uint32_t graph_members, StateReader& in) {
  in.Steps("receipts", step, receipt_steps);
  in.Steps("first forwards", step, forward_steps);
  in.Column("senders", graph_members, senders_plus_one);
  in.Column("deliveries by receiver", kNoStep, deliveries);
}

MemberSet TargetMembersOf(const TargetSpec& target, const ShardMembers& members) {
  MemberSet chosen(members.range().count);
  for (std::uint32_t local = 0; local < members.range().count; ++local) {
    const LocalId member(local);
    const bool meant =
        (!target.community.has_value() || members.communities()[member] == *target.community) &&
        (!target.network.has_value() || members.networks()[member] == *target.network) &&
        (!target.account_kind.has_value() || members.account_kinds()[member] == *target.account_kind);
    if (meant) chosen.Insert(member);
  }
  return chosen;
}

std::uint64_t CountBoth(const MemberSet& a, const MemberSet& b) {
  std::uint64_t both = 0;
  for (std::size_t w = 0; w < a.words().size(); ++w) {
    both += static_cast<std::uint64_t>(std::popcount(a.words()[w] & b.words()[w]));
  }
  return both;
}

std::uint64_t NeverReachable(const ShardMembers& members, const MemberSet& received) {
  const auto reachable = members.reachable().words();
  const auto reached = received.words();
  std::uint64_t reached_or_reachable = 0;
  for (std::size_t w = 0; w < reached.size(); ++w) {
    reached_or_reachable += static_cast<std::uint64_t>(std::popcount(reachable[w] | reached[w]));
  }
  return members.range().count - reached_or_reachable;
}

}  // namespace lawine
