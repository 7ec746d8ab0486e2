// Results by group, counted from judgements member by member.
#ifndef LAWINE_TESTS_SUPPORT_MODEL_GROUPS_H_
#define LAWINE_TESTS_SUPPORT_MODEL_GROUPS_H_

#include <vector>

#include "engine/spread/group_counts.h"
#include "tests/support/model_judge.h"

namespace lawine {

// By message, rows in the engine's order. REQUIRES: spec.groups.
std::vector<std::vector<GroupRow>> JudgeGroups(const ModelGraph& graph, const ModelSpec& spec, Luck& luck,
                                               const std::vector<MessageVerdict>& verdicts);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_MODEL_GROUPS_H_
