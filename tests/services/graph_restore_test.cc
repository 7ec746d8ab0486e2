// Restores that end otherwise than they began.
#include "services/coordinator/graphs/graph_restore.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/coordinator/graphs/graph_backups.h"
#include "tests/services/one_worker.h"
#include "tests/support/temp_directory.h"

namespace lawine {
namespace {

class GraphRestoreTest : public testing::Test {
 protected:
  // Graph "g", of two shards.
  GraphRestoreTest() {
    EXPECT_TRUE(one_.Make(OneWorker::Wanted("g")).ok());
    info_ = one_.graphs.Find("g")->info();
  }

  std::string Backup() {
    const auto record = one_.graphs.Find("g").value();
    Placement placement = one_.graphs.Place(record).value();
    auto places = one_.graphs.placements().open_shards().Take({{placement.workers[0].node_id, 2}},
                                                              [] { return false; });
    std::string file;
    const auto take = [&file](std::string_view bytes, std::uint64_t) {
      file += bytes;
      return true;
    };
    const absl::Status made = BackUpGraph(record, GraphUse::Of(one_.graphs, "g").value(),
                                          std::move(placement), *std::move(places), take, cancellation_);
    EXPECT_TRUE(made.ok()) << made;
    return file;
  }
  void SetOwner(const std::string& node_id) {
    ASSERT_TRUE(one_.graphs.placements().SetOwners(info_, {{0, node_id}, {1, node_id}}).ok());
  }

  OneWorker one_;
  internal::v1::GraphInfo info_;
  Cancellation cancellation_;
};

TEST_F(GraphRestoreTest, WhatWasAdoptedInVainIsGoneWhenTheNameIsFree) {
  const std::string file = Backup();
  one_.registry.before_write = [](const std::string& key) {
    return key == GraphKey("copy") ? absl::UnavailableError("the disk is away") : absl::OkStatus();
  };
  v1::RestoreOptions options;
  options.set_name("copy");
  auto restore = std::make_unique<GraphRestore>(one_.graphs, one_.workers, options, cancellation_);
  ASSERT_TRUE(restore->Append(file).ok());
  const absl::Status failed = restore->Finish().status();
  EXPECT_TRUE(absl::IsUnavailable(failed)) << failed;
  EXPECT_FALSE(one_.workers.HoldersOf("copy").empty());
  restore = nullptr;
  EXPECT_TRUE(one_.workers.HoldersOf("copy").empty()) << "what was said before could bring it back";
  EXPECT_TRUE(one_.graphs.TakeName({.name = "copy"}).ok());
}

// Its shards are those of a worker that is away when the restore begins, and are sent to another one.
TEST_F(GraphRestoreTest, ShardsThatAreHeldAgainMeanwhileStayWhereTheyAre) {
  const std::string file = Backup();
  const std::string holder = one_.workers.HoldersOf("g")[0].node_id;
  const TempDirectory directory;
  WorkerOptions other;
  other.data_dir = directory.path().string();
  other.coordinator = one_.address();
  const auto worker = WorkerServer::Start(other);
  ASSERT_TRUE(worker.ok()) << worker.status();
  ASSERT_TRUE(one_.workers.WaitForWorkers(2, absl::Seconds(60)));
  SetOwner("w-away");
  v1::RestoreOptions options;
  options.set_missing(true);
  {
    GraphRestore restore(one_.graphs, one_.workers, options, cancellation_);
    const absl::Status sent = restore.Append(file);
    ASSERT_TRUE(sent.ok()) << sent;
    SetOwner(holder);
    const auto restored = restore.Finish();
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_EQ(restored->shards_size(), 0);
    EXPECT_EQ(restored->graph().missing_shards_size(), 0);
  }
  EXPECT_EQ(one_.graphs.placements().OwnersOf(info_), std::vector<std::string>(2, holder));
  EXPECT_EQ(one_.workers.HoldersOf("g").size(), 1u);
  (*worker)->Shutdown();
}

}  // namespace
}  // namespace lawine
