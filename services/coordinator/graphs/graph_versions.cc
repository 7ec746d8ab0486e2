// Versions of graphs: which there are, who uses them, which counts.
#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/list_text.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/registry/record.h"
#include "services/coordinator/workers/fan_out.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kDescribeTimeout = absl::Seconds(30);

// The graph at an earlier version, as the worker of any shard knows it.
absl::StatusOr<pbi::GraphInfo> InfoAt(const pbi::GraphInfo& last, const Placement& placement,
                                      std::uint64_t graph_version) {
  pbi::DescribeVersionsRequest request;
  request.set_graph(last.name());
  request.set_graph_version(graph_version);
  const std::span<const WorkerHandle> first(placement.workers.data(), 1);
  LAWINE_ASSIGN_OR_RETURN(const std::vector<pbi::DescribeVersionsResponse> parts,
                          AskAll(first, &WorkerStub::DescribeVersions, request, kDescribeTimeout));
  for (const pbi::ShardVersions& shard : parts[0].shards()) {
    if (shard.has_info()) return shard.info();
    return absl::FailedPreconditionError(
        absl::StrCat("graph '", last.name(), "': expected a version from ", shard.stored_version(), " to ",
                     last.graph_version(), ", found ", graph_version, ": earlier ones were folded"));
  }
  return absl::UnavailableError(absl::StrCat("no worker holds shards of graph '", last.name(), "'"));
}

}  // namespace

absl::StatusOr<pbi::GraphRecord> Graphs::Find(const std::string& name, std::uint64_t graph_version) const {
  pbi::GraphRecord record;
  {
    MutexLock lock(mutex_);
    const auto it = graphs_.find(name);
    if (it == graphs_.end()) {
      std::vector<std::string> names;
      for (const auto& [other, unused] : graphs_) names.push_back(other);
      const std::string there =
          names.empty() ? "there are none yet" : absl::StrCat("there are: ", ListText(names));
      return absl::NotFoundError(absl::StrCat("no graph '", absl::CHexEscape(name), "'; ", there));
    }
    record = it->second;
  }
  const std::uint64_t last = record.info().graph_version();
  if (graph_version == 0 || graph_version == last) return record;
  if (graph_version > last) {
    return FieldError("graph_version", absl::StrCat("expected a version up to ", last, ", found ",
                                                    graph_version, ": graph '", name, "' has no later ones"));
  }
  LAWINE_ASSIGN_OR_RETURN(const Placement placement, Place(record));
  LAWINE_ASSIGN_OR_RETURN(*record.mutable_info(), InfoAt(record.info(), placement, graph_version));
  return record;
}

absl::StatusOr<std::uint64_t> Graphs::Use(const std::string& name, std::uint64_t graph_version) {
  MutexLock lock(mutex_);
  if (loading_.contains(name)) {
    return absl::FailedPreconditionError(absl::StrCat("graph '", name, "' is being made or deleted"));
  }
  const auto graph = graphs_.find(name);
  if (graph_version == 0 && graph != graphs_.end()) graph_version = graph->second.info().graph_version();
  const auto folded = folded_.find(name);
  if (folded != folded_.end() && graph_version < folded->second) {
    return absl::FailedPreconditionError(absl::StrCat("graph '", name, "': expected a version from ",
                                                      folded->second, " on, found ", graph_version,
                                                      ": earlier ones were folded"));
  }
  in_use_[name].insert(graph_version);
  return graph_version;
}

void Graphs::Release(const std::string& name, std::uint64_t graph_version) {
  MutexLock lock(mutex_);
  const auto uses = in_use_.find(name);
  uses->second.erase(uses->second.find(graph_version));
  if (uses->second.empty()) in_use_.erase(uses);
}

absl::StatusOr<GraphUse> GraphUse::Of(Graphs& graphs, const std::string& name, std::uint64_t graph_version) {
  LAWINE_ASSIGN_OR_RETURN(const std::uint64_t version, graphs.Use(name, graph_version));
  return GraphUse(graphs, name, version);
}

GraphUse::~GraphUse() {
  if (graphs_ != nullptr) graphs_->Release(name_, version_);
}

absl::Status Graphs::Update(const pbi::GraphRecord& record,
                            std::vector<std::pair<std::string, std::string>> others) {
  LAWINE_ASSIGN_OR_RETURN(std::string value, RecordOf(record));
  others.emplace_back(GraphKey(record.info().name()), std::move(value));
  LAWINE_RETURN_IF_ERROR(registry_.PutAll(others));
  MutexLock lock(mutex_);
  graphs_[record.info().name()] = record;
  return absl::OkStatus();
}

absl::Status Graphs::Reload(const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const std::string value, registry_.Get(GraphKey(name)));
  LAWINE_ASSIGN_OR_RETURN(pbi::GraphRecord record, ParseRecord<pbi::GraphRecord>(GraphKey(name), value));
  MutexLock lock(mutex_);
  graphs_[name] = std::move(record);
  return absl::OkStatus();
}

absl::StatusOr<std::uint64_t> Graphs::BeginFold(const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord record, Find(name));
  MutexLock lock(mutex_);
  std::uint64_t version = record.info().graph_version();
  const auto uses = in_use_.find(name);
  if (uses != in_use_.end()) version = std::min(version, *uses->second.begin());
  folded_[name] = std::max(folded_[name], version);
  return folded_[name];
}

// A graph of the same name starts anew.
absl::Status Graphs::ForgetChanges(const std::string& name) {
  std::vector<std::string> keys;
  LAWINE_RETURN_IF_ERROR(registry_.Scan(absl::StrCat("change/", name, "/"),
                                        [&keys](const std::string& key, const std::string&) -> absl::Status {
                                          keys.push_back(key);
                                          return absl::OkStatus();
                                        }));
  LAWINE_RETURN_IF_ERROR(registry_.DeleteAll(keys));
  MutexLock lock(mutex_);
  folded_.erase(name);
  return absl::OkStatus();
}

}  // namespace lawine
