// What the registry has acknowledged survives lost power, failing writes and full disks.
#include "services/coordinator/registry/registry_store.h"

#include <chrono>
#include <future>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/services/closing_gate.h"
#include "tests/services/faulty_disk.h"
#include "tests/support/temp_directory.h"
#include "tests/support/write_ahead_log.h"

namespace lawine {
namespace {

// A registry on a faulty disk, and what it must hold.
class Registry {
 public:
  explicit Registry(const std::string& path) : path_(path) { Open(); }

  // A random change. What is not acknowledged may have happened or not.
  absl::Status Change(TestRandom& random) {
    const std::string key = absl::StrCat("run/", random.Below(12));
    const std::string value = random.OneIn(4) ? "" : random.Bytes(1 + random.AnySize(12));
    const absl::Status status = value.empty() ? store_->Delete(key) : store_->Put(key, value);
    if (status.ok()) {
      possible_[key] = {value};
    } else {
      possible_[key].insert(value);
      if (possible_[key].size() == 1) possible_[key].insert("");
    }
    return status;
  }
  // What it holds is what was acknowledged last, or something that was not.
  void ExpectWhatWasAcknowledged(const std::string& where) {
    for (auto& [key, values] : possible_) {
      const std::string found = store_->Get(key).value_or("");
      EXPECT_TRUE(values.contains(found)) << where << ": " << key << " holds " << found.size() << " bytes";
      values = {found};
    }
  }
  // It can be read, and is as ExpectWhatWasAcknowledged says.
  void ExpectReadable(const std::string& where) {
    for (const auto& [key, values] : possible_) {
      const absl::Status status = store_->Get(key).status();
      EXPECT_TRUE(status.ok() || absl::IsNotFound(status)) << where << ": " << key << ": " << status;
    }
    ExpectWhatWasAcknowledged(where);
  }
  // Power is lost and comes back.
  void LosePower(TestRandom& random) {
    store_.reset();
    disk_->Forget(random);
    forgotten_ += disk_->forgotten();
    Open();
  }
  FaultyDisk& disk() { return *disk_; }
  ClosingGate& gate() { return *gate_; }
  RegistryStore& store() { return *store_; }
  std::uint64_t forgotten() const { return forgotten_; }

 private:
  void Open() {
    store_.reset();
    env_.reset();
    disk_ = std::make_shared<FaultyDisk>();
    gate_ = std::make_shared<ClosingGate>(disk_);
    env_ = rocksdb::NewCompositeEnv(gate_);
    auto store = RegistryStore::Open(path_, env_.get());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  const std::string path_;
  std::shared_ptr<FaultyDisk> disk_;
  std::shared_ptr<ClosingGate> gate_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<RegistryStore> store_;
  std::map<std::string, std::set<std::string>> possible_;
  std::uint64_t forgotten_ = 0;
};

TEST(RegistryStoreTest, WhatIsAcknowledgedSurvivesLostPower) {
  std::uint64_t forgotten = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    TestRandom random(seed);
    TempDirectory directory;
    Registry registry((directory.path() / "registry").string());
    for (int round = 0; round < 4; ++round) {
      registry.disk().DieAfter(1 + random.Below(60));
      while (registry.Change(random).ok()) continue;
      registry.LosePower(random);
      registry.ExpectWhatWasAcknowledged(absl::StrCat("seed ", seed, ", round ", round));
    }
    forgotten += registry.forgotten();
  }
  EXPECT_GT(forgotten, 30u) << "nothing was ever lost: the test tests nothing";
}

TEST(RegistryStoreTest, AWriteThatFailsIsToldAndHarmsNoOther) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    TestRandom random(seed);
    TempDirectory directory;
    Registry registry((directory.path() / "registry").string());
    registry.disk().FailOnceAfter(1 + random.Below(40));
    int failed = 0;
    for (int i = 0; i < 60; ++i) failed += !registry.Change(random).ok();
    EXPECT_LE(failed, 2) << "seed " << seed << ": it goes on after a failure";
    registry.ExpectWhatWasAcknowledged(absl::StrCat("seed ", seed));
    registry.LosePower(random);
    registry.ExpectWhatWasAcknowledged(absl::StrCat("seed ", seed, ", later"));
  }
}

TEST(RegistryStoreTest, AFullDiskIsToldAndGoesOnWhenThereIsRoom) {
  TestRandom random(1);
  TempDirectory directory;
  Registry registry((directory.path() / "registry").string());
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(registry.Change(random).ok());
  registry.disk().SetFull(true);
  EXPECT_EQ(registry.Change(random).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(registry.Change(random).ok());
  registry.disk().SetFull(false);
  absl::Status last;
  for (int i = 0; i < 20; ++i) last = registry.Change(random);
  EXPECT_TRUE(last.ok()) << last;
  registry.ExpectWhatWasAcknowledged("with room");
  registry.LosePower(random);
  registry.ExpectWhatWasAcknowledged("later");
}

TEST(RegistryStoreTest, AFullDiskCanBeRead) {
  TestRandom random(1);
  TempDirectory directory;
  Registry registry((directory.path() / "registry").string());
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(registry.Change(random).ok());
  registry.disk().SetFull(true);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(registry.Change(random).code(), absl::StatusCode::kResourceExhausted);
    registry.ExpectReadable("full");
  }
  registry.disk().SetFull(false);
  EXPECT_TRUE(registry.Change(random).ok());
  registry.ExpectReadable("with room");
}

