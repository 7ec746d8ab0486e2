#include "services/common/json/message_reader.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status_macros.h"
#include "services/common/json/message_json.h"
#include "services/common/json/rate_fields.h"
#include "services/common/json/suggest.h"

namespace lawine {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string FoundText(const Json& json) {
  constexpr std::size_t kShownBytesMax = 40;
  if (json.is_object()) return "an object";
  if (json.is_array()) return "a list";
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kShownBytesMax) text = absl::StrCat(text.substr(0, kShownBytesMax), "...");
  return text;
}

// Whole numbers, also as decimal strings where `digits_allowed`: what NumberToJson writes from 2^53.
std::optional<std::uint64_t> WholeNumber(const Json& json, bool digits_allowed) {
  std::uint64_t value = 0;
  if (json.is_number_unsigned()) return json.get<std::uint64_t>();
  if (digits_allowed && json.is_string() && absl::SimpleAtoi(json.get_ref<const std::string&>(), &value)) {
    return value;
  }
  return std::nullopt;
}

std::string JoinPath(const std::string& path, const std::string& name) {
  return path.empty() ? name : absl::StrCat(path, ".", name);
}

// Fills a message from JSON by its descriptor, noting every problem by the path of its field.
class MessageReader {
 public:
  // Messages hold themselves; protobuf reads no deeper ones either.
  static constexpr int kDepthMax = 100;

  MessageReader(const std::string& what, std::vector<std::string>& problems)
      : what_(what), problems_(problems) {}

  void ReadObject(const Json& json, const std::string& path, Message& message) {
    if (!json.is_object()) return Expect(path, "an object", json);
    if (depth_ == kDepthMax) {
      return Note(path.substr(0, path.find('.')),
                  absl::StrCat("expected at most ", kDepthMax, " objects within each other, found more"));
    }
    ++depth_;
    const absl::Cleanup leave = [this] { --depth_; };
    Fields given;
    for (const auto& [name, value] : json.items()) ReadNamed(name, value, path, message, given);
    CheckOneofs(given, path, *message.GetDescriptor());
    CheckRates(given, path, *message.GetDescriptor());
  }

 private:
  using Fields = std::set<const FieldDescriptor*>;

  void Note(const std::string& path, const std::string& what) {
    problems_.push_back(absl::StrCat(path.empty() ? what_ : path, ": ", what));
  }
  void Expect(const std::string& path, const std::string& what, const Json& found) {
    Note(path, absl::StrCat("expected ", what, ", found ", FoundText(found)));
  }

  // Also by the names of protobuf's own JSON, which other clients print: seedMembers.
  void ReadNamed(const std::string& name, const Json& value, const std::string& within, Message& message,
                 Fields& given) {
    const Descriptor& descriptor = *message.GetDescriptor();
    const FieldDescriptor* field = descriptor.FindFieldByName(name);
    if (field == nullptr) field = descriptor.FindFieldByCamelcaseName(name);
    const std::string path = JoinPath(within, field == nullptr ? name : field->name());
    if (field == nullptr) {
      std::vector<std::string> known;
      for (int i = 0; i < descriptor.field_count(); ++i) known.push_back(descriptor.field(i)->name());
      const std::string hint = DidYouMean(name, known);
      return Note(path, absl::StrCat("unknown field", hint.empty() ? "; known are " : hint,
                                     hint.empty() ? absl::StrJoin(known, ", ") : ""));
    }
    if (!given.insert(field).second) return Note(path, "set twice in the same object");
    const FieldDescriptor* const counts = CountsOfRate(*field);
    if (counts != nullptr && value.is_object()) return ReadValue(value, path, *counts, message);
    if (!field->is_repeated()) return ReadValue(value, path, *field, message);
    if (!value.is_array()) return Expect(path, "a list", value);
    // On the wire it is the same as none.
    if (value.empty() && variants_ > 0) {
      return Note(path, "expected entries: an empty list takes nothing away; let the base be without it");
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
      ReadValue(value[i], absl::StrCat(path, "[", i, "]"), *field, message);
    }
  }

