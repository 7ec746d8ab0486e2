// The database of a shard that is closed, behind the store's back.
#ifndef LAWINE_TESTS_SUPPORT_SHARD_DATABASE_H_
#define LAWINE_TESTS_SUPPORT_SHARD_DATABASE_H_

#include <rocksdb/db.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "engine/store/rocks_database.h"
#include "gtest/gtest.h"

namespace lawine {

// Calls change(database, family).
inline void WithDatabase(const std::filesystem::path& directory, Family family,
                         const std::function<void(rocksdb::DB&, rocksdb::ColumnFamilyHandle&)>& change) {
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const char* const name : kFamilyNames) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(rocksdb::DBOptions(), directory.string(), families, &handles, &db).ok());
  const std::unique_ptr<rocksdb::DB> owner(db);
  change(*db, *handles[family]);
  for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
}

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_SHARD_DATABASE_H_
