// Flags that take a rate: a number, or what was counted.
#ifndef LAWINE_SERVICES_CLI_COMMANDS_RATE_FLAG_H_
#define LAWINE_SERVICES_CLI_COMMANDS_RATE_FLAG_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lawine/v1/model.pb.h"

namespace lawine::cli {

// "45/1200"; nothing for anything else.
std::optional<v1::RateCounts> ParseCounts(const std::string& text);

struct RateFlag {
  std::optional<double> number;
  std::optional<v1::RateCounts> counts;
};
// "0.1" or "45/1200". INVALID_ARGUMENT, by the flag's name, for anything else.
absl::StatusOr<RateFlag> ParseRate(const std::string& flag, const std::string& text);

// For command lines: what is wrong with it; empty where nothing is.
std::string RateProblem(const std::string& text);

// Of a message with a probability: sets it, in the form that the flag has.
template <class Message>
absl::Status SetProbability(const std::string& flag, const std::string& text, Message& message) {
  const absl::StatusOr<RateFlag> rate = ParseRate(flag, text);
  if (!rate.ok()) return rate.status();
  message.clear_probability();
  message.clear_probability_counts();
  if (rate->number.has_value()) message.set_probability(*rate->number);
  if (rate->counts.has_value()) *message.mutable_probability_counts() = *rate->counts;
  return absl::OkStatus();
}

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_COMMANDS_RATE_FLAG_H_
