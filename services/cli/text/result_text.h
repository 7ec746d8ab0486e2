// The result of a run in words and tables.
#ifndef LAWINE_SERVICES_CLI_TEXT_RESULT_TEXT_H_
#define LAWINE_SERVICES_CLI_TEXT_RESULT_TEXT_H_

#include <cstdint>
#include <string>

#include "lawine/v1/simulation.pb.h"

namespace lawine::cli {

// Realisations that the result is of, at least 1.
std::uint64_t Replicas(const v1::RunResult& result);

// The last step at which anything arrived. Runs may end after it: with forwards that nobody is left to get.
std::uint32_t LastArrival(const v1::RunResult& result);

// The article's sentence with the counts of this run: "One member messaged 300 friends; 31 forwarded it: it
// entered 31 other personal networks." Honest for several seed members, replicas and nobody forwarding.
std::string Sentence(const v1::RunResult& result);

// One sentence: how far it went.
std::string Summary(const v1::RunResult& result);

// Sentence, hops, what they amount to, how to take it if there are to be `remarks`, warnings. Ends with a
// newline.
std::string Report(const v1::RunResult& result, bool color, bool remarks = true);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_RESULT_TEXT_H_
