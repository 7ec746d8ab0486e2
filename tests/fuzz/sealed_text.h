// Texts that end with a line of their own checksum, as manifests and lists of files do.
#ifndef LAWINE_TESTS_FUZZ_SEALED_TEXT_H_
#define LAWINE_TESTS_FUZZ_SEALED_TEXT_H_

#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"
#include "engine/base/crc32c.h"

namespace lawine {

// With that line repaired, so that what is above it is read.
inline std::string Sealed(std::string text) {
  text.resize(std::min(text.size(), text.rfind("crc32c ")));
  return text + absl::StrFormat("crc32c %08x\n", Crc32c(text));
}

}  // namespace lawine

#endif  // LAWINE_TESTS_FUZZ_SEALED_TEXT_H_
