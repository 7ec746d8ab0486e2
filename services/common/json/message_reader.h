// Any protobuf message from JSON in the command line's form, read strictly: what message_json.h writes.
#ifndef LAWINE_SERVICES_COMMON_JSON_MESSAGE_READER_H_
#define LAWINE_SERVICES_COMMON_JSON_MESSAGE_READER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace lawine {

// Fills `message` by the snake_case names of its descriptor; // and /* */ comments are skipped. Enums are
// words, short or whole; members' ids are strings or whole numbers. INVALID_ARGUMENT lists, a line each,
// every unknown, repeated, wrongly typed field and every oneof that is empty or set twice, by its path, or
// says where the text is no JSON. The model of a scenario's `change` may be empty: it is merged with another.
// `what` names the whole.
absl::Status ReadMessageJson(std::string_view text, const std::string& what,
                             google::protobuf::Message& message);

// OK, or INVALID_ARGUMENT with a line for each.
absl::Status ProblemsStatus(const std::vector<std::string>& problems);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_JSON_MESSAGE_READER_H_
