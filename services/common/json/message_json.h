// Any protobuf message as JSON in the command line's form: snake_case names, enums as short words
// ("SUCCEEDED"), times as RFC 3339 text, and numbers as numbers.
#ifndef LAWINE_SERVICES_COMMON_JSON_MESSAGE_JSON_H_
#define LAWINE_SERVICES_COMMON_JSON_MESSAGE_JSON_H_

#include <cstdint>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

namespace lawine {

using Json = nlohmann::ordered_json;

// A number below 2^53, where every JSON reader is exact; decimal digits in a string from there.
Json NumberToJson(std::uint64_t value);

// "NEUTRAL" for SENTIMENT_NEUTRAL: what follows the name of the enum.
std::string ShortEnumWord(const google::protobuf::EnumValueDescriptor& value);

// Fields in order of declaration. Fields with presence and messages appear only when set; empty lists, texts
// and enums that nobody set always do, unless `empty` is false.
Json MessageToJson(const google::protobuf::Message& message, bool empty = true);

// Indented by 2 and ended by a newline. Bytes that are not UTF-8 become U+FFFD.
std::string JsonText(const Json& json);
// The same on one line.
std::string JsonLine(const Json& json);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_JSON_MESSAGE_JSON_H_
