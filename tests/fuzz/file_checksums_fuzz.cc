// Any text, checksum repaired, is a list of files of one directory that survives being written again, or is
// refused.
#include <cstdint>
#include <string>

#include "absl/strings/match.h"
#include "engine/base/check.h"
#include "engine/store/file_checksums.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/sealed_text.h"

namespace lawine {
namespace {

void CheckText(std::string_view text) {
  const auto files = DecodeChecksums(text);
  if (!files.ok()) {
    LAWINE_CHECK(absl::IsDataLoss(files.status()) || absl::IsFailedPrecondition(files.status()));
    return;
  }
  for (const FileChecksum& file : *files)
    LAWINE_CHECK(!file.name.empty() && !absl::StrContains(file.name, '/'));
  const auto again = DecodeChecksums(EncodeChecksums(*files));
  LAWINE_CHECK(again.ok() && EncodeChecksums(*again) == EncodeChecksums(*files));
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  FuzzInput input(data, size);
  CheckText(input.Rest());
  CheckText(Sealed("lawine-files 1\n" + std::string(input.Rest())));
  std::string text = EncodeChecksums({{.name = "000012.sst", .size = 4'711, .whole = 0xABCD, .end = 7},
                                      {.name = "000013.sst", .size = 1ull << 40, .whole = 0, .end = ~0u}});
  for (int changes = 1 + input.U8() % 6; changes > 0; --changes) Damage(input, text);
  CheckText(text);
  CheckText(Sealed(text));
  return 0;
}
