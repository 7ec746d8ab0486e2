// Lists of a shard's files on the wire.
#ifndef LAWINE_SERVICES_COMMON_SHARD_FILES_H_
#define LAWINE_SERVICES_COMMON_SHARD_FILES_H_

#include <vector>

#include "engine/store/shard_copies.h"
#include "lawine/internal/v1/placement.pb.h"

namespace lawine::wire {

inline internal::v1::ShardFiles ToProto(const std::vector<ShardFile>& files) {
  internal::v1::ShardFiles proto;
  for (const ShardFile& file : files) {
    internal::v1::ShardFile& entry = *proto.add_files();
    entry.set_name(file.name);
    entry.set_size(file.size);
    entry.set_crc32c(file.crc32c);
  }
  return proto;
}

// Not checked: see CheckShardFiles.
inline std::vector<ShardFile> FromProto(const internal::v1::ShardFiles& proto) {
  std::vector<ShardFile> files;
  for (const internal::v1::ShardFile& entry : proto.files()) {
    files.push_back({.name = entry.name(), .size = entry.size(), .crc32c = entry.crc32c()});
  }
  return files;
}

}  // namespace lawine::wire

#endif  // LAWINE_SERVICES_COMMON_SHARD_FILES_H_
