// All messages of one replica on one shard, under any model.
#ifndef LAWINE_ENGINE_SPREAD_MODEL_SHARD_H_
#define LAWINE_ENGINE_SPREAD_MODEL_SHARD_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/spread/message_shard.h"
#include "engine/spread/shard_process.h"

namespace lawine {

class ModelShard final : public ShardProcess {
 public:
  // REQUIRES: spec.model, which CheckModelOn accepts for the image. Both must outlive it.
  ModelShard(const RunSpec& spec, const ShardImage& image);

  void Begin(std::uint32_t replica) override;
  absl::Status Step(std::uint32_t step, std::span<const Frontier> frontiers, const RunProgress& progress,
                    std::span<MessageStep> steps) override;
  void SaveTo(StateWriter& out) const override;
  void LoadFrom(std::uint32_t step, StateReader& in) override;

  Digest DigestOf(std::uint32_t message) const override { return messages_[message]->digest(); }
  std::uint64_t UnreachedWithoutFollowees(std::uint32_t message) const override;
  const MemberSet& ReceivedOf(std::uint32_t message) const override { return messages_[message]->received(); }
  const Receipts& ReceiptsOf(std::uint32_t message) const override { return messages_[message]->receipts(); }
  std::vector<GroupRow> GroupsOf(std::uint32_t message) const override;
  void TellAccounts(std::span<MessageStep> steps) const override;
  std::uint64_t PeopleOf(std::uint32_t message, Frontier accounts) const override {
    return messages_[message]->People(accounts);
  }
  std::uint64_t links_touched() const override;

 private:
  const ModelSpec& rules() const { return drawn_.has_value() ? *drawn_ : *spec_.model; }

  const RunSpec& spec_;
  std::optional<ModelSpec> drawn_;  // with the replica's own rates, where it draws any
  std::optional<NetworkChanges> changes_;
  std::optional<MemberGroups> groups_;
  const ModelShardContext context_;
  std::vector<std::unique_ptr<MessageShard>> messages_;
};

// Whether a model can run on a graph's shard: FAILED_PRECONDITION where links lack kinds or weights that it
// needs, or are not all in memory; INVALID_ARGUMENT where linear threshold weights sum above 1.
absl::Status CheckModelOn(const ModelSpec& model, const ShardImage& image);

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_MODEL_SHARD_H_
