// Results by group of members, and by person, as text.
#ifndef LAWINE_SERVICES_CLI_TEXT_GROUPS_TEXT_H_
#define LAWINE_SERVICES_CLI_TEXT_GROUPS_TEXT_H_

#include <string>

#include "lawine/v1/simulation.pb.h"

namespace lawine::cli {

// "network", "account kind", "own audience" or "community".
std::string GroupKindText(v1::GroupKind kind);

// A table a kind of group; with several messages also which was met first, and last. Empty where nobody
// asked.
std::string GroupTables(const v1::RunResult& result, bool color);

// Links won and lost, by message and together; empty where nobody reacts.
std::string LinksSentence(const v1::RunResult& result);

// Who was reached as people, links won and lost, and when half and nine tenths of the reach were there.
std::string BesideReach(const v1::RunResult& result);

// What a scenario says of people, growth and reactions; empty where it says nothing.
std::string NetworkRules(const v1::Scenario& scenario);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_GROUPS_TEXT_H_
