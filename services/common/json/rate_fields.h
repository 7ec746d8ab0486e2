// Rates and their counts: a rate `x` of a message may have a field `x_counts` beside it, of type
// lawine.v1.RateCounts. Only one of them says what the rate is.
#ifndef LAWINE_SERVICES_COMMON_JSON_RATE_FIELDS_H_
#define LAWINE_SERVICES_COMMON_JSON_RATE_FIELDS_H_

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace lawine {

// The counts of a rate; null where `field` is no rate that can be counted.
const google::protobuf::FieldDescriptor* CountsOfRate(const google::protobuf::FieldDescriptor& field);
// The rate of counts; null where `field` is none.
const google::protobuf::FieldDescriptor* RateOfCounts(const google::protobuf::FieldDescriptor& field);

// Clears what else would say what a rate is: of `x` the counts, of `x_counts` the number.
void ClearOtherForm(const google::protobuf::FieldDescriptor& field, google::protobuf::Message& message);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_JSON_RATE_FIELDS_H_
