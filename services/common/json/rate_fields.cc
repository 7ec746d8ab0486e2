#include "services/common/json/rate_fields.h"

#include <string>
#include <string_view>

#include "lawine/v1/model.pb.h"

namespace lawine {
namespace {

using google::protobuf::FieldDescriptor;

constexpr std::string_view kSuffix = "_counts";

bool IsCounts(const FieldDescriptor* field) {
  return field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated() &&
         field->message_type() == v1::RateCounts::descriptor();
}

}  // namespace

const FieldDescriptor* CountsOfRate(const FieldDescriptor& field) {
  const FieldDescriptor* counts =
      field.containing_type()->FindFieldByName(field.name() + std::string(kSuffix));
  return IsCounts(counts) ? counts : nullptr;
}

const FieldDescriptor* RateOfCounts(const FieldDescriptor& field) {
  if (!IsCounts(&field)) return nullptr;
  return field.containing_type()->FindFieldByName(
      field.name().substr(0, field.name().size() - kSuffix.size()));
}

void ClearOtherForm(const FieldDescriptor& field, google::protobuf::Message& message) {
  for (const FieldDescriptor* other : {CountsOfRate(field), RateOfCounts(field)}) {
    if (other != nullptr) message.GetReflection()->ClearField(&message, other);
  }
}

}  // namespace lawine
