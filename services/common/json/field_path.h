// A numeric field of a message by its path, as JSON files name it: "model.forward.probability".
#ifndef LAWINE_SERVICES_COMMON_JSON_FIELD_PATH_H_
#define LAWINE_SERVICES_COMMON_JSON_FIELD_PATH_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace lawine {

// Immutable.
class FieldPath {
 public:
  // Longer ones lead nowhere.
  static constexpr std::size_t kBytesMax = 256;

  // INVALID_ARGUMENT, with what may have been meant, unless `path` leads through messages to one number.
  // Lists have no paths.
  static absl::StatusOr<FieldPath> Parse(const google::protobuf::Descriptor& message,
                                         const std::string& path);
  // Paths of all numeric fields, in order of declaration; what is inside a message of the type it is part of
  // is left out.
  static std::vector<std::string> AllOf(const google::protobuf::Descriptor& message);

  const std::string& text() const { return text_; }
  // It takes whole numbers only.
  bool whole() const;
  // OUT_OF_RANGE unless the field's type holds the value; whole numbers are not rounded.
  absl::Status Check(double value) const;
  // Sets the field, and the messages that lead to it. Of alternatives, and of a rate and its counts, it
  // becomes the one. REQUIRES: Check(value).
  void Set(google::protobuf::Message& message, double value) const;

 private:
  std::string text_;
  std::vector<const google::protobuf::FieldDescriptor*> steps_;  // the last one is the number
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_JSON_FIELD_PATH_H_
