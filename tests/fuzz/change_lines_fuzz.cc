// Any text is a list of changes that say what they are about, or is refused by its first line that is none.
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "engine/base/check.h"
#include "services/cli/files/change_lines.h"
#include "tests/fuzz/fuzz_input.h"

namespace lawine::cli {
namespace {

void CheckText(std::string_view text) {
  const auto changes = ParseChanges(text);
  if (!changes.ok()) {
    LAWINE_CHECK(absl::IsInvalidArgument(changes.status()));
    LAWINE_CHECK(absl::StrContains(changes.status().message(), "line "));
    return;
  }
  for (const v1::Change& change : *changes) {
    switch (change.change_case()) {
      case v1::Change::kFollow:
        LAWINE_CHECK(!change.follow().follower().empty() && !change.follow().followee().empty());
        break;
      case v1::Change::kUnfollow:
        LAWINE_CHECK(!change.unfollow().follower().empty() && !change.unfollow().followee().empty());
        break;
      case v1::Change::kAddMember:
        LAWINE_CHECK(!change.add_member().id().empty());
        break;
      case v1::Change::CHANGE_NOT_SET:
        LAWINE_CHECK(false);
    }
  }
}

}  // namespace
}  // namespace lawine::cli

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  FuzzInput input(data, size);
  cli::CheckText(input.Rest());
  std::string text =
      "# today\nfollow 1 2 mutual probability=0.25\nfollow 3 4 kind=friend\n"
      "unfollow 2 1 kind=follow\nadd 17 network=hyves account_kind=organisation community=3\n";
  for (int changes = 1 + input.U8() % 6; changes > 0; --changes) Damage(input, text);
  cli::CheckText(text);
  return 0;
}
