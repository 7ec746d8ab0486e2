#include "services/coordinator/plan/scenario_merge.h"

#include <algorithm>
#include <string>
#include <vector>

#include "services/common/json/rate_fields.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Fields of which a message has exactly one, though they are no oneof.
const std::vector<std::string>& AlternativesOf(const google::protobuf::Descriptor& message) {
  static const auto* const delays =
      new std::vector<std::string>{"fixed", "exponential", "log_normal", "gamma"};
  static const auto* const thresholds = new std::vector<std::string>{"fraction", "count"};
  static const auto* const none = new std::vector<std::string>;
  if (&message == pb::Delay::descriptor()) return *delays;
  return &message == pb::ThresholdModel::descriptor() ? *thresholds : *none;
}

void ClearAlternatives(const FieldDescriptor& field, Message& message) {
  const std::vector<std::string>& names = AlternativesOf(*message.GetDescriptor());
  if (std::find(names.begin(), names.end(), field.name()) == names.end()) return;
  for (const std::string& name : names) {
    if (name == field.name()) continue;
    message.GetReflection()->ClearField(&message, message.GetDescriptor()->FindFieldByName(name));
  }
}

// Empties what merging `change` would leave beside it: lists, to which it would add, a rate's other form, and
// other alternatives.
void ClearChanged(const Message& change, Message& into) {
  std::vector<const FieldDescriptor*> fields;
  change.GetReflection()->ListFields(change, &fields);
  const google::protobuf::Reflection& reflection = *into.GetReflection();
  for (const FieldDescriptor* field : fields) {
    ClearOtherForm(*field, into);
    ClearAlternatives(*field, into);
    if (field->is_repeated()) {
      reflection.ClearField(&into, field);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && reflection.HasField(into, field)) {
      ClearChanged(change.GetReflection()->GetMessage(change, field),
                   *reflection.MutableMessage(&into, field));
    }
  }
}

// Says more of the seed members than how many.
bool ChangesSeedRule(const pb::SeedMembers& change) {
  pb::SeedMembers rule = change;
  rule.clear_count();
  return rule.ByteSizeLong() > 0;
}

}  // namespace

pb::Scenario MergeScenario(const pb::Scenario& base, const pb::Scenario& change) {
  pb::Scenario merged = base;
  if (ChangesSeedRule(change.seed_members())) merged.clear_seed_members();
  ClearChanged(change, merged);
  merged.MergeFrom(change);
  return merged;
}

}  // namespace lawine
