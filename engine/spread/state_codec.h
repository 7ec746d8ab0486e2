// What states of shards are written with, and read with when it is not known who has written them.
//
//   number   varint
//   column   as many integers as both sides know of: Stream VByte (int_codec.h). Of steps each is one more
//            than the step, modulo 2^32, so that kNoStep takes a byte
//   list     its size, then the column of differences to the entry before, modulo 2^32
//   set      members of its range (0: there is no set), then words of 64 bits
//   digest   u64 high, u64 low
//   counts   numbers, in the order of StepCounts, without the step
#ifndef LAWINE_ENGINE_SPREAD_STATE_CODEC_H_
#define LAWINE_ENGINE_SPREAD_STATE_CODEC_H_

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/member_set.h"
#include "engine/spread/outcome.h"

namespace lawine {

class StateWriter {
 public:
  // Appends to `out`, which must outlive the writer.
  explicit StateWriter(std::string& out) : out_(out), bytes_(out) {}

  void Number(std::uint64_t value) { bytes_.Varint(value); }
  void Word(std::uint64_t value) { bytes_.U64(value); }
  void Column(std::span<const std::uint32_t> values);
  void Steps(std::span<const std::uint32_t> steps);
  void List(std::span<const std::uint32_t> values);
  void Set(const MemberSet& set);
  void Sum(const Digest& digest);
  void Counts(const StepCounts& counts);

 private:
  std::string& out_;
  ByteWriter bytes_;
  std::vector<std::uint32_t> scratch_;
};

// Remembers the first thing that was not as expected; what is read from then on is 0 and empty.
class StateReader {
 public:
  // The bytes must outlive the reader.
  explicit StateReader(std::string_view bytes) : rest_(bytes) {}

  // DATA_LOSS says what was expected and found.
  const absl::Status& status() const { return status_; }
  bool ok() const { return status_.ok(); }
  bool AtEnd() const { return ok() && rest_.empty(); }
  // Unless something was wrong before.
  void Refuse(std::string_view what, std::string_view expected, std::string_view found);

  std::uint64_t Number(std::string_view what, std::uint64_t most = std::numeric_limits<std::uint64_t>::max());
  std::uint32_t Number32(std::string_view what, std::uint32_t most) {
    return static_cast<std::uint32_t>(Number(what, most));
  }
  bool Bit(std::string_view what) { return Number(what, 1) == 1; }
  // How many of something follow, at least a byte each.
  std::size_t Count(std::string_view what) { return static_cast<std::size_t>(Number(what, rest_.size())); }
  std::uint64_t Word(std::string_view what);
  // Values of at most `most`.
  void Column(std::string_view what, std::uint32_t most, std::span<std::uint32_t> values);
  // Each kNoStep or at most `most`.
  void Steps(std::string_view what, std::uint32_t most, std::span<std::uint32_t> steps);
  // Values below `end`, in any order.
  std::vector<std::uint32_t> List(std::string_view what, std::uint32_t end);
  // Of a range of as many members as `set` is of; where there may be none, or one of `members_count`, too.
  void Set(std::string_view what, MemberSet& set) { Set(what, set.members_count(), set); }
  void Set(std::string_view what, std::uint32_t members_count, MemberSet& set);
  void SetOrNone(std::string_view what, std::uint32_t members_count, MemberSet& set);
  void Sum(std::string_view what, Digest& digest);
  StepCounts Counts(std::string_view what, std::uint32_t step);

 private:
  void ReadSet(std::string_view what, MemberSet& set);
  std::string_view Take(std::string_view what, std::size_t bytes);

  std::string_view rest_;
  absl::Status status_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_STATE_CODEC_H_
