#include "engine/spread/traffic_shard.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/spread/list_kernels.h"
#include "engine/store/list_walk.h"

namespace lawine {

// One task's way through messages begin .. end of the walk, list by list.
class TrafficShard::Pass {
 public:
  Pass(TrafficShard& shard, Part& part, Scratch& scratch)
      : shard_(shard), range_(shard.image_.range()), part_(part), scratch_(scratch) {}

  // Messages without sets of their own, which are next to each other in the walk.
  absl::Status Run(std::size_t begin, std::size_t end) {
    if (begin == end) return absl::OkStatus();
    const auto& messages = shard_.walk_->messages;
    const Walk::Message* message = &messages[begin];
    std::uint32_t at = message->begin;
    // Where links have kinds a list may name a follower twice, and is no set.
    const bool lists_are_sets = !shard_.image_.graph().columns.kinds;
    const auto visit = [&](std::size_t, Gaps list) {
      if (at < message->split) {
        if (at == message->begin) MarkSender(message->offset, scratch_.set.words().data());
        Mark(list);
      } else if (shard_.step_ == 1 && lists_are_sets) {
        DeliverFirst(list);
      } else {
        Deliver(list, scratch_.set.words().data());
      }
      if (++at != message->end) return;
      if (shard_.step_ > 1 || !lists_are_sets) Wipe(message->offset);
      Decide(*message++);
    };
    return ForEachListInOrder(shard_.image_, Members(messages[begin].begin, messages[end - 1].end), visit);
  }

  absl::Status RunOwn(const Walk::Message& message, OwnSet& own) {
    std::uint64_t* const words = own.set.words().data();
    if (!own.marked) {
      MarkSender(message.offset, words);
      const auto mark = [&](std::size_t, Gaps list) { MarkList(list, words); };
      LAWINE_RETURN_IF_ERROR(
          ForEachList(shard_.image_, Members(message.begin, message.split), mark).status());
      own.marked = true;
    }
    const auto deliver = [&](std::size_t, Gaps list) { Deliver(list, words); };
    LAWINE_RETURN_IF_ERROR(ForEachList(shard_.image_, Members(message.split, message.end), deliver).status());
    Decide(message);
    return absl::OkStatus();
  }

 private:
  std::span<const MemberId> Members(std::uint32_t begin, std::uint32_t end) const {
    return std::span(shard_.walk_->members).subspan(begin, end - begin);
  }

  // The sender has the message, and no list need say so.
  void MarkSender(std::uint32_t offset, std::uint64_t* words) {
    const MemberId sender = shard_.wave_->senders[offset];
    if (!range_.Contains(sender)) return;
    const std::uint32_t local = sender.value - range_.first.value;
    words[local >> 6] |= std::uint64_t{1} << (local & 63);
  }

  void Mark(Gaps list) {
    std::uint32_t* const ids = scratch_.marked.Room(list.size());
    std::uint32_t place = 0;
    const std::size_t count = IdsOfGaps(list, place, ids);
    std::uint64_t* const words = scratch_.set.words().data();
    for (std::size_t i = 0; i < count; ++i) words[ids[i] >> 6] |= std::uint64_t{1} << (ids[i] & 63);
    scratch_.marked.Take(count);
  }

  // A list holds each follower once, and never the member itself.
  void DeliverFirst(Gaps list) {
    std::uint32_t place = 0;
    const std::size_t count = IdsOfGaps(list, place, scratch_.received.Room(list.size()));
    scratch_.received.Take(count);
    delivered_ += static_cast<std::uint32_t>(count);
  }

  void Deliver(Gaps list, std::uint64_t* words) {
    const ListDelivered delivered = DeliverList(list, words, scratch_.received.Room(list.size()), 0);
    scratch_.received.Take(delivered.received_count);
    delivered_ += delivered.deliveries;
  }

  // What a message's lists have set, and its sender.
  void Wipe(std::uint32_t offset) {
    const auto words = scratch_.set.words();
    const auto marked = scratch_.marked.ids(), received = scratch_.received.ids();
    if (marked.size() + received.size() > words.size() / 2) {
      std::fill(words.begin(), words.end(), 0);
    } else {
      for (const std::uint32_t id : marked) words[id >> 6] = 0;
      for (const std::uint32_t id : received) words[id >> 6] = 0;
      const MemberId sender = shard_.wave_->senders[offset];
      if (range_.Contains(sender)) words[(sender.value - range_.first.value) >> 6] = 0;
    }
    scratch_.marked.Clear();
  }

  const DecisionLanes& LanesOf(const Walk::Message& message) const {
    const Walk& walk = *shard_.walk_;
    return walk.lanes[static_cast<std::size_t>(&message - walk.messages.data())];
  }

