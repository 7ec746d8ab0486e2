// What RocksDB reports, in our codes and with what to do about it.
#ifndef LAWINE_ENGINE_STORE_ROCKS_STATUS_H_
#define LAWINE_ENGINE_STORE_ROCKS_STATUS_H_

#include <rocksdb/options.h>
#include <rocksdb/status.h>

#include <string>

#include "absl/status/status.h"

namespace lawine {

// The words for a kind of database.
struct RocksContent {
  const char* name;    // "shard"
  const char* repair;  // what to do when it is damaged
};

// Starts with `path`. A full disk is RESOURCE_EXHAUSTED, damage and missing files DATA_LOSS, a database that
// another process has open or that is of another make FAILED_PRECONDITION, everything else UNAVAILABLE.
// Callers for whom a missing key is no failure ask IsNotFound first.
absl::Status FromRocks(const rocksdb::Status& status, const std::string& path, const RocksContent& content);

// What all our databases have in common. Of its write-ahead log a last record that is cut is passed over, as
// one that was being written when power was lost; any other damage to it is refused: what came after it may
// have been acknowledged. RocksDB's diary goes nowhere: what matters comes back as a status. Its own writes a
// file that, once the disk is full, ends the process where the library is packaged with assertions.
rocksdb::Options CommonOptions();

// FromRocks of what opening with `options` came to, and of which log is damaged: RocksDB tells its diary
// only. REQUIRES: they began as CommonOptions().
absl::Status FromOpening(const rocksdb::Status& status, const rocksdb::Options& options,
                         const std::string& path, const RocksContent& content);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_ROCKS_STATUS_H_
