// Pages and groups beside the members of a network: accounts that follow nobody and whose posts go to all who
// follow a page, or are in a group. Whom that is, is a keyed order of the members: found from either side,
// and nothing is stored or exchanged to make it.
#ifndef LAWINE_ENGINE_GRAPH_PAGES_H_
#define LAWINE_ENGINE_GRAPH_PAGES_H_

#include <cstdint>
#include <memory>

#include "engine/graph/link_source.h"

namespace lawine {

inline constexpr std::uint32_t kPagesMax = 10'000;

struct PagesSpec {
  std::uint64_t graph_seed = 0;
  std::uint32_t pages = 0;
  std::uint32_t groups = 0;
};

// Followers of the page of rank i, from 0, or members of the group: a 50th of `members_count` for the first
// page, a 200th for the first group, divided by i + 1, but ten at least. Assumed: sizes fall as 1 / rank.
std::uint32_t PageFollowers(std::uint32_t members_count, std::uint32_t rank);
std::uint32_t GroupMembers(std::uint32_t members_count, std::uint32_t rank);

// `network`'s members first, then pages, then groups, each by rank. REQUIRES: `network` has neither link
// columns nor keys of its own nor persons, and a multiple of limits::kSourcesPerBlock members.
std::shared_ptr<const LinkSource> WithPages(std::shared_ptr<const LinkSource> network, const PagesSpec& spec);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_PAGES_H_
