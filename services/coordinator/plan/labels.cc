#include "services/coordinator/plan/labels.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

constexpr std::size_t kLabelBytesMax = 64;

// In UTF-8: U+0000 to U+001F, and U+007F to U+009F.
bool HasControl(const std::string& label) {
  for (std::size_t i = 0; i < label.size(); ++i) {
    const auto byte = static_cast<unsigned char>(label[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && i + 1 < label.size() && static_cast<unsigned char>(label[i + 1]) < 0xA0) return true;
  }
  return false;
}

}  // namespace

absl::Status CheckLabel(const std::string& path, const std::string& label) {
  if (label.size() > kLabelBytesMax) {
    return FieldError(path,
                      absl::StrCat("expected at most ", kLabelBytesMax, " bytes, found ", label.size()));
  }
  if (!HasControl(label)) return absl::OkStatus();
  return FieldError(path, "expected no control characters, such as the end of a line");
}

absl::Status CheckMessage(const std::string& path, const lawine::v1::Message& message) {
  LAWINE_RETURN_IF_ERROR(CheckLabel(path + ".kind", message.kind()));
  if (lawine::v1::Sentiment_IsValid(message.sentiment())) return absl::OkStatus();
  return FieldError(path + ".sentiment",
                    UnknownValue(*lawine::v1::Sentiment_descriptor(), message.sentiment()));
}

// The first is there for messages that do not say.
std::string UnknownValue(const google::protobuf::EnumDescriptor& type, int value) {
  std::string names;
  for (int i = 1; i < type.value_count(); ++i) {
    absl::StrAppend(&names, i > 1 ? ", " : "", type.value(i)->name());
  }
  return absl::StrCat("unknown value ", value, ": expected one of ", names);
}

}  // namespace lawine
