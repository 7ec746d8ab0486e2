// Records as the registry keeps them: all are written by RecordOf and read by ParseRecord.
#ifndef LAWINE_SERVICES_COORDINATOR_REGISTRY_RECORD_H_
#define LAWINE_SERVICES_COORDINATOR_REGISTRY_RECORD_H_

#include <google/protobuf/message_lite.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace lawine {

// INVALID_ARGUMENT when it is larger than messages may be: that must not pass for an empty one.
inline absl::StatusOr<std::string> RecordOf(const google::protobuf::MessageLite& message) {
  std::string record;
  if (message.SerializeToString(&record)) return record;
  return absl::InvalidArgumentError(
      absl::StrCat("expected a record of less than 2 GiB, found ", message.ByteSizeLong(), " bytes"));
}

// DATA_LOSS, with the key, where `value` is none.
template <class Message>
absl::StatusOr<Message> ParseRecord(const std::string& key, const std::string& value) {
  Message message;
  if (message.ParseFromString(value)) return message;
  return absl::DataLossError(absl::StrCat("registry record ", key, " is damaged"));
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_REGISTRY_RECORD_H_
