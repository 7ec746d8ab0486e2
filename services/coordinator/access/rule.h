// What the public port asks of its callers, method by method: front.cc has the rules.
#ifndef LAWINE_SERVICES_COORDINATOR_ACCESS_RULE_H_
#define LAWINE_SERVICES_COORDINATOR_ACCESS_RULE_H_

#include "services/coordinator/access/token_file.h"

namespace lawine {

// What is asked of those who call a method.
struct Rule {
  enum class Kind {
    kAnswers,  // from what is there
    kBegins,   // goes on without the caller, or works now and then: not while the coordinator stops
    kWorks,    // as long as the caller waits: at most runs_at_once of a token, beside its runs
  };
  const char* method;
  Role role;
  Kind kind = Kind::kAnswers;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_ACCESS_RULE_H_
