// Links in any order through a spool with next to no memory are a sorted set; and a run of any bytes whose
// checksums fit is read or refused.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/graph/link_spool.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/damage.h"

namespace lawine {
namespace {

void CheckRun(std::string bytes, LinkColumns columns) {
  SpillFile file({});
  LinkRun run{.frame_offsets = {0}};
  const std::size_t half = bytes.size() / 2;
  for (std::string frame : {bytes.substr(0, half), bytes.substr(half)}) {
    if (frame.size() >= 4) RepairChecksum(frame);
    LAWINE_CHECK(file.Append(frame).ok());
    run.frame_offsets.push_back(file.size());
  }
  LinkRunReader reader(file, run, columns);
  absl::Status status = reader.Take(0);
  while (status.ok() && !reader.left().empty()) status = reader.Take(reader.left().size());
  LAWINE_CHECK(status.ok() || absl::IsDataLoss(status));
}

void CheckSpool(FuzzInput& input, LinkColumns columns) {
  InlineExecutor executor;
  const SpillOptions spill{.directory = std::filesystem::temp_directory_path() / "lawine-fuzz",
                           .memory_bytes = 96u + input.U8()};
  LinkSpool spool(columns, spill, executor);
  std::vector<KeyedLink> links;
  while (!input.empty() && links.size() < 200) {
    KeyedLink link{.from = input.Number(8), .to = input.Number(8)};
    if (columns.kinds) link.kind = input.U8() % 3;
    if (columns.weights) link.weight = input.U8() % 2;  // a third weight of a link is not kept
    LAWINE_CHECK(spool.Add(link).ok());
    links.push_back(link);
  }
  LAWINE_CHECK(spool.Finish().ok());
  const std::size_t added = links.size();
  std::erase_if(links, [](const KeyedLink& link) { return link.from == link.to; });
  std::sort(links.begin(), links.end());
  links.erase(std::unique(links.begin(), links.end()), links.end());
  std::vector<KeyedLink> merged;
  std::uint64_t duplicates = 0;
  const auto collect = [&merged](std::span<const KeyedLink> source) {
    merged.insert(merged.end(), source.begin(), source.end());
    return absl::OkStatus();
  };
  LAWINE_CHECK(spool.Merge(collect, duplicates).ok());
  LAWINE_CHECK(merged == links);
  LAWINE_CHECK(links.size() + duplicates + spool.self_links() == added);
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  FuzzInput input(data, size);
  const std::uint8_t choice = input.U8();
  const LinkColumns columns{.kinds = (choice & 1) != 0, .weights = (choice & 2) != 0};
  CheckRun(std::string(input.Rest()), columns);
  if ((choice & 4) != 0) CheckSpool(input, columns);
  return 0;
}
