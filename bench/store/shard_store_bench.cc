// Storing and reading shards of a generated network of 50,000 members and 100 links each: building into
// memory and RocksDB, scanning blocks, bringing a shard into memory, and finding one source's followers in
// an image; walking lists that are in memory and lists that are not. One thread. Items are links, of
// FindFollowers lists; the label gives the graph's digest and the bytes a link.
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"
#include "engine/base/executor.h"
#include "engine/graph/generator.h"
#include "engine/store/list_walk.h"
#include "engine/store/memory_store.h"
#include "engine/store/rocks_store.h"
#include "engine/store/shard_builder.h"
#include "engine/store/shard_image.h"

namespace lawine {
namespace {

constexpr std::uint32_t kMembers = 50'000;
constexpr std::uint32_t kShards = 4;

const LinkSource& Source() {
  static const std::shared_ptr<const LinkSource> source = [] {
    GeneratorSpec spec;
    spec.members = kMembers;
    spec.links_per_member_milli = 100'000;
    InlineExecutor executor;
    auto made = MakeGenerator(spec, executor);
    LAWINE_CHECK(made.ok());
    return *made;
  }();
  return *source;
}

// A root directory for as long as the program runs.
const std::string& Root() {
  struct Directory {
    std::string path = std::filesystem::temp_directory_path() / "lawine-bench-XXXXXX";
    Directory() { LAWINE_CHECK(mkdtemp(path.data()) != nullptr); }
    ~Directory() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  };
  static const Directory directory;
  return directory.path;
}

std::unique_ptr<ShardStorage> NewStorage(bool on_disk) {
  if (!on_disk) return std::make_unique<MemoryShardStorage>();
  auto storage = OpenRocksStorage(Root(), {});
  LAWINE_CHECK(storage.ok());
  return *std::move(storage);
}

GraphInfo Build(ShardStorage& storage) {
  GraphInfo info;
  info.name = "bench";
  info.partition =
      PartitionMap::Balanced(kMembers, kShards, [](MemberId member) { return Source().InLinksOf(member); });
  InlineExecutor executor;
  BuildProgress progress;
  const auto built = BuildGraph(Source(), info, storage, executor, progress);
  LAWINE_CHECK(built.ok());
  return *built;
}

void DeleteAll(ShardStorage& storage) {
  for (std::uint32_t s = 0; s < kShards; ++s) LAWINE_CHECK(storage.Delete({"bench", ShardIndex(s)}).ok());
}

// An open shard of a storage of its own, deleted afterwards.
struct OpenShard {
  explicit OpenShard(bool on_disk) : storage(NewStorage(on_disk)), info(Build(*storage)) {
    auto opened = storage->Open({"bench", ShardIndex(1)});
    LAWINE_CHECK(opened.ok());
    reader = *std::move(opened);
  }
  ~OpenShard() {
    reader.reset();
    DeleteAll(*storage);
  }
  std::uint64_t links() const { return reader->manifest().links; }

  std::unique_ptr<ShardStorage> storage;
  GraphInfo info;
  std::shared_ptr<const ShardReader> reader;
};

void Report(benchmark::State& state, const Digest& digest, std::uint64_t links, std::uint64_t bytes) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(links));
  state.SetLabel(absl::StrFormat("digest %s, %.2f bytes a link", digest.ToHex(),
                                 static_cast<double>(bytes) / static_cast<double>(links)));
}

void BuildShards(benchmark::State& state, bool on_disk) {
  const auto storage = NewStorage(on_disk);
  Source();
  GraphInfo info;
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    info = Build(*storage);
    state.PauseTiming();
    bytes = 0;
    for (std::uint32_t s = 0; s < kShards; ++s)
      bytes += (*storage->Open({"bench", ShardIndex(s)}))->disk_bytes();
    DeleteAll(*storage);
    state.ResumeTiming();
  }
  Report(state, info.digest, info.links, bytes);
}

void ScanBlocks(benchmark::State& state, bool on_disk) {
  const OpenShard shard(on_disk);
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    bytes = 0;
    const auto visit = [&bytes](std::uint32_t, std::string_view block) {
      bytes += block.size();
      return absl::OkStatus();
    };
    LAWINE_CHECK(shard.reader->ScanFollowers(0, 0xFFFFFFFF, visit).ok());
  }
  Report(state, shard.reader->manifest().digest, shard.links(), bytes);
}

void Hydrate(benchmark::State& state, bool on_disk) {
  const OpenShard shard(on_disk);
  InlineExecutor executor;
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    const auto image = ShardImage::Hydrate(*shard.reader, executor);
    LAWINE_CHECK(image.ok());
    bytes = (*image)->resident_bytes();
  }
  Report(state, shard.reader->manifest().digest, shard.links(), bytes);
}

// A stride of sources that visits all, far from each other: each is a miss of the caches, as in a step.
void FindFollowers(benchmark::State& state) {
  const OpenShard shard(false);
  InlineExecutor executor;
  const auto image = *ShardImage::Hydrate(*shard.reader, executor);
  std::uint32_t source = 0;
  std::uint64_t links = 0;
  for (auto _ : state) {
    source = (source + 30'011) % kMembers;
    links += image->LinksOf(MemberId(source));
    benchmark::DoNotOptimize(links);
  }
  state.SetItemsProcessed(state.iterations());
}

// The followers of some members, spread evenly: from an image that has all lists, or from the store alone.
// The more members, the more of them share a block, and the fewer places are gone to.
void WalkLists(benchmark::State& state, bool on_disk, bool stored) {
  const OpenShard shard(on_disk);
  InlineExecutor executor;
  const auto members = *ShardMembers::Read(*shard.reader);
  const std::uint64_t links_bytes_max = stored ? 0 : ~std::uint64_t{0};
  const auto image = *ShardImage::Hydrate(shard.reader, members, links_bytes_max, executor);
  std::vector<MemberId> sources;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    sources.push_back(MemberId(static_cast<std::uint32_t>(kMembers * i / state.range(0))));
  }
  std::uint64_t links = 0, entries = 0;
  for (auto _ : state) {
    const auto walked = ForEachList(*image, sources, [&](std::size_t, Gaps gaps) { entries += gaps.size(); });
    LAWINE_CHECK(walked.ok());
    links += *walked;
    benchmark::DoNotOptimize(entries);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(links));
  state.SetLabel(absl::StrFormat("%d links", links / static_cast<std::uint64_t>(state.iterations())));
}

BENCHMARK_CAPTURE(BuildShards, memory, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BuildShards, rocksdb, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ScanBlocks, memory, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ScanBlocks, rocksdb, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Hydrate, memory, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Hydrate, rocksdb, true)->Unit(benchmark::kMillisecond);
BENCHMARK(FindFollowers);
BENCHMARK_CAPTURE(WalkLists, image, false, false)->Arg(20)->Arg(100)->Arg(1'000)->Arg(20'000);
BENCHMARK_CAPTURE(WalkLists, stored_in_memory, false, true)->Arg(20)->Arg(100)->Arg(1'000)->Arg(20'000);
BENCHMARK_CAPTURE(WalkLists, stored_in_rocksdb, true, true)->Arg(20)->Arg(100)->Arg(1'000)->Arg(20'000);

}  // namespace
}  // namespace lawine
