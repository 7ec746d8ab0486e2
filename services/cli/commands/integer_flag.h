// Flags that are whole numbers.
#ifndef LAWINE_SERVICES_CLI_COMMANDS_INTEGER_FLAG_H_
#define LAWINE_SERVICES_CLI_COMMANDS_INTEGER_FLAG_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "CLI/CLI.hpp"

namespace lawine::cli {

template <class Value>
inline constexpr std::uint64_t kIntegerFlagMax = std::numeric_limits<Value>::max();
template <class Value>
inline constexpr std::uint64_t kIntegerFlagMax<std::optional<Value>> = std::numeric_limits<Value>::max();

// For command lines: takes decimal digits alone, of a number from `min` to `max`.
CLI::Validator WholeNumber(std::uint64_t min, std::uint64_t max);

// CLI11 by itself reads 010 as 8, -1 as the largest number there is, and nothing as 0. `value` is unsigned,
// or an optional of that; `letter` stands for it in the help.
template <class Value>
CLI::Option* AddInteger(CLI::App& command, const std::string& flag, Value& value, const std::string& letter,
                        const std::string& description, std::uint64_t min = 0,
                        std::uint64_t max = kIntegerFlagMax<Value>) {
  return command.add_option(flag, value, description)->type_name(letter)->transform(WholeNumber(min, max));
}

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_COMMANDS_INTEGER_FLAG_H_
