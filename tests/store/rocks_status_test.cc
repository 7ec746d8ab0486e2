#include "engine/store/rocks_status.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

constexpr RocksContent kContent{.name = "shard", .repair = "restore it"};

absl::Status Told(const rocksdb::Status& status) { return FromRocks(status, "/block-storage/g", kContent); }

TEST(RocksStatusTest, AFullDiskIsToldAsOne) {
  const absl::Status told =
      Told(rocksdb::Status::NoSpace("While appending to file: /block-storage/g/000004.log"));
  EXPECT_EQ(told.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(told.message()), HasSubstr("the disk is full"));
}

TEST(RocksStatusTest, OnlyALockIsAnotherProcess) {
  for (const char* words : {"While lock file: /block-storage/g/LOCK: Resource temporarily unavailable",
                            "lock hold by current process, acquire time 1 acquiring thread 2"}) {
    const absl::Status told = Told(rocksdb::Status::IOError(words));
    EXPECT_EQ(told.code(), StatusCode::kFailedPrecondition) << words;
    EXPECT_THAT(std::string(told.message()), HasSubstr("another process has this shard open"));
  }
  for (const char* words : {"While pread offset 0 len 8: /block-storage/g/000004.sst: Input/output error",
                            "while open a file for lock: /block-storage/g/LOCK: Permission denied"}) {
    const absl::Status told = Told(rocksdb::Status::IOError(words));
    EXPECT_EQ(told.code(), StatusCode::kUnavailable) << words;
    EXPECT_THAT(std::string(told.message()), HasSubstr(words));
  }
}

TEST(RocksStatusTest, DamageTellsWhatToDo) {
  for (const auto& status : {rocksdb::Status::Corruption("block checksum mismatch"),
                             rocksdb::Status::PathNotFound("/block-storage/g/000004.sst")}) {
    EXPECT_EQ(Told(status).code(), StatusCode::kDataLoss) << status.ToString();
    EXPECT_THAT(std::string(Told(status).message()), HasSubstr("restore it"));
  }
}

}  // namespace
}  // namespace lawine