  void ReadValue(const Json& json, const std::string& path, const FieldDescriptor& field, Message& message) {
    const Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        const int variants = field.full_name() == "lawine.v1.Variant.change" ? 1 : 0;
        variants_ += variants;
        ReadObject(json, path,
                   field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                       : *reflection.MutableMessage(&message, &field));
        variants_ -= variants;
        return;
      }
      case FieldDescriptor::CPPTYPE_ENUM:
        return ReadEnum(json, path, field, message);
      case FieldDescriptor::CPPTYPE_STRING:
        return ReadString(json, path, field, message);
      case FieldDescriptor::CPPTYPE_BOOL:
        if (!json.is_boolean()) return Expect(path, "true or false", json);
        return Store(&Reflection::SetBool, &Reflection::AddBool, json.get<bool>(), field, message);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        if (!json.is_number()) return Expect(path, NumberWords(field), json);
        return Store(&Reflection::SetDouble, &Reflection::AddDouble, json.get<double>(), field, message);
      case FieldDescriptor::CPPTYPE_FLOAT:
        if (!json.is_number()) return Expect(path, "a number", json);
        return Store(&Reflection::SetFloat, &Reflection::AddFloat, json.get<float>(), field, message);
      default:
        return ReadInteger(json, path, field, message);
    }
  }

  static const char* NumberWords(const FieldDescriptor& field) {
    return CountsOfRate(field) == nullptr
               ? "a number"
               : "a number, or counts such as {\"shares\": 45, \"receipts\": 1200}";
  }

  template <typename Set, typename Add, typename Value>
  void Store(Set set, Add add, Value value, const FieldDescriptor& field, Message& message) {
    const Reflection& reflection = *message.GetReflection();
    if (field.is_repeated()) {
      (reflection.*add)(&message, &field, std::move(value));
    } else {
      (reflection.*set)(&message, &field, std::move(value));
    }
  }

  void ReadInteger(const Json& json, const std::string& path, const FieldDescriptor& field,
                   Message& message) {
    const bool wide = field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64 ||
                      field.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
    const bool is_signed = field.cpp_type() == FieldDescriptor::CPPTYPE_INT32 ||
                           field.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
    const std::uint64_t bits_max = wide ? std::numeric_limits<std::uint64_t>::max() : 0xFFFFFFFFull;
    const std::uint64_t value_max = is_signed ? bits_max / 2 : bits_max;
    const std::optional<std::uint64_t> value = WholeNumber(json, wide);
    if (!value.has_value() || *value > value_max) {
      return Expect(path, absl::StrCat("a whole number from 0 to ", value_max), json);
    }
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return Store(&Reflection::SetInt32, &Reflection::AddInt32, static_cast<std::int32_t>(*value), field,
                     message);
      case FieldDescriptor::CPPTYPE_INT64:
        return Store(&Reflection::SetInt64, &Reflection::AddInt64, static_cast<std::int64_t>(*value), field,
                     message);
      case FieldDescriptor::CPPTYPE_UINT32:
        return Store(&Reflection::SetUInt32, &Reflection::AddUInt32, static_cast<std::uint32_t>(*value),
                     field, message);
      default:
        return Store(&Reflection::SetUInt64, &Reflection::AddUInt64, *value, field, message);
    }
  }

  void ReadString(const Json& json, const std::string& path, const FieldDescriptor& field, Message& message) {
    std::string text;
    const bool is_id = field.full_name() == "lawine.v1.SeedMembers.ids";
    if (json.is_string()) {
      text = json.get<std::string>();
    } else if (is_id && json.is_number_integer()) {
      text = json.dump();
    } else {
      return Expect(path, is_id ? "a member's id (a string or a whole number)" : "a string", json);
    }
    Store(&Reflection::SetString, &Reflection::AddString, std::move(text), field, message);
  }

  void ReadEnum(const Json& json, const std::string& path, const FieldDescriptor& field, Message& message) {
    const EnumDescriptor& type = *field.enum_type();
    std::vector<std::string> words;
    for (int i = 0; i < type.value_count(); ++i) {
      words.push_back(ShortEnumWord(*type.value(i)));
      if (json.is_string() && (json == words.back() || json == type.value(i)->name())) {
        return Store(&Reflection::SetEnum, &Reflection::AddEnum, type.value(i), field, message);
      }
    }
    words.erase(words.begin());  // "UNSPECIFIED" is read, but nobody is sent there
    Expect(path, absl::StrCat("one of ", absl::StrJoin(words, ", ")), json);
  }

  // A choice that is there but empty is partial; two alternatives contradict each other.
  void CheckOneofs(const Fields& fields, const std::string& path, const Descriptor& descriptor) {
    for (int i = 0; i < descriptor.real_oneof_decl_count(); ++i) {
      const auto& choice = *descriptor.oneof_decl(i);
      std::vector<std::string> known;
      std::vector<std::string> given;
      for (int k = 0; k < choice.field_count(); ++k) {
        known.push_back(choice.field(k)->name());
        if (fields.contains(choice.field(k))) given.push_back(known.back());
      }
      if (given.size() > 1)
        Note(path, absl::StrCat("only one of ", absl::StrJoin(given, ", "), " can be set"));
      if (given.empty() && !IsMerged(path, descriptor))
        Note(path, absl::StrCat("partial: expected ", absl::StrJoin(known, " or "), " in it"));
    }
  }

  // A change of a scenario may leave its model what it is, and say only what beside it changes.
  static bool IsMerged(const std::string& path, const Descriptor& descriptor) {
    return descriptor.full_name() == "lawine.v1.Model" &&
           (path == "change.model" || absl::EndsWith(path, ".change.model"));
  }

  // A rate is known or counted.
  void CheckRates(const Fields& fields, const std::string& path, const Descriptor& descriptor) {
    for (int i = 0; i < descriptor.field_count(); ++i) {
      const FieldDescriptor* const counts = CountsOfRate(*descriptor.field(i));
      if (counts == nullptr || !fields.contains(counts) || !fields.contains(descriptor.field(i))) continue;
      Note(JoinPath(path, counts->name()), absl::StrCat("contradicts ", descriptor.field(i)->name(),
                                                        " beside it: a rate is known or counted"));
    }
  }

  const std::string& what_;
  std::vector<std::string>& problems_;
  int depth_ = 0;     // objects that are being read
  int variants_ = 0;  // changes of variants among them
};

