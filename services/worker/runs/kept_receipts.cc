#include "services/worker/runs/kept_receipts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/worker/shards/member_reads.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

void AddAttribution(const ShardMembers& shard, const Receipts& receipts, std::uint32_t local,
                    pbi::ReadReceiptsResponse& part) {
  part.add_numbers(shard.range().first.value + local);
  part.add_senders_plus_one(receipts.senders_plus_one[local]);
  part.add_deliveries(receipts.deliveries[local]);
  part.add_networks(shard.networks()[LocalId(local)]);
  part.add_account_kinds(shard.account_kinds()[LocalId(local)]);
  part.add_communities(shard.communities()[LocalId(local)]);
}

}  // namespace

absl::Status StreamReceipts(ShardHost& shards, const KeptReceipts& kept, std::uint32_t message,
                            const std::function<bool(const pbi::ReadReceiptsResponse&)>& write) {
  for (std::size_t s = 0; s < kept.shards.size(); ++s) {
    const ShardMembers& shard = *kept.shards[s];
    const Receipts& receipts = kept.receipts[message][s];
    LAWINE_ASSIGN_OR_RETURN(const auto reader, ReaderFor(shards, shard.manifest()));
    for (std::uint32_t first = 0; first < shard.range().count; first += limits::kMembersPerBlock) {
      const std::uint32_t end = std::min(shard.range().count, first + limits::kMembersPerBlock);
      MemberColumns members;
      if (shard.manifest().graph.named_members) {
        LAWINE_ASSIGN_OR_RETURN(members, ReadMemberBlock(*reader, first / limits::kMembersPerBlock));
      }
      pbi::ReadReceiptsResponse part;
      part.set_graph(shard.manifest().graph.name);
      for (std::uint32_t i = first; i < end; ++i) {
        if (receipts.receipt_steps[i] == kNoStep) continue;
        part.add_members(members.names.empty() ? absl::StrCat(shard.KeyOf(LocalId(i)))
                                               : members.names[i - first]);
        part.add_receipt_steps(receipts.receipt_steps[i]);
        part.add_forward_steps_plus_one(receipts.forward_steps[i] == kNoStep ? 0
                                                                             : receipts.forward_steps[i] + 1);
        if (!receipts.senders_plus_one.empty()) AddAttribution(shard, receipts, i, part);
      }
      if (part.members_size() > 0 && !write(part)) return absl::CancelledError("the reader is gone");
    }
  }
  return absl::OkStatus();
}

}  // namespace lawine
