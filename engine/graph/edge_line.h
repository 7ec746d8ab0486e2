// What stands in the columns of an edge list, ids and probabilities, and the counts that headers claim.
#ifndef LAWINE_ENGINE_GRAPH_EDGE_LINE_H_
#define LAWINE_ENGINE_GRAPH_EDGE_LINE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/ids.h"

namespace lawine {

// What stands between white space, commas and semicolons, as many as there are. Views into `text`.
std::vector<std::string_view> SplitWords(std::string_view text);

// Plain decimal digits, 0 to 2^64 - 1. False, with `value` unspecified, for anything else.
bool ParseDecimal(std::string_view text, std::uint64_t& value);

// INVALID_ARGUMENT unless `text` is an integer id; says what is wrong with it.
absl::StatusOr<MemberKey> ParseIntegerId(std::string_view text);

// INVALID_ARGUMENT unless `text` can be a string id: 1 to limits::kExternalIdBytesMax bytes of UTF-8
// without control characters.
absl::Status CheckStringId(std::string_view text);

// The key of a string id: its XXH64 with seed 0. Part of what results depend on: never change it.
MemberKey KeyOfStringId(std::string_view text);

// A decimal number from 0 to 1, as a link weight (kLinkWeightOne is 1); engine/README.md, "Imports", says how
// it is rounded.
absl::StatusOr<std::uint32_t> ParseLinkWeight(std::string_view text);

// Counts that a file claims for itself.
struct EdgeClaim {
  std::optional<std::uint64_t> members;
  std::optional<std::uint64_t> links;
};
// Reads a comment as SNAP writes them: "# Nodes: 82168 Edges: 948464".
EdgeClaim ParseClaimComment(std::string_view comment);

// `text` in single quotes for a message: shortened, with unprintable bytes escaped.
std::string Quoted(std::string_view text);
// 31398 -> "31,398".
std::string WithCommas(std::uint64_t value);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_EDGE_LINE_H_
