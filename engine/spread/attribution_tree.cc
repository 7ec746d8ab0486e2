#include "engine/spread/attribution_tree.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/spread/outcome.h"

namespace lawine {
namespace {

// Reached members, those that received early before those that received late: senders before receivers.
std::vector<std::uint32_t> ByReceipt(std::span<const std::uint32_t> receipt_steps) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t m = 0; m < receipt_steps.size(); ++m) {
    if (receipt_steps[m] != kNoStep) order.push_back(m);
  }
  std::stable_sort(order.begin(), order.end(), [&receipt_steps](std::uint32_t a, std::uint32_t b) {
    return receipt_steps[a] < receipt_steps[b];
  });
  return order;
}

}  // namespace

std::uint64_t AttributionTree::Width() const {
  return members_by_depth.empty() ? 0 : *std::max_element(members_by_depth.begin(), members_by_depth.end());
}

double AttributionTree::MeanDepth() const {
  double sum = 0;
  for (std::size_t depth = 0; depth < members_by_depth.size(); ++depth)
    sum += static_cast<double>(depth) * static_cast<double>(members_by_depth[depth]);
  return members > 0 ? sum / static_cast<double>(members) : 0;
}

absl::StatusOr<AttributionTree> MakeAttributionTree(std::span<const std::uint32_t> receipt_steps,
                                                    std::span<const std::uint32_t> senders_plus_one) {
  AttributionTree tree;
  const std::vector<std::uint32_t> order = ByReceipt(receipt_steps);
  tree.members = order.size();
  std::vector<std::uint32_t> depths(receipt_steps.size()), roots(receipt_steps.size());
  std::vector<std::uint64_t> sizes(receipt_steps.size(), 1);  // of the tree below each member
  for (const std::uint32_t member : order) {
    const std::uint32_t sender = senders_plus_one[member];
    roots[member] = member;
    if (sender > 0) {
      if (sender > receipt_steps.size() || receipt_steps[sender - 1] >= receipt_steps[member]) {
        return absl::DataLossError(absl::StrCat("member ", member, " received at step ",
                                                receipt_steps[member], " from ", sender - 1,
                                                ", which did not have it before"));
      }
      depths[member] = depths[sender - 1] + 1;
      roots[member] = roots[sender - 1];
    }
    if (depths[member] >= tree.members_by_depth.size()) tree.members_by_depth.push_back(0);
    ++tree.members_by_depth[depths[member]];
  }
  for (auto it = order.rbegin(); it != order.rend(); ++it) {
    if (senders_plus_one[*it] > 0) sizes[senders_plus_one[*it] - 1] += sizes[*it];
  }
  for (const std::uint32_t member : order) {
    const auto whole = static_cast<double>(sizes[roots[member]]), below = static_cast<double>(sizes[member]);
    if (roots[member] == member) {
      tree.roots.push_back({.member = MemberId(member), .members = sizes[member]});
      tree.pairs += whole * (whole - 1) / 2;
    } else {
      tree.distances += below * (whole - below);  // pairs whose way leads over the link to the sender
    }
  }
  std::sort(tree.roots.begin(), tree.roots.end(), [](const auto& a, const auto& b) {
    return a.members != b.members ? a.members > b.members : a.member < b.member;
  });
  return tree;
}

}  // namespace lawine
