// What the judge of all models finds.
#ifndef LAWINE_TESTS_SUPPORT_MODEL_VERDICT_H_
#define LAWINE_TESTS_SUPPORT_MODEL_VERDICT_H_

#include <cstdint>
#include <map>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/ids.h"

namespace lawine {

struct ModelStep {
  std::uint64_t step = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t seen = 0;            // deliveries seen
  std::uint64_t first_receipts = 0;  // of injected members too
  std::uint64_t injected = 0;
  std::uint64_t ignored = 0;      // injections into members that have the message, or are removed
  std::uint64_t forwards = 0;     // members that begin to act
  std::uint64_t acting = 0;       // members that act
  std::uint64_t recoveries = 0;   // members that have acted and do so no more
  std::uint64_t monitors = 0;     // monitors with their first receipt
  std::uint64_t cross_posts = 0;  // members whose owner posts in another network
  std::uint64_t unfollows = 0;    // links dropped
  std::uint64_t follows = 0;      // links to the author added
  std::uint64_t present = 0;      // members that are there, where members come or go

  std::uint64_t duplicates() const { return deliveries - (first_receipts - injected - cross_posts); }
  friend bool operator==(const ModelStep&, const ModelStep&) = default;
};

struct MessageVerdict {
  std::vector<ModelStep> steps;  // those that happen, ascending
  std::map<MemberKey, std::uint64_t> receipt_steps;
  std::map<MemberKey, std::uint64_t>
      seen_steps;  // of the first delivery seen; empty without a seen probability
  std::map<MemberKey, std::vector<std::uint64_t>> forward_steps;  // several where members may accept again
  std::map<MemberKey, std::vector<std::uint64_t>> recovery_steps;
  std::map<MemberKey, std::uint64_t> deliveries;  // by receiver
  std::uint64_t people = 0;                       // persons reached
  Digest digest;
  bool stopped_at_max_steps = false;  // a step after max_steps would have happened
};

// Of all transitions that a verdict holds.
Digest DigestOf(const MessageVerdict& verdict, std::uint64_t message, std::uint64_t replica);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_MODEL_VERDICT_H_