// JSON readers keep the last of repeated names in silence; a scenario that says two things is refused.
class RepeatedNames {
 public:
  bool Note(Json::parse_event_t event, const Json& parsed) {
    if (event == Json::parse_event_t::object_start) open_.emplace_back();
    if (event == Json::parse_event_t::object_end) open_.pop_back();
    if (event == Json::parse_event_t::key && !open_.back().insert(parsed.get<std::string>()).second) {
      problems.push_back(absl::StrCat(parsed.get<std::string>(), ": set twice in the same object"));
    }
    return true;
  }

  std::vector<std::string> problems;

 private:
  std::vector<std::set<std::string>> open_;
};

absl::StatusOr<Json> ParseStrictly(std::string_view text) {
  RepeatedNames names;
  try {
    Json json = Json::parse(
        text, [&](int, Json::parse_event_t event, Json& parsed) { return names.Note(event, parsed); },
        /*allow_exceptions=*/true, /*ignore_comments=*/true);
    LAWINE_RETURN_IF_ERROR(ProblemsStatus(names.problems));
    return json;
  } catch (const Json::exception& error) {
    std::string what = error.what();
    if (const std::size_t end = what.find("] "); end != std::string::npos) what.erase(0, end + 2);
    return absl::InvalidArgumentError(absl::StrCat("not JSON: ", what));
  }
}

}  // namespace

absl::Status ProblemsStatus(const std::vector<std::string>& problems) {
  return problems.empty() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
}

absl::Status ReadMessageJson(std::string_view text, const std::string& what, Message& message) {
  LAWINE_ASSIGN_OR_RETURN(const Json json, ParseStrictly(text));
  std::vector<std::string> problems;
  MessageReader(what, problems).ReadObject(json, "", message);
  return ProblemsStatus(problems);
}

}  // namespace lawine
