// Member attributes from hostile files. The first byte chooses integer or string ids and the size of pieces;
// the rest is the file. Whatever the bytes, pieces change nothing (but for how far damaged compressed files
// are read), every member comes once, and its labels are some that exist.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/graph/member_reader.h"

namespace lawine {
namespace {

struct Outcome {
  absl::Status status;
  std::vector<KeyedProfile> profiles;
  std::vector<std::pair<MemberKey, std::string>> names;
};

Outcome Read(bool string_ids, std::string_view file, std::size_t piece_bytes) {
  IdTable ids(string_ids);
  MemberReader reader(ids);
  reader.BeginFile("fuzz");
  for (; !file.empty(); file.remove_prefix(std::min(file.size(), piece_bytes))) {
    if (!reader.Append(file.substr(0, piece_bytes)).ok()) break;
  }
  const absl::Status status = reader.EndFile();
  return {status, reader.TakeProfiles(), ids.TakeNames()};
}

void CheckProfiles(Outcome outcome, bool string_ids) {
  std::vector<MemberKey> keys;
  for (const KeyedProfile& profile : outcome.profiles) {
    LAWINE_CHECK(profile.account_kind >= kAccountPersonal);
    keys.push_back(profile.key);
  }
  std::sort(keys.begin(), keys.end());
  LAWINE_CHECK(std::adjacent_find(keys.begin(), keys.end()) == keys.end());
  LAWINE_CHECK(outcome.names.size() == (string_ids ? keys.size() : 0));
  for (std::size_t i = 0; i < outcome.names.size(); ++i) LAWINE_CHECK(outcome.names[i].first == keys[i]);
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool string_ids = (data[0] & 1) != 0;
  lawine::Outcome whole = lawine::Read(string_ids, file, file.size());
  const lawine::Outcome pieces = lawine::Read(string_ids, file, 1u + (data[0] >> 4));
  LAWINE_CHECK(whole.status.ok() == pieces.status.ok());
  if (absl::IsDataLoss(whole.status) || absl::IsDataLoss(pieces.status)) return 0;
  LAWINE_CHECK(whole.status == pieces.status);
  LAWINE_CHECK(whole.profiles == pieces.profiles);
  if (whole.status.ok()) lawine::CheckProfiles(std::move(whole), string_ids);
  return 0;
}
