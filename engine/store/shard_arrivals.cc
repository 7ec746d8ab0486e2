#include "engine/store/shard_arrivals.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/base/status_macros.h"
#include "engine/store/rocks_copies.h"
#include "engine/store/rocks_store.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

bool IsLeftover(const std::string& name) {
  return absl::StrContains(name, kSendingMark) || name.ends_with(kLoadingMark) ||
         name.ends_with(kDeletingMark);
}

}  // namespace

std::string ShardArrivals::PlaceOf(const ShardName& name) const { return ShardDirectory(root_, name); }

void ShardArrivals::RemoveLeftovers() const {
  // What cannot be looked at or removed: the next start tries again.
  for (const std::string& graph : NamesIn(root_).value_or(Names())) {
    const std::string directory = absl::StrCat(root_, "/", graph);
    for (const std::string& name : NamesIn(directory).value_or(Names())) {
      if (!IsLeftover(name)) continue;
      std::error_code ignored;
      fs::remove_all(absl::StrCat(directory, "/", name), ignored);
      fs::remove(directory, ignored);  // goes when it was the last one
    }
  }
}

absl::StatusOr<std::vector<ShardName>> ShardArrivals::Arriving(const std::string& graph) const {
  LAWINE_RETURN_IF_ERROR(CheckGraphName(graph));
  const absl::StatusOr<Names> names = NamesIn(absl::StrCat(root_, "/", graph));
  if (absl::IsNotFound(names.status())) return std::vector<ShardName>();
  LAWINE_RETURN_IF_ERROR(names.status());
  std::vector<ShardName> arriving;
  for (absl::string_view name : *names) {
    std::uint32_t index = 0;
    if (absl::ConsumePrefix(&name, "shard-") && absl::ConsumeSuffix(&name, kArrivingMark) &&
        absl::SimpleAtoi(name, &index)) {
      arriving.push_back({graph, ShardIndex(index)});
    }
  }
  return arriving;
}

absl::StatusOr<std::unique_ptr<ShardArrival>> ShardArrivals::Begin(
    const ShardName& name, const std::vector<ShardFile>& files) const {
  LAWINE_RETURN_IF_ERROR(CheckGraphName(name.graph));
  return ShardArrival::Begin(ArrivingOf(name), files);
}

absl::StatusOr<ShardManifest> ShardArrivals::ManifestOf(const ShardName& name) const {
  LAWINE_ASSIGN_OR_RETURN(ShardManifest manifest, ReadRocksManifest(ArrivingOf(name)));
  if (manifest.graph.name == name.graph && manifest.shard == name.shard) return manifest;
  return absl::FailedPreconditionError(absl::StrCat("a copy of shard ", name.shard.value, " of graph '",
                                                    name.graph, "' is in truth shard ", manifest.shard.value,
                                                    " of '", manifest.graph.name, "'"));
}

absl::StatusOr<Digest> ShardArrivals::DigestAt(const ShardName& name, std::uint64_t graph_version) const {
  return ReadRocksDigest(ArrivingOf(name), graph_version);
}

absl::StatusOr<std::unique_ptr<StoredShard>> ShardArrivals::Open(const ShardName& name) const {
  const std::string directory = ArrivingOf(name);
  LAWINE_RETURN_IF_ERROR(ForgetArrived(directory));
  LAWINE_ASSIGN_OR_RETURN(ShardManifest manifest, ReadRocksManifest(directory));
  if (manifest.graph.name != name.graph) {
    manifest.graph.name = name.graph;
    LAWINE_RETURN_IF_ERROR(ReplaceRocksManifest(directory, manifest));
  }
  return OpenRocksShard(directory, name);
}

absl::Status ShardArrivals::MarkArrived(const ShardName& name) const {
  return lawine::MarkArrived(ArrivingOf(name), {});
}

absl::Status ShardArrivals::CheckArrived(const ShardName& name) const {
  LAWINE_ASSIGN_OR_RETURN(const bool arrived, HasArrived(ArrivingOf(name)));
  if (arrived) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(ArrivingOf(name), ": the copy is not whole"));
}

absl::Status ShardArrivals::Adopt(const ShardName& name) const {
  LAWINE_RETURN_IF_ERROR(CheckArrived(name));
  const std::string directory = ArrivingOf(name);
  const std::string place = PlaceOf(name);
  LAWINE_ASSIGN_OR_RETURN(const bool there, Exists(place));
  if (there) return absl::AlreadyExistsError(absl::StrCat(place, ": the shard exists"));
  std::error_code error;
  fs::rename(directory, place, error);
  LAWINE_RETURN_IF_ERROR(FromErrorCode(error, place));
  const fs::path graph = fs::path(place).parent_path();
  LAWINE_RETURN_IF_ERROR(SyncDirectory(graph.string()));
  LAWINE_RETURN_IF_ERROR(SyncDirectory(graph.parent_path().string()));
  return ForgetArrived(place);
}

absl::Status ShardArrivals::Remove(const ShardName& name) const {
  LAWINE_RETURN_IF_ERROR(CheckGraphName(name.graph));
  std::error_code error;
  fs::remove_all(ArrivingOf(name), error);
  LAWINE_RETURN_IF_ERROR(FromErrorCode(error, ArrivingOf(name)));
  fs::remove(fs::path(ArrivingOf(name)).parent_path(), error);  // goes when it was the last one
  return absl::OkStatus();
}

}  // namespace lawine
