// Random models: rules that change after a step.
#ifndef LAWINE_TESTS_SUPPORT_RANDOM_LATER_H_
#define LAWINE_TESTS_SUPPORT_RANDOM_LATER_H_

#include "engine/spread/message_spec.h"
#include "tests/support/test_random.h"

namespace lawine {

// Now and then gives a model later rules, and triggers that wait for them. REQUIRES: everything else is made.
void MakeRandomLater(TestRandom& random, ModelSpec& spec);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_RANDOM_LATER_H_
