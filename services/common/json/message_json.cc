#include "services/common/json/message_json.h"

#include <cctype>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

namespace lawine {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::uint64_t kExactNumberEnd = 1ull << 53;

Json SignedToJson(std::int64_t value) {
  const std::uint64_t magnitude =
      value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  return magnitude < kExactNumberEnd ? Json(value) : Json(absl::StrCat(value));
}

Json SubmessageToJson(const Message& message, bool empty) {
  if (message.GetDescriptor() != google::protobuf::Timestamp::descriptor()) {
    return MessageToJson(message, empty);
  }
  const auto& time = static_cast<const google::protobuf::Timestamp&>(message);
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", absl::FromUnixSeconds(time.seconds()), absl::UTCTimeZone());
}

// `index` counts within a list and is ignored for a single field.
Json ValueToJson(const Message& message, const FieldDescriptor& field, int index, bool empty) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  const auto pick = [&](auto single, auto listed) {
    return repeated ? (reflection.*listed)(message, &field, index) : (reflection.*single)(message, &field);
  };
  using R = google::protobuf::Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return SignedToJson(pick(&R::GetInt32, &R::GetRepeatedInt32));
    case FieldDescriptor::CPPTYPE_INT64:
      return SignedToJson(pick(&R::GetInt64, &R::GetRepeatedInt64));
    case FieldDescriptor::CPPTYPE_UINT32:
      return NumberToJson(pick(&R::GetUInt32, &R::GetRepeatedUInt32));
    case FieldDescriptor::CPPTYPE_UINT64:
      return NumberToJson(pick(&R::GetUInt64, &R::GetRepeatedUInt64));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return pick(&R::GetDouble, &R::GetRepeatedDouble);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return pick(&R::GetFloat, &R::GetRepeatedFloat);
    case FieldDescriptor::CPPTYPE_BOOL:
      return pick(&R::GetBool, &R::GetRepeatedBool);
    case FieldDescriptor::CPPTYPE_ENUM:
      return ShortEnumWord(*pick(&R::GetEnum, &R::GetRepeatedEnum));
    case FieldDescriptor::CPPTYPE_STRING:
      return pick(&R::GetString, &R::GetRepeatedString);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SubmessageToJson(repeated ? reflection.GetRepeatedMessage(message, &field, index)
                                       : reflection.GetMessage(message, &field),
                              empty);
  }
  return nullptr;
}

// Says nothing as long as it is not set.
bool IsTextOrEnum(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING ||
         field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
}

// SENTIMENT_ for the enum Sentiment, RUN_STATE_ for RunState.
std::string EnumPrefix(std::string_view enum_name) {
  std::string prefix;
  for (const char letter : enum_name) {
    if (absl::ascii_isupper(static_cast<unsigned char>(letter)) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(static_cast<unsigned char>(letter));
  }
  return prefix + "_";
}

}  // namespace

Json NumberToJson(std::uint64_t value) {
  return value < kExactNumberEnd ? Json(value) : Json(absl::StrCat(value));
}

std::string ShortEnumWord(const google::protobuf::EnumValueDescriptor& value) {
  const std::string prefix = EnumPrefix(value.type()->name());
  const std::string& name = value.name();
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

Json MessageToJson(const Message& message, bool empty) {
  const google::protobuf::Descriptor& descriptor = *message.GetDescriptor();
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  Json json = Json::object();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (field.is_repeated()) {
      const int size = reflection.FieldSize(message, &field);
      if (size == 0 && !empty) continue;
      Json list = Json::array();
      for (int k = 0; k < size; ++k) list.push_back(ValueToJson(message, field, k, empty));
      json[field.name()] = std::move(list);
    } else if (reflection.HasField(message, &field) ||
               (!field.has_presence() && (empty || !IsTextOrEnum(field)))) {
      json[field.name()] = ValueToJson(message, field, 0, empty);
    }
  }
  return json;
}

std::string JsonText(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string JsonLine(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lawine
