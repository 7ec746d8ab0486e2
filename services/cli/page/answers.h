// What the result of a run says, a plain sentence for each question.
#ifndef LAWINE_SERVICES_CLI_PAGE_ANSWERS_H_
#define LAWINE_SERVICES_CLI_PAGE_ANSWERS_H_

#include <span>
#include <string>
#include <vector>

#include "lawine/v1/simulation.pb.h"
#include "services/cli/page/page.h"

namespace lawine::cli {

// What SeedDrawSentence answers.
inline constexpr char kSeedsQuestion[] = "Would other seed members do the same?";

std::vector<Answer> RunAnswers(const v1::RunResult& result);
// The same in short, as the answer of one run among several.
Answer RunInShort(const v1::RunResult& result);

// What to make of one run.
std::string RunRecommendation(const v1::RunResult& result);
// Which of several runs reaches most, and how far that is to be believed. REQUIRES: two results or more.
std::string RunsRecommendation(std::span<const v1::RunResult> results);

// "runs/17 (hyves, 10%)"; "hyves, 10%" for a run without a name.
std::string RunLabel(const v1::RunResult& result);

// Members reached by a replica, on average.
double MeanReach(const v1::RunResult& result);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_PAGE_ANSWERS_H_
