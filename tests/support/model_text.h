// What models and their verdicts look like in tests and in their failures.
#ifndef LAWINE_TESTS_SUPPORT_MODEL_TEXT_H_
#define LAWINE_TESTS_SUPPORT_MODEL_TEXT_H_

#include <string>

#include "tests/support/model_judge.h"

namespace lawine {

// "0: 1 new, 1 injected, 1 forwards; 3: 2 delivered, 1 new": steps that happen, counts that are not 0. Seen
// and acting are told where they differ from delivered and forwards.
std::string Told(const MessageVerdict& verdict);
// What is unlike the defaults, a line a message and intervention.
std::string Told(const ModelSpec& spec);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_MODEL_TEXT_H_