  void Decide(const Walk::Message& message) {
    const std::uint32_t offset = message.offset;
    const auto received = scratch_.received.ids();
    const std::size_t before = part_.forwards.size();
    const DecisionKey key{.coin = {shard_.spec_.run_seed, shard_.wave_->first_message + offset, 0},
                          .step = shard_.step_,
                          .forward = shard_.spec_.forward};
    part_.digest +=
        DecideForwards(shard_.image_.members(), key, LanesOf(message), received, [&](std::uint32_t local) {
          part_.forwards.push_back({offset, MemberId(range_.first.value + local)});
        });
    std::sort(part_.forwards.begin() + static_cast<std::ptrdiff_t>(before), part_.forwards.end());
    part_.deliveries += delivered_;
    part_.first_receipts += received.size();
    const std::uint64_t second = shard_.wave_->starts[offset] + std::uint64_t{kHopSeconds} * shard_.step_;
    part_.hours[std::min<std::uint64_t>(second / 3600, kDayHours)] += delivered_;
    shard_.deliveries_[offset] += delivered_;
    shard_.receipts_[offset] += static_cast<std::uint32_t>(received.size());
    delivered_ = 0;
    scratch_.received.Clear();
  }

  TrafficShard& shard_;
  const MemberRange range_;
  Part& part_;
  Scratch& scratch_;
  std::uint32_t delivered_ = 0;  // of the message at hand
};

void TrafficShard::Begin(const Wave& wave) {
  wave_ = &wave;
  own_sets_.clear();
  receipts_.assign(wave.senders.size(), 0);
  deliveries_.assign(wave.senders.size(), 0);
  hours_ = {};
  digest_ = Digest();
  const MemberRange range = image_.range();
  for (std::uint32_t offset = 0; offset < wave.senders.size(); ++offset) {
    if (!range.Contains(wave.senders[offset])) continue;
    const MemberKey key = image_.KeyOf(LocalId(wave.senders[offset].value - range.first.value));
    const std::uint64_t message = wave.first_message + offset;
    digest_ += DigestLane(message, 0, 0, TransitionEvent::kReceipt).Term(key);
    digest_ += DigestLane(message, 0, 0, TransitionEvent::kForward).Term(key);
    receipts_[offset] = 1;
  }
}

std::size_t TrafficShard::Open(std::uint32_t step, const Walk& walk, std::size_t parts_count) {
  step_ = step;
  walk_ = &walk;
  ChooseOwnSets();
  Split(parts_count);
  return parts_.size();
}

// A message gets a set of its own when walking its earlier lists again costs more than keeping one.
void TrafficShard::ChooseOwnSets() {
  const std::uint32_t outgrown = image_.range().count / 8;
  const auto& messages = walk_->messages;
  for (auto it = own_sets_.begin(); it != own_sets_.end();) {
    const auto alive = std::lower_bound(messages.begin(), messages.end(), it->first,
                                        [](const Walk::Message& m, std::uint32_t o) { return m.offset < o; });
    it = alive != messages.end() && alive->offset == it->first ? std::next(it) : own_sets_.erase(it);
  }
  for (const Walk::Message& message : messages) {
    if (own_sets_.size() >= limits::kLargeMessages) return;
    if (step_ == 1 || deliveries_[message.offset] <= outgrown) continue;
    own_sets_.try_emplace(message.offset, OwnSet{.set = MemberSet(image_.range().count)});
  }
}

// Into ranges with about equally many lists.
void TrafficShard::Split(std::size_t parts_count) {
  constexpr std::size_t kListsMin = 512;
  const auto& messages = walk_->messages;
  const std::size_t lists = walk_->members.size();
  const std::size_t lists_per_part = std::max(kListsMin, lists / std::max<std::size_t>(parts_count, 1) + 1);
  parts_.clear();
  for (std::size_t begin = 0; begin < messages.size();) {
    const std::uint64_t end_list = std::uint64_t{messages[begin].begin} + lists_per_part;
    std::size_t end = begin + 1;
    while (end < messages.size() && messages[end].begin < end_list) ++end;
    parts_.push_back({.begin = begin, .end = end});
    begin = end;
  }
}

void TrafficShard::RunPart(std::size_t index, ScratchSets& sets) {
  std::unique_ptr<Scratch> scratch = sets.Borrow();
  parts_[index].status = TakePart(parts_[index], *scratch);
  if (parts_[index].status.ok()) sets.Return(std::move(scratch));
}

absl::Status TrafficShard::TakePart(Part& part, Scratch& scratch) {
  Pass pass(*this, part, scratch);
  std::size_t begin = part.begin;
  for (std::size_t m = part.begin; !own_sets_.empty() && m < part.end; ++m) {
    const auto own = own_sets_.find(walk_->messages[m].offset);
    if (own == own_sets_.end()) continue;
    LAWINE_RETURN_IF_ERROR(pass.Run(begin, m));
    LAWINE_RETURN_IF_ERROR(pass.RunOwn(walk_->messages[m], own->second));
    begin = m + 1;
  }
  return pass.Run(begin, part.end);
}

absl::StatusOr<StepCounts> TrafficShard::Close(std::vector<MessageForward>& forwards) {
  StepCounts counts{.step = step_};
  forwards.clear();
  for (const Part& part : parts_) {
    LAWINE_RETURN_IF_ERROR(part.status);
    forwards.insert(forwards.end(), part.forwards.begin(), part.forwards.end());
    counts.deliveries += part.deliveries;
    counts.first_receipts += part.first_receipts;
    for (std::size_t h = 0; h < hours_.size(); ++h) hours_[h] += part.hours[h];
    digest_ += part.digest;
  }
  counts.forwards = counts.acting = forwards.size();
  parts_.clear();
  return counts;
}

}  // namespace lawine
