#include "services/coordinator/runs/attribution.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/spread/attribution_tree.h"
#include "engine/spread/outcome.h"
#include "services/coordinator/runs/run_receipts.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr std::size_t kSeedsTold = 100;

// Columns of all members, and the names of those that had the message from nobody.
struct Cascade {
  explicit Cascade(std::uint32_t members_count)
      : receipt_steps(members_count, kNoStep), senders_plus_one(members_count, 0) {}

  absl::Status Add(const pb::ListReceiptsResponse& part) {
    const int count = part.members_size();
    if (part.numbers_size() != count || part.senders_plus_one_size() != count ||
        part.receipt_steps_size() != count || part.deliveries_size() != count) {
      return absl::DataLossError("a worker sent receipts whose columns differ in length");
    }
    for (int i = 0; i < count; ++i) {
      const std::uint32_t number = part.numbers(i);
      if (number >= receipt_steps.size()) {
        return absl::DataLossError(
            absl::StrCat("a worker sent a receipt of member number ", number, " of ", receipt_steps.size()));
      }
      receipt_steps[number] = part.receipt_steps(i);
      senders_plus_one[number] = part.senders_plus_one(i);
      deliveries.push_back(part.deliveries(i));
      if (part.senders_plus_one(i) == 0) root_names[number] = part.members(i);
    }
    return absl::OkStatus();
  }

  std::vector<std::uint32_t> receipt_steps;
  std::vector<std::uint32_t> senders_plus_one;
  std::vector<std::uint32_t> deliveries;  // of reached members, in any order
  std::map<std::uint32_t, std::string> root_names;
};

}  // namespace

std::vector<pb::FrequencyBin> FrequencyOf(std::span<const std::uint32_t> deliveries) {
  // Bin 0 is 0, bin 1 is 1, bin b is 2^(b-2) + 1 to 2^(b-1).
  const auto bin_of = [](std::uint32_t times) {
    return times == 0 ? 0u : static_cast<unsigned>(std::bit_width(times - 1)) + 1;
  };
  std::vector<std::uint64_t> members;
  for (const std::uint32_t times : deliveries) {
    if (bin_of(times) >= members.size()) members.resize(bin_of(times) + 1);
    ++members[bin_of(times)];
  }
  std::vector<pb::FrequencyBin> bins;
  for (std::size_t b = 0; b < members.size(); ++b) {
    if (bins.empty() && members[b] == 0) continue;
    pb::FrequencyBin& bin = bins.emplace_back();
    bin.set_first(b < 2 ? static_cast<std::uint32_t>(b) : (1u << (b - 2)) + 1);
    bin.set_last(static_cast<std::uint32_t>(
        b < 2 ? b : std::min<std::uint64_t>(1ull << (b - 1), std::numeric_limits<std::uint32_t>::max())));
    bin.set_members(members[b]);
  }
  return bins;
}

absl::StatusOr<pb::Attribution> ReadAttribution(const Placement& placement, std::uint64_t run_id,
                                                std::uint32_t members_count, Cancellation& cancellation) {
  Cascade cascade(members_count);
  for (const WorkerHandle& worker : placement.workers) {
    absl::Status added;
    const auto add = [&](const pb::ListReceiptsResponse& part) {
      added = cascade.Add(part);
      return added.ok();
    };
    const absl::Status read = ReadReceipts(worker, run_id, 0, add, cancellation);
    LAWINE_RETURN_IF_ERROR(added);
    LAWINE_RETURN_IF_ERROR(read);
  }
  LAWINE_ASSIGN_OR_RETURN(const AttributionTree tree,
                          MakeAttributionTree(cascade.receipt_steps, cascade.senders_plus_one));
  pb::Attribution attribution;
  attribution.set_members(tree.members);
  attribution.set_trees(tree.roots.size());
  attribution.set_depth(static_cast<std::uint32_t>(std::max<std::size_t>(1, tree.members_by_depth.size())) -
                        1);
  attribution.set_width(tree.Width());
  attribution.set_mean_depth(tree.MeanDepth());
  attribution.set_structural_virality(tree.StructuralVirality());
  for (const std::uint64_t members : tree.members_by_depth) attribution.add_members_by_depth(members);
  for (std::size_t i = 0; i < std::min(kSeedsTold, tree.roots.size()); ++i) {
    pb::SeedTree& seed = *attribution.add_seeds();
    seed.set_id(cascade.root_names[tree.roots[i].member.value]);
    seed.set_members(tree.roots[i].members);
  }
  for (const pb::FrequencyBin& bin : FrequencyOf(cascade.deliveries)) *attribution.add_frequency() = bin;
  return attribution;
}

}  // namespace lawine
