// Protobuf messages made of a fuzzer's bytes: any field may be set, to values that are likely to matter.
#ifndef LAWINE_TESTS_FUZZ_MESSAGE_INPUT_H_
#define LAWINE_TESTS_FUZZ_MESSAGE_INPUT_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include "tests/fuzz/fuzz_input.h"

namespace lawine {

// Fills fields of one message; an exhausted input sets nothing more.
class MessageInput {
 public:
  explicit MessageInput(FuzzInput& input) : input_(input) {}

  void Fill(google::protobuf::Message& message, int depth = 0) {
    constexpr int kDepthMax = 6;
    const google::protobuf::Descriptor& type = *message.GetDescriptor();
    if (type.field_count() == 0 || depth > kDepthMax) return;
    for (unsigned fields = input_.U8() % 8; fields > 0 && !input_.empty(); --fields) {
      Set(message, *type.field(input_.U8() % type.field_count()), depth);
    }
  }

 private:
  using Field = google::protobuf::FieldDescriptor;

  double Double() {
    constexpr std::array<double, 8> kLikely = {0,
                                               1,
                                               -1,
                                               1e-300,
                                               1e300,
                                               std::numeric_limits<double>::infinity(),
                                               std::numeric_limits<double>::quiet_NaN(),
                                               0.5};
    const std::uint8_t choice = input_.U8();
    if (choice < 128) return choice / 127.0;
    return kLikely[choice % kLikely.size()] * static_cast<double>(input_.Number(2));
  }
  std::uint64_t Integer() { return input_.U8() % 8 == 0 ? ~input_.Number(2) : input_.Number(8); }
  std::string Text() {
    constexpr std::array<const char*, 8> kLikely = {"", "a", "b", "reach", "hyves", "17", "0", "\xff"};
    const std::uint8_t choice = input_.U8();
    return choice < 250 ? kLikely[choice % kLikely.size()] : std::string(input_.Number(2), 'x');
  }

  void Set(google::protobuf::Message& message, const Field& field, int depth) {
    const google::protobuf::Reflection& set = *message.GetReflection();
    const bool many = field.is_repeated();
    const auto put = [&](auto add, auto replace, auto value) {
      many ? (set.*add)(&message, &field, value) : (set.*replace)(&message, &field, value);
    };
    using R = google::protobuf::Reflection;
    switch (field.cpp_type()) {
      case Field::CPPTYPE_UINT32:
        return put(&R::AddUInt32, &R::SetUInt32, static_cast<std::uint32_t>(Integer()));
      case Field::CPPTYPE_UINT64:
        return put(&R::AddUInt64, &R::SetUInt64, Integer());
      case Field::CPPTYPE_INT32:
        return put(&R::AddInt32, &R::SetInt32, static_cast<std::int32_t>(Integer()));
      case Field::CPPTYPE_INT64:
        return put(&R::AddInt64, &R::SetInt64, static_cast<std::int64_t>(Integer()));
      case Field::CPPTYPE_DOUBLE:
        return put(&R::AddDouble, &R::SetDouble, Double());
      case Field::CPPTYPE_FLOAT:
        return put(&R::AddFloat, &R::SetFloat, static_cast<float>(Double()));
      case Field::CPPTYPE_BOOL:
        return put(&R::AddBool, &R::SetBool, (input_.U8() & 1) != 0);
      case Field::CPPTYPE_ENUM:
        return put(&R::AddEnumValue, &R::SetEnumValue, static_cast<int>(input_.U8() % 8) - 1);
      case Field::CPPTYPE_STRING:
        return put(&R::AddString, &R::SetString, Text());
      case Field::CPPTYPE_MESSAGE:
        return Fill(many ? *set.AddMessage(&message, &field) : *set.MutableMessage(&message, &field),
                    depth + 1);
    }
  }

  FuzzInput& input_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_FUZZ_MESSAGE_INPUT_H_
