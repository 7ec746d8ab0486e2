// Sets and buffers that tasks borrow: as many as there are tasks at the same time, warm in cache from the
// last one.
#ifndef LAWINE_ENGINE_SPREAD_SCRATCH_SETS_H_
#define LAWINE_ENGINE_SPREAD_SCRATCH_SETS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/member_set.h"
#include "engine/base/mutex.h"

namespace lawine {

// A list of ids that is written past its end. Room is made beforehand, and never given back.
class IdBuffer {
 public:
  // Where the next ids go: there is room for `count` of them.
  std::uint32_t* Room(std::size_t count) {
    if (ids_.size() < size_ + count) ids_.resize(2 * (size_ + count));
    return ids_.data() + size_;
  }
  // That many of them were written.
  void Take(std::size_t count) { size_ += count; }
  void Clear() { size_ = 0; }
  std::span<const std::uint32_t> ids() const { return {ids_.data(), size_}; }

 private:
  std::vector<std::uint32_t> ids_;
  std::size_t size_ = 0;
};

struct Scratch {
  MemberSet set;  // empty between uses
  IdBuffer marked;
  IdBuffer received;
};

// Thread-safe.
class ScratchSets {
 public:
  // Sets hold at least `members_count` members.
  explicit ScratchSets(std::uint32_t members_count) : members_count_(members_count) {}

  std::unique_ptr<Scratch> Borrow() {
    MutexLock lock(mutex_);
    if (free_.empty()) {
      return std::make_unique<Scratch>(
          Scratch{.set = MemberSet(members_count_), .marked = {}, .received = {}});
    }
    std::unique_ptr<Scratch> scratch = std::move(free_.back());
    free_.pop_back();
    return scratch;
  }
  // REQUIRES: its set is empty.
  void Return(std::unique_ptr<Scratch> scratch) {
    MutexLock lock(mutex_);
    free_.push_back(std::move(scratch));
  }

 private:
  const std::uint32_t members_count_;
  Mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_SCRATCH_SETS_H_
