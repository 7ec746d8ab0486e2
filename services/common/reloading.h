// Files that are read again when they change, while the program goes on.
#ifndef LAWINE_SERVICES_COMMON_RELOADING_H_
#define LAWINE_SERVICES_COMMON_RELOADING_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace lawine {

// How often files are looked at.
inline constexpr absl::Duration kReloadEvery = absl::Seconds(1);

// Reloads so far, of one kind of file. Thread-safe.
struct ReloadCounts {
  std::atomic<std::uint64_t> ok{0};
  std::atomic<std::uint64_t> failed{0};
};

// Tells what to do about what was found: a content, or why there is none, which is told like any that is
// wrong. Files that belong together are replaced one after the other: what is wrong counts once it is found
// twice. Not thread-safe.
template <class Content>
class ReloadDecision {
 public:
  using Found = absl::StatusOr<Content>;
  explicit ReloadDecision(Content first) : used_(std::move(first)) {}

  // True when `found` is new and should be tried.
  bool IsNew(const Found& found) const { return found != used_ && found != refused_; }
  void Used(const Found& found) {
    used_ = found;
    suspect_.reset();
    refused_.reset();
  }
  // True when it is to be told: once for each content, or reason.
  bool Refused(const Found& found) {
    if (suspect_ != found) {
      suspect_ = found;
      return false;
    }
    refused_ = found;
    return true;
  }

 private:
  Found used_;
  std::optional<Found> suspect_;
  std::optional<Found> refused_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_RELOADING_H_
