#include "services/coordinator/plan/scenario_merge.h"

#include <vector>

#include "services/common/json/rate_fields.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Empties what merging `change` would leave beside it: lists, to which it would add, and a rate's other form.
void ClearChanged(const Message& change, Message& into) {
  std::vector<const FieldDescriptor*> fields;
  change.GetReflection()->ListFields(change, &fields);
  const google::protobuf::Reflection& reflection = *into.GetReflection();
  for (const FieldDescriptor* field : fields) {
    ClearOtherForm(*field, into);
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
