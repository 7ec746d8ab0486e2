// What users ask of a result, and what it says.
#ifndef LAWINE_SERVICES_CLI_TEXT_ANSWER_H_
#define LAWINE_SERVICES_CLI_TEXT_ANSWER_H_

#include <string>

namespace lawine::cli {

// A question and one plain sentence.
struct Answer {
  std::string question;
  std::string sentence;
};

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_ANSWER_H_
