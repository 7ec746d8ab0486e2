// Any text, checksum repaired, decodes to a consistent manifest that survives another round, or is refused.
#include <cstdint>
#include <string>

#include "engine/base/check.h"
#include "engine/store/shard_manifest.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/sealed_text.h"

namespace lawine {
namespace {

void CheckText(std::string_view text) {
  const auto manifest = DecodeManifest(text);
  if (!manifest.ok()) return;
  LAWINE_CHECK(manifest->range().end() <= manifest->graph.members());
  LAWINE_CHECK(manifest->without_followees <= manifest->range().count);
  LAWINE_CHECK(manifest->links_before.front() == 0 && manifest->links_before.back() == manifest->links);
  const auto again = DecodeManifest(EncodeManifest(*manifest));
  LAWINE_CHECK(again.ok() && EncodeManifest(*again) == EncodeManifest(*manifest));
}

ShardManifest Example() {
  ShardManifest manifest;
  manifest.graph.name = "hyves";
  manifest.graph.links = 600;
  manifest.graph.origin = "preset hyves";
  manifest.graph.partition = PartitionMap::Even(40'000, 2);
  manifest.shard = ShardIndex(1);
  manifest.links = 500;
  manifest.links_before = {0, 200, 200, 500};
  return manifest;
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  FuzzInput input(data, size);
  CheckText(input.Rest());
  CheckText(Sealed("lawine-shard 1\n" + std::string(input.Rest())));
  std::string text = EncodeManifest(Example());
  for (int changes = 1 + input.U8() % 6; changes > 0; --changes) Damage(input, text);
  CheckText(text);
  CheckText(Sealed(text));
  return 0;
}
