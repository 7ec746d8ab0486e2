#include "services/coordinator/graphs/deleted_graphs.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

constexpr std::size_t kKnownMax = 10'000;

std::string DeletedKey(const std::string& name, const std::string& digest) {
  return absl::StrCat("deleted/", digest, "/", name);
}
// Of earlier versions: the name is its value.
std::string EarlierDeletedKey(const std::string& digest) { return absl::StrCat("deleted/", digest); }

}  // namespace

absl::Status DeletedGraphs::Note(const std::string& name, const std::string& digest) {
  const absl::Status noted = registry_.Put(DeletedKey(name, digest), name);
  // A write that failed may have happened all the same: the registry is asked again.
  MutexLock lock(mutex_);
  ++noted_;
  known_.erase({name, digest});
  return noted;
}

absl::StatusOr<bool> DeletedGraphs::Has(const std::string& name, const std::string& digest) const {
  std::uint64_t noted = 0;
  {
    MutexLock lock(mutex_);
    const auto known = known_.find({name, digest});
    if (known != known_.end()) return known->second;
    noted = noted_;
  }
  LAWINE_ASSIGN_OR_RETURN(const bool deleted, Read(name, digest));
  MutexLock lock(mutex_);
  if (known_.size() >= kKnownMax) known_.clear();
  if (noted == noted_) known_[{name, digest}] = deleted;
  return deleted;
}

absl::StatusOr<bool> DeletedGraphs::Read(const std::string& name, const std::string& digest) const {
  const auto deleted = registry_.Get(DeletedKey(name, digest));
  if (deleted.ok()) return true;
  if (!absl::IsNotFound(deleted.status())) return deleted.status();
  const auto earlier = registry_.Get(EarlierDeletedKey(digest));
  if (!earlier.ok() && !absl::IsNotFound(earlier.status())) return earlier.status();
  return earlier.ok() && *earlier == name;
}

absl::Status LeftoversStay(const std::string& name) {
  return WithRetry(absl::UnavailableError(
                       absl::StrCat("parts of an earlier graph '", name,
                                    "', which was deleted, are being removed from workers: try again soon")),
                   absl::Seconds(2));
}

}  // namespace lawine
