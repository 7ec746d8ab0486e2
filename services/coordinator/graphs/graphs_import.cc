// Graphs made of imported files.
#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/common/request_id.h"
#include "services/coordinator/graphs/graphs.h"

namespace lawine {

namespace pb = ::lawine::v1;

namespace {

// Files without rows: what was seen of them says why.
absl::Status WithWarnings(const absl::Status& status, const EdgeReport& seen) {
  if (seen.rows > 0 || seen.warnings.empty()) return status;
  return {status.code(), absl::StrCat(status.message(), " (", absl::StrJoin(seen.warnings, "; "), ")")};
}

}  // namespace

Graphs::New Graphs::WantedBy(const pb::ImportOptions& options) {
  pb::ImportOptions asked = options;
  asked.clear_resumable();  // the way files come does not matter
  return {.name = options.name(),
          .request_id = options.request_id(),
          .shards = options.shards(),
          .request_hash = RequestHash(asked)};
}

absl::StatusOr<pb::Graph> Graphs::CheckImport(const pb::ImportOptions& options) const {
  if (options.has_shards() && options.shards() == 0) {
    return FieldError("shards", "expected at least 1, found 0");
  }
  const New wanted = WantedBy(options);
  LAWINE_ASSIGN_OR_RETURN(pb::Graph existing, MadeBefore(wanted));
  if (!existing.name().empty()) return existing;
  const bool begun = Begun(wanted.name) || OnlyLeftovers(wanted.name);
  MutexLock lock(mutex_);
  LAWINE_RETURN_IF_ERROR(CheckFree(wanted, begun));
  return pb::Graph();
}

absl::StatusOr<pb::Graph> Graphs::Import(const pb::ImportOptions& options, ImportedGraph imported,
                                         pb::ImportReport& report, const LoadWatcher& watch) {
  New wanted = WantedBy(options);
  LAWINE_ASSIGN_OR_RETURN(pb::Graph existing, TakeName(wanted));
  if (!existing.name().empty()) return existing;
  const absl::Cleanup give_back = [&] { GiveBackName(wanted); };
  const EdgeReport& seen = imported.report;
  const std::size_t profiles = imported.edges.profiles.size();
  EdgeListCounts counts;
  const auto made = MakeEdgeListSource(std::move(imported.edges), counts, imported.spill);
  if (!made.ok()) return WithWarnings(made.status(), seen);
  const LinkSource& source = **made;
  report.set_lines(seen.lines);
  report.set_rows(seen.rows);
  report.set_comments(seen.comments);
  report.set_self_links_dropped(counts.self_links_dropped);
  report.set_duplicates_dropped(counts.duplicates_dropped);
  report.set_profiles(profiles);
  report.mutable_examples()->Add(seen.examples.begin(), seen.examples.end());
  report.mutable_warnings()->Add(seen.warnings.begin(), seen.warnings.end());
  GraphLoadJob job;
  job.source = &source;
  job.graph.named_members = options.string_ids();
  job.graph.columns = source.columns();
  job.graph.origin = absl::StrCat("import of ", seen.rows, seen.rows == 1 ? " row, " : " rows, ",
                                  options.undirected() ? "undirected" : absl::StrCat("row ", options.row()),
                                  profiles > 0 ? absl::StrCat(", profiles of ", profiles, " members") : "");
  return LoadNew(wanted, std::move(job), source, watch);
}

}  // namespace lawine
