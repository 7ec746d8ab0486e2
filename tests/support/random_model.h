// Random valid models in small random graphs, to hold implementations of the models against each other. Every
// feature comes up with every other that may stand beside it; the more of them the shorter their cascades, so
// many seeds are needed, and each takes microseconds.
#ifndef LAWINE_TESTS_SUPPORT_RANDOM_MODEL_H_
#define LAWINE_TESTS_SUPPORT_RANDOM_MODEL_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "tests/support/model_judge.h"
#include "tests/support/test_random.h"

namespace lawine {

struct RandomModel {
  ModelGraph graph;
  ModelSpec spec;
  std::uint64_t run_seed = 0;
  std::uint64_t replica = 0;
  std::optional<std::uint32_t> max_steps;  // always there for epidemics, which need not end

  std::vector<MessageVerdict> Judged() const;
};

RandomModel MakeRandomModel(TestRandom& random);

// What `message` makes use of, those of the whole spec included.
std::set<std::string> FeaturesOf(const ModelSpec& spec, std::uint32_t message);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_RANDOM_MODEL_H_
