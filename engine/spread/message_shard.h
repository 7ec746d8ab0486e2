// One message of one replica on one shard, under any model. "Models, exactly" in engine/README.md is what it
// does; names and numbers of steps here are that page's.
//
//   message.Begin(key);
//   for each step: Receive on all messages; Decide on all messages; Close on all messages.
#ifndef LAWINE_ENGINE_SPREAD_MESSAGE_SHARD_H_
#define LAWINE_ENGINE_SPREAD_MESSAGE_SHARD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/coin.h"
#include "engine/base/member_set.h"
#include "engine/spread/arrivals.h"
#include "engine/spread/attribution.h"
#include "engine/spread/group_counts.h"
#include "engine/spread/link_attempts.h"
#include "engine/spread/model_context.h"
#include "engine/spread/shard_process.h"

namespace lawine {

// Not thread-safe: one thread at a time.
class MessageShard {
 public:
  using Others = std::span<const std::unique_ptr<MessageShard>>;

  // The context must outlive it.
  MessageShard(const ModelShardContext& context, std::uint32_t number);

  void Begin(const CoinKey& key);

  // Injections, attempts, deliveries and acceptance (1 to 4).
  absl::Status Receive(std::uint32_t step, Frontier frontier, const RunProgress& progress);
  // Decisions (5). `all` are the shard's messages, this one among them, all of which have received.
  void Decide(std::uint32_t step, const RunProgress& progress, Others all);
  // Who acts now (6 and 7).
  void Close(std::uint32_t step, MessageStep& out);

  // See ShardProcess.
  void SaveTo(StateWriter& out) const;
  void LoadFrom(std::uint32_t step, StateReader& in);

  const Digest& digest() const { return digest_; }
  const Receipts& receipts() const { return receipts_; }
  const MemberSet& received() const { return received_; }
  std::uint64_t links_touched() const { return links_touched_; }
  // Of a replica that is over; see ShardProcess. REQUIRES for Groups: the context has groups.
  std::vector<GroupRow> Groups(Others all) const;
  void TellAccounts(MessageStep& out) const;
  std::uint64_t People(Frontier accounts) const;

 private:
  using Locals = std::vector<std::uint32_t>;

  const MemberRange& range() const { return range_; }
  const MessageSpec& first_rules() const { return context_.model.messages[number_]; }
  MemberKey KeyOf(std::uint32_t local) const { return context_.image.KeyOf(LocalId(local)); }
  CoinLane Coins(CoinPurpose purpose, std::uint32_t step = 0) const { return {key_, purpose, step}; }
  // Of decisions: the person's, or the account's own.
  MemberKey DeciderOf(std::uint32_t local) const;
  bool Concerns(const Intervention& intervention) const;
  bool HasReceiptBefore(std::uint32_t local, std::uint32_t step) const {
    return receipts_.receipt_steps[local] < step;
  }
  void LoadDue(std::uint32_t step, StateReader& in);
  static bool Has(const MemberSet& set, std::uint32_t local) {
    return set.members_count() > 0 && set.Contains(LocalId(local));
  }
  void ApplyInterventions(std::uint32_t step, const RunProgress& progress);
  void Choose(const MemberChoice& choice, std::size_t number, MemberSet& chosen) const;
  void Inject(std::uint32_t step, const RunProgress& progress);
  absl::Status CrossPost(Frontier frontier);
  void PostAlso(std::uint32_t local);
  absl::Status Attempt(std::uint32_t step, Frontier frontier);
  void Deliver(std::uint32_t step, MemberId source, const LinkAttempts::Carried& carried);
  void DeliverLater(std::uint32_t step, MemberId source, const LinkAttempts::Carried& carried);
  void Attribute(std::uint32_t step, MemberId source, const LinkAttempts::Carried& carried);
  void FollowAuthor();
  void MarkReceived(std::span<const std::uint32_t> receivers);
  void DeliverSeen(std::span<const std::uint32_t> receivers, std::span<const std::uint32_t> weights);
  void TakeArrivals(std::uint32_t step);
  void Touch(std::uint32_t local);
  bool IsOut(std::uint32_t local) const;
  bool Accepts(std::uint32_t local) const;
  void Accept(std::uint32_t step);
  void AddTerms(std::span<const std::uint32_t> locals, std::uint32_t step, TransitionEvent event);

  Factor FactorFor(std::uint32_t local, std::uint32_t step, const RunProgress& progress, Others all) const;
  bool IsBefore(const MessageShard& other, std::uint32_t local) const;
  bool MetFirst(std::uint32_t local, Others all) const;
  void Schedule(std::uint32_t step);
  void GoOn(std::uint32_t step);
  void DropOut(Locals& locals) const;
  void CountGroups(std::span<const std::uint32_t> locals, std::uint64_t GroupRow::*count);

  const ModelShardContext& context_;
  const MessageSpec* spec_;  // the rules of the step
  const std::uint32_t number_;
  const MemberRange range_;
  CoinKey key_;

  MemberSet received_;
  MemberSet seen_;                           // only with a seen probability
  MemberSet accepted_;                       // or, where the first delivery accepts, immune and was asked
  MemberSet removed_;                        // empty while nobody is
  MemberSet immune_;                         // empty while nobody is
  std::vector<bool> applied_;                // interventions whose members were chosen
  std::vector<std::uint32_t> seen_counts_;   // thresholds by count: deliveries seen
  std::vector<std::uint64_t> seen_weights_;  // thresholds by weight: their sum, 2^63 is 1
  Arrivals arrivals_;                        // only with link delays
  std::map<std::uint32_t, Locals> due_;      // decided forwards by step
  Locals acting_;                            // at the last step; only of epidemics
  Locals exposed_;                           // will begin to act
  std::vector<GroupRow> groups_;             // only where they are asked for

  // Of the step being taken.
  StepCounts counts_;
  std::vector<const Intervention*> in_force_;  // that concern the message, in order
  Locals new_receipts_;
  Locals new_seen_;
  Locals touched_;  // have not accepted, and see a delivery
  MemberSet touched_set_;
  Locals accepting_;
  Locals starting_;  // begin to act

  std::uint64_t links_touched_ = 0;
  Digest digest_;
  Receipts receipts_;
  std::unique_ptr<Attribution> attribution_;  // null unless it is recorded
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_MESSAGE_SHARD_H_
