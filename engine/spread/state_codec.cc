#include "engine/spread/state_codec.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/int_codec.h"

namespace lawine {
namespace {

// In the order of the format; the step is told beside them.
template <class Counts, class Visit>
void ForEachCount(Counts& c, Visit&& visit) {
  for (auto* const count :
       {&c.deliveries, &c.first_receipts, &c.forwards, &c.acting, &c.injected, &c.ignored, &c.seen,
        &c.recoveries, &c.monitors, &c.cross_posts, &c.unfollows, &c.follows, &c.present}) {
    visit(*count);
  }
}

}  // namespace

void StateWriter::Column(std::span<const std::uint32_t> values) { EncodeInts(values, out_); }

void StateWriter::Steps(std::span<const std::uint32_t> steps) {
  scratch_.assign(steps.begin(), steps.end());
  for (std::uint32_t& step : scratch_) ++step;
  Column(scratch_);
}

void StateWriter::List(std::span<const std::uint32_t> values) {
  Number(values.size());
  scratch_.assign(values.begin(), values.end());
  std::uint32_t before = 0;
  for (std::uint32_t& value : scratch_) value -= std::exchange(before, value);
  Column(scratch_);
}

void StateWriter::Set(const MemberSet& set) {
  Number(set.members_count());
  for (const std::uint64_t word : set.words()) Word(word);
}

void StateWriter::Sum(const Digest& digest) {
  Word(digest.high);
  Word(digest.low);
}

void StateWriter::Counts(const StepCounts& counts) {
  ForEachCount(counts, [this](std::uint64_t count) { Number(count); });
}

void StateReader::Refuse(std::string_view what, std::string_view expected, std::string_view found) {
  rest_ = {};
  if (!ok()) return;
  status_ = absl::DataLossError(absl::StrCat("checkpoint: ", std::string(what), ": expected ",
                                             std::string(expected), ", found ", std::string(found)));
}

std::string_view StateReader::Take(std::string_view what, std::size_t bytes) {
  if (bytes > rest_.size()) {
    Refuse(what, absl::StrCat(bytes, " bytes more"), absl::StrCat(rest_.size()));
    return {};
  }
  const std::string_view taken = rest_.substr(0, bytes);
  rest_.remove_prefix(bytes);
  return taken;
}

std::uint64_t StateReader::Number(std::string_view what, std::uint64_t most) {
  ByteReader reader(rest_);
  const std::uint64_t value = reader.Varint();
  if (!reader.ok()) {
    Refuse(what, "a number", "none");
    return 0;
  }
  rest_.remove_prefix(rest_.size() - reader.remaining());
  if (value <= most) return value;
  Refuse(what, absl::StrCat("at most ", most), absl::StrCat(value));
  return 0;
}

std::uint64_t StateReader::Word(std::string_view what) { return ByteReader(Take(what, 8)).U64(); }

void StateReader::Column(std::string_view what, std::uint32_t most, std::span<std::uint32_t> values) {
  if (values.empty() || !ok()) return;
  const std::size_t bytes = DecodeInts(rest_, values);
  if (bytes == 0) Refuse(what, absl::StrCat(values.size(), " integers"), "fewer");
  rest_.remove_prefix(std::min(bytes, rest_.size()));
  for (std::uint32_t& value : values) {
    if (ok() && value > most) Refuse(what, absl::StrCat("at most ", most), absl::StrCat(value));
    if (!ok()) value = 0;
  }
}

void StateReader::Steps(std::string_view what, std::uint32_t most, std::span<std::uint32_t> steps) {
  Column(what, std::numeric_limits<std::uint32_t>::max(), steps);
  for (std::uint32_t& step : steps) {
    --step;
    if (ok() && step > most && step != kNoStep)
      Refuse(what, absl::StrCat("steps up to ", most), absl::StrCat(step));
    if (!ok()) step = kNoStep;
  }
}

std::vector<std::uint32_t> StateReader::List(std::string_view what, std::uint32_t end) {
  std::vector<std::uint32_t> values(Count(what));
  Column(what, std::numeric_limits<std::uint32_t>::max(), values);
  std::uint32_t before = 0;
  for (std::uint32_t& value : values) {
    before = value += before;
    if (value < end) continue;
    Refuse(what, absl::StrCat("numbers below ", end), absl::StrCat(value));
    break;
  }
  if (!ok()) values.clear();
  return values;
}

void StateReader::Set(std::string_view what, std::uint32_t members_count, MemberSet& set) {
  const std::uint64_t found = Number(what);
  if (found != members_count) {
    return Refuse(what, absl::StrCat("a set of ", members_count, " members"), absl::StrCat(found));
  }
  set = MemberSet(members_count);
  ReadSet(what, set);
}

void StateReader::SetOrNone(std::string_view what, std::uint32_t members_count, MemberSet& set) {
  const std::uint64_t found = Number(what);
  if (found != 0 && found != members_count) {
    return Refuse(what, absl::StrCat("a set of ", members_count, " members or none"), absl::StrCat(found));
  }
  set = MemberSet(static_cast<std::uint32_t>(found));
  ReadSet(what, set);
}

void StateReader::ReadSet(std::string_view what, MemberSet& set) {
  const std::span<std::uint64_t> words = set.words();
  const std::string_view bytes = Take(what, words.size_bytes());
  if (bytes.empty()) return;
  std::memcpy(words.data(), bytes.data(), bytes.size());
  const std::uint32_t used = set.members_count() % 64;
  if (used == 0 || words.back() >> used == 0) return;
  Refuse(what, "no members beyond the range", "some");
  set.Clear();
}

void StateReader::Sum(std::string_view what, Digest& digest) {
  digest.high = Word(what);
  digest.low = Word(what);
}

StepCounts StateReader::Counts(std::string_view what, std::uint32_t step) {
  StepCounts counts{.step = step};
  ForEachCount(counts, [&](std::uint64_t& count) { count = Number(what); });
  return counts;
}

}  // namespace lawine
