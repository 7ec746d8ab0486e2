// The part of random models that is of the network: persons, growth, reactions, groups.
#ifndef LAWINE_TESTS_SUPPORT_RANDOM_NETWORK_H_
#define LAWINE_TESTS_SUPPORT_RANDOM_NETWORK_H_

#include <cstdint>
#include <set>
#include <string>

#include "tests/support/random_model.h"

namespace lawine {

// Gives a model whose messages are made some of these. Weights of links are not touched.
void MakeRandomNetwork(TestRandom& random, RandomModel& model);

// What `message` makes use of.
void AddNetworkFeatures(const ModelSpec& spec, std::uint32_t message, std::set<std::string>& features);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_RANDOM_NETWORK_H_