// A registry that waits at the end of closing: a write has failed, and will be tried again.
class ClosingTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(store().Put("run/1", "kept").ok());
    registry_.gate().Close();
    registry_.disk().FailOnceAfter(1);
    failed_ = PutLater("run/2");
    ASSERT_TRUE(registry_.gate().AwaitSomebody());
  }
  void TearDown() override { registry_.gate().Open(); }
  RegistryStore& store() { return registry_.store(); }
  std::future<absl::Status> PutLater(const std::string& key) {
    return std::async(std::launch::async, [this, key] { return store().Put(key, "value"); });
  }
  void ExpectHolds(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) EXPECT_TRUE(store().Get(key).ok()) << key;
  }

  TempDirectory directory_;
  Registry registry_{(directory_.path() / "registry").string()};
  std::future<absl::Status> failed_;
};

TEST_F(ClosingTest, OfSeveralWhoWaitOneOpensItAgain) {
  std::vector<std::future<absl::Status>> waiting;
  for (int i = 3; i < 10; ++i) waiting.push_back(PutLater(absl::StrCat("run/", i)));
  EXPECT_EQ(waiting.back().wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
  registry_.gate().Open();
  for (auto& put : waiting) {
    const absl::Status status = put.get();
    EXPECT_TRUE(status.ok()) << status;
  }
  const absl::Status status = failed_.get();
  EXPECT_TRUE(status.ok()) << "it is tried once more: " << status;
  ExpectHolds({"run/1", "run/2", "run/3", "run/9"});
}

TEST_F(ClosingTest, WhoHasWaitedForLongIsToldToTryAgain) {
  const absl::Status status = store().Put("run/3", "value");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_NE(status.message().find("not closed yet"), std::string::npos) << status;
  registry_.gate().Open();
  EXPECT_TRUE(failed_.get().ok());
  EXPECT_TRUE(store().Put("run/3", "value").ok());
  ExpectHolds({"run/1", "run/2", "run/3"});
}

TEST(RegistryStoreTest, IsOpenedAgainWhenItsLastReaderIsDone) {
  TempDirectory directory;
  Registry registry((directory.path() / "registry").string());
  RegistryStore& store = registry.store();
  ASSERT_TRUE(store.Put("run/1", "kept").ok());
  std::promise<void> reads, go_on;
  auto reader = std::async(std::launch::async, [&] {
    return store.Scan("run/", [&](const std::string&, const std::string&) {
      reads.set_value();
      go_on.get_future().wait();
      return absl::OkStatus();
    });
  });
  reads.get_future().wait();
  registry.disk().FailOnceAfter(1);
  auto writer = std::async(std::launch::async, [&store] { return store.Put("run/2", "new"); });
  EXPECT_EQ(writer.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
  go_on.set_value();
  EXPECT_TRUE(reader.get().ok());
  const absl::Status written = writer.get();
  EXPECT_TRUE(written.ok()) << written;
  EXPECT_EQ(store.Get("run/2").value_or(""), "new");
}

// A registry that is closed, whose last records are in its log.
class RegistryLogTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto store = RegistryStore::Open(path_).value();
    for (int i = 1; i <= 9; ++i) {
      ASSERT_TRUE(store->Put(absl::StrCat("run/", i), std::string(100, static_cast<char>('0' + i))).ok());
    }
  }

  const TempDirectory directory_;
  const std::string path_ = (directory_.path() / "registry").string();
};

TEST_F(RegistryLogTest, DamageBeforeWhatWasAcknowledgedIsRefused) {
  const std::filesystem::path log = WriteAheadLog(path_);
  FlipBit(log, BytesOf(log).find("55555"));
  const absl::Status status = RegistryStore::Open(path_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_NE(status.message().find(log.string()), std::string::npos) << status;
}

// As when power is lost while it is written.
TEST_F(RegistryLogTest, ALastRecordThatIsCutIsPassedOver) {
  const std::filesystem::path log = WriteAheadLog(path_);
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 3);
  const auto store = RegistryStore::Open(path_);
  ASSERT_TRUE(store.ok()) << store.status();
  for (int i = 1; i <= 8; ++i) EXPECT_TRUE((*store)->Get(absl::StrCat("run/", i)).ok()) << i;
  EXPECT_TRUE(absl::IsNotFound((*store)->Get("run/9").status()));
}

TEST(RegistryStoreTest, AnotherVersionsRegistryIsRefused) {
  TempDirectory directory;
  const std::string path = (directory.path() / "registry").string();
  ASSERT_TRUE((*RegistryStore::Open(path))->Put("format", "2").ok());
  const absl::Status status = RegistryStore::Open(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("expected a registry of format 1, found format 2"), std::string::npos)
      << status;
}

TEST(RegistryStoreTest, RecordsAreDeletedTogether) {
  const TempDirectory directory;
  const auto store = *RegistryStore::Open((directory.path() / "registry").string());
  ASSERT_TRUE(store->PutAll({{"a", "1"}, {"b", "2"}, {"c", "3"}}).ok());
  ASSERT_TRUE(store->DeleteAll({"a", "c", "not there"}).ok());
  ASSERT_TRUE(store->DeleteAll({}).ok());
  EXPECT_TRUE(absl::IsNotFound(store->Get("a").status()));
  EXPECT_EQ(*store->Get("b"), "2");
  EXPECT_TRUE(absl::IsNotFound(store->Get("c").status()));
}

}  // namespace
}  // namespace lawine
