// Any text is a list of tokens that survives being written down again, or is refused without repeating it.
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "services/coordinator/access/token_file.h"
#include "tests/fuzz/fuzz_input.h"

namespace lawine {
namespace {

std::string Written(const std::vector<Token>& tokens) {
  std::string text;
  for (const Token& token : tokens) {
    absl::StrAppend(&text, token.name, " ", std::string(RoleWord(token.role)), " ", token.sha256);
    if (token.runs_at_once > 0) absl::StrAppend(&text, " runs_at_once=", token.runs_at_once);
    if (token.runs_queued > 0) absl::StrAppend(&text, " runs_queued=", token.runs_queued);
    if (token.run_seconds > 0) absl::StrAppend(&text, " run_seconds=", token.run_seconds);
    if (token.run_memory_mib > 0) absl::StrAppend(&text, " run_memory_mib=", token.run_memory_mib);
    absl::StrAppend(&text, "\n");
  }
  return text;
}

void CheckText(std::string_view text) {
  auto tokens = ParseTokens(text);
  if (!tokens.ok()) {
    LAWINE_CHECK(tokens.status().message().size() < 200);
    return;
  }
  LAWINE_CHECK(!tokens->empty());
  for (Token& token : *tokens) {
    LAWINE_CHECK(!token.name.empty() && token.name.size() <= kTokenNameBytesMax && token.sha256.size() == 64);
    LAWINE_CHECK(token.requests_per_second >= 0 && token.requests_per_second <= 1e6);
    token.requests_per_second = 0;  // rounded when written
  }
  const auto again = ParseTokens(Written(*tokens));
  LAWINE_CHECK(again.ok() && *again == *tokens);
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  FuzzInput input(data, size);
  CheckText(input.Rest());
  std::string text =
      absl::StrCat("# who\nalice run ", Sha256Hex("a"), " runs_at_once=2 requests_per_second=0.5\n",
                   "bob admin ", Sha256Hex("b"), " runs_queued=7\ncarol read ", Sha256Hex("c"), "\n");
  for (int changes = 1 + input.U8() % 6; changes > 0; --changes) Damage(input, text);
  CheckText(text);
  return 0;
}
