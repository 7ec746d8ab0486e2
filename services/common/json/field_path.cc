#include "services/common/json/field_path.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/list_text.h"
#include "services/common/json/rate_fields.h"
#include "services/common/json/suggest.h"

namespace lawine {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsNumber(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return !field.is_repeated();
    default:
      return false;
  }
}

bool IsOneMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_repeated();
}

// A message that holds itself has fields of any depth: it is entered once.
void AppendPaths(const Descriptor& message, const std::string& prefix, std::vector<const Descriptor*>& inside,
                 std::vector<std::string>& paths) {
  if (std::find(inside.begin(), inside.end(), &message) != inside.end()) return;
  inside.push_back(&message);
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (IsNumber(field)) paths.push_back(prefix + field.name());
    // Of counts nobody asks; whoever does is understood.
    if (IsOneMessage(field) && RateOfCounts(field) == nullptr)
      AppendPaths(*field.message_type(), absl::StrCat(prefix, field.name(), "."), inside, paths);
  }
  inside.pop_back();
}

absl::Status NoSuchPath(const Descriptor& message, const std::string& path, const std::string& what) {
  const std::vector<std::string> known = FieldPath::AllOf(message);
  const std::string hint = DidYouMean(path, known);
  return absl::InvalidArgumentError(
      absl::StrCat(what, hint.empty() ? absl::StrCat("; numbers are ", ListText(known)) : hint));
}

// The largest value of the field's type that no rounding exceeds, and the smallest.
std::pair<double, double> RangeOf(const FieldDescriptor& field) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
    case FieldDescriptor::CPPTYPE_UINT32:
      return {0, std::numeric_limits<std::uint32_t>::max()};
    case FieldDescriptor::CPPTYPE_INT64:
      return {-kExact, kExact};
    case FieldDescriptor::CPPTYPE_UINT64:
      return {0, kExact};
    default:
      return {std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max()};
  }
}

}  // namespace

absl::StatusOr<FieldPath> FieldPath::Parse(const Descriptor& message, const std::string& path) {
  if (path.size() > kBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected the path of a number in at most ", kBytesMax, " bytes, found ", path.size()));
  }
  FieldPath parsed;
  parsed.text_ = path;
  const Descriptor* inside = &message;
  for (const absl::string_view name : absl::StrSplit(path, '.')) {
    const FieldDescriptor* field = inside == nullptr ? nullptr : inside->FindFieldByName(std::string(name));
    if (field == nullptr) {
      const char* const why = absl::StrContains(path, "[") ? ", for it would be in a list" : "";
      return NoSuchPath(message, path, absl::StrCat("no field '", path, "'", why));
    }
    parsed.steps_.push_back(field);
    inside = IsOneMessage(*field) ? field->message_type() : nullptr;
  }
  if (IsNumber(*parsed.steps_.back())) return parsed;
  return NoSuchPath(message, path, absl::StrCat("expected a number, and '", path, "' is none"));
}

std::vector<std::string> FieldPath::AllOf(const Descriptor& message) {
  std::vector<std::string> paths;
  std::vector<const Descriptor*> inside;
  AppendPaths(message, "", inside, paths);
  return paths;
}

bool FieldPath::whole() const {
  return steps_.back()->cpp_type() != FieldDescriptor::CPPTYPE_DOUBLE &&
         steps_.back()->cpp_type() != FieldDescriptor::CPPTYPE_FLOAT;
}

absl::Status FieldPath::Check(double value) const {
  const auto [least, most] = RangeOf(*steps_.back());
  const bool held = std::isfinite(value) && value >= least && value <= most;
  if (held && (!whole() || value == std::floor(value))) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat(whole() ? "expected a whole number that " : "expected a number that ", text_,
                   " can hold, found ", value));
}

void FieldPath::Set(Message& message, double value) const {
  Message* inside = &message;
  for (std::size_t i = 0; i + 1 < steps_.size(); ++i) {
    inside = inside->GetReflection()->MutableMessage(inside, steps_[i]);
  }
  const google::protobuf::Reflection& reflection = *inside->GetReflection();
  const FieldDescriptor* const field = steps_.back();
  ClearOtherForm(*field, *inside);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(inside, field, static_cast<std::int32_t>(value));
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.SetUInt32(inside, field, static_cast<std::uint32_t>(value));
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(inside, field, static_cast<std::int64_t>(value));
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.SetUInt64(inside, field, static_cast<std::uint64_t>(value));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.SetFloat(inside, field, static_cast<float>(value));
    default:
      return reflection.SetDouble(inside, field, value);
  }
}

}  // namespace lawine
