// Edge lists from hostile files. The first byte chooses the format and the size of pieces; the rest is the
// file. Whatever the bytes, pieces change nothing (but for how far damaged compressed files are read), and
// what is read makes a source or an error.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/check.h"
#include "engine/graph/edge_reader.h"

namespace lawine {
namespace {

struct Outcome {
  absl::Status status;
  EdgeReport report;
  EdgeList edges;
};

EdgeFormat FormatOf(std::uint8_t choice) {
  constexpr std::array<const char*, 2> kDirected = {"from,to", "follower,followed,probability"};
  constexpr std::array<const char*, 2> kUndirected = {"member,member", "member,member,probability"};
  const bool undirected = (choice & 1) != 0;
  const char* const row = (undirected ? kUndirected : kDirected)[choice >> 1 & 1];
  return {.undirected = undirected,
          .columns = ParseEdgeColumns(row, undirected).value(),
          .string_ids = (choice & 4) != 0,
          .header_lines = choice >> 3 & 1u};
}

Outcome Read(const EdgeFormat& format, std::string_view file, std::size_t piece_bytes) {
  EdgeReader reader(format);
  reader.BeginFile("fuzz");
  for (; !file.empty(); file.remove_prefix(std::min(file.size(), piece_bytes))) {
    if (!reader.Append(file.substr(0, piece_bytes)).ok()) break;
  }
  const absl::Status status = reader.EndFile();
  return {status, reader.report(), reader.TakeEdges()};
}

void CheckSource(Outcome outcome) {
  EdgeListCounts counts;
  const std::uint64_t links_count = outcome.edges.links.unsorted().size();
  const auto source = MakeEdgeListSource(std::move(outcome.edges), counts);
  if (!source.ok()) return;
  const MemberRange everyone = {MemberId(0), (*source)->members_count()};
  std::uint64_t kept = 0;
  FollowerLists lists;
  for (std::uint32_t c = 0; c < (*source)->chunks_count(); ++c) {
    LAWINE_CHECK((*source)->FollowersInside(c, everyone, lists).ok());
    kept += lists.followers.size();
  }
  LAWINE_CHECK(kept + counts.self_links_dropped + counts.duplicates_dropped == links_count);
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
  const lawine::EdgeFormat format = lawine::FormatOf(data[0]);
  lawine::Outcome whole = lawine::Read(format, file, file.size());
  const lawine::Outcome pieces = lawine::Read(format, file, 1u + (data[0] >> 4));
  LAWINE_CHECK(whole.status.ok() == pieces.status.ok());
  if (absl::IsDataLoss(whole.status) || absl::IsDataLoss(pieces.status)) return 0;
  LAWINE_CHECK(whole.status == pieces.status);
  LAWINE_CHECK(whole.edges.links.unsorted() == pieces.edges.links.unsorted());
  LAWINE_CHECK(whole.edges.names == pieces.edges.names);
  LAWINE_CHECK(whole.report.warnings == pieces.report.warnings);
  if (whole.status.ok()) lawine::CheckSource(std::move(whole));
  return 0;
}
