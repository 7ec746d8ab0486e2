// Rates in words, also those that were counted.
#ifndef LAWINE_SERVICES_CLI_TEXT_RATE_TEXT_H_
#define LAWINE_SERVICES_CLI_TEXT_RATE_TEXT_H_

#include <span>
#include <string>

#include "google/protobuf/message.h"
#include "lawine/v1/simulation.pb.h"

namespace lawine::cli {

// Of a message's rate `x`, from `x` or `x_counts`: "10%", or "45 of 1,200 as counted".
std::string RateText(const google::protobuf::Message& message, const std::string& field);
// It is more than 0, for all that is known.
bool IsSome(const google::protobuf::Message& message, const std::string& field);
// It is said, as a rate or by counts. False where the message has no such field.
bool IsSet(const google::protobuf::Message& message, const std::string& field);

// How much of what varies is luck: "About 40% of the variance in reach comes of not knowing ...", where `of`
// is "reach".
std::string LuckSentence(const v1::LuckAndIgnorance& found, const std::string& of);
// "model.forward.probability was counted, 45 of 1,200: 2.8% to 5.0%, each replica draws its own." A sentence
// a rate; empty where none was counted.
std::string CountedSentence(const v1::RunResult& result);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_RATE_TEXT_H_
