// Checkpoints of runs in a shard's database. Key: run, step, part (big-endian, 64, 32 and 32 bits); the first
// part begins with the bytes of all parts together (u64).
//
// Each is a table file of its own, written once, synced and ingested: nothing goes through the write-ahead
// log, whose size would follow that of checkpoints, and dropping one deletes its file. Keys of different
// checkpoints do not overlap, so files need no compaction.
#include <rocksdb/convenience.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/write_batch.h>

#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/failpoint.h"
#include "engine/base/status_macros.h"
#include "engine/store/rocks_shard.h"

namespace lawine {
namespace {

constexpr std::size_t kPartBytesMax = 4u << 20;
constexpr std::size_t kKeyBytes = 16;

std::string KeyOf(const RunStep& of, std::uint32_t part) {
  return VersionKey(of.run_id) + BigEndianKey(of.step) + BigEndianKey(part);
}

// REQUIRES: key.size() == kKeyBytes.
RunStep OfKey(const rocksdb::Slice& key) {
  return {.run_id = FromVersionKey(key), .step = FromBigEndianKey({key.data() + 8, 4})};
}

// The first key after all parts of the step's checkpoint, the last number a part may have among them.
std::string EndKeyOf(const RunStep& of) { return KeyOf(of, 0xFFFFFFFF) + '\0'; }

rocksdb::ReadOptions Checked() {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = false;
  return options;
}

}  // namespace

absl::Status RocksShard::WriteRunState(const RunStep& of, std::string_view bytes) {
  LAWINE_RETURN_IF_ERROR(DropRunState(of));
  LAWINE_ASSIGN_OR_RETURN(const ShardDatabase::Use use, database_->ToWrite(this));
  const std::string file = absl::StrCat(path_, "/", kRunStateFile, of.run_id, "-", of.step, ".sst");
  const rocksdb::Options options = shared_.DatabaseOptions();
  // What a crash left may be a second name of a file that was ingested: it must not be written to.
  const auto remove = [&] { return options.env->DeleteFile(file); };
  const rocksdb::Status removed = remove();
  if (!removed.IsNotFound() && !removed.IsPathNotFound()) {
    LAWINE_RETURN_IF_ERROR(FromRocks(removed, file, kShard));
  }
  const absl::Cleanup clean_up = [&] { remove().PermitUncheckedError(); };
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), options);
  LAWINE_RETURN_IF_ERROR(FromRocks(writer.Open(file), file, kShard));
  std::string value;
  ByteWriter(value).U64(bytes.size());
  for (std::uint32_t part = 0; part == 0 || !bytes.empty(); ++part) {
    const std::size_t count = std::min(bytes.size(), kPartBytesMax - value.size());
    value.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    LAWINE_RETURN_IF_ERROR(FromRocks(writer.Put(KeyOf(of, part), value), file, kShard));
    value.clear();
  }
  LAWINE_RETURN_IF_ERROR(FromRocks(writer.Finish(), file, kShard));
  Failpoint("store.run_state_written");
  rocksdb::IngestExternalFileOptions ingest;
  ingest.move_files = true;
  return Written(use.database->db().IngestExternalFile(use.database->family(kCheckpoints), {file}, ingest),
                 use);
}

absl::StatusOr<std::string> RocksShard::ReadRunState(const RunStep& of) const {
  LAWINE_ASSIGN_OR_RETURN(const ShardDatabase::Use use, database_->ToRead(this));
  const std::string what =
      absl::StrCat(path_, ": checkpoint of run ", of.run_id, " after step ", of.step, ": ");
  std::string bytes, value;
  std::uint64_t total = 0;
  for (std::uint32_t part = 0; part == 0 || bytes.size() < total; ++part) {
    const rocksdb::Status got =
        use.database->db().Get(Checked(), use.database->family(kCheckpoints), KeyOf(of, part), &value);
    if (got.IsNotFound() && part == 0) return absl::NotFoundError(what + "it is not there");
    if (!got.IsNotFound()) LAWINE_RETURN_IF_ERROR(FromRocks(got, path_, kShard));
    ByteReader reader(value);
    if (part == 0) total = reader.U64();
    const std::string_view more = reader.Bytes(reader.remaining());
    if (got.IsNotFound() || !reader.ok() || (part > 0 && more.empty()) ||
        more.size() > total - bytes.size()) {
      return absl::DataLossError(
          absl::StrCat(what, "expected ", total, " bytes, found ", bytes.size(), " and then others"));
    }
    bytes.append(more);
  }
  return bytes;
}

absl::StatusOr<std::vector<RunStep>> RocksShard::RunStates() const {
  LAWINE_ASSIGN_OR_RETURN(const ShardDatabase::Use use, database_->ToRead(this));
  std::vector<RunStep> found;
  const std::unique_ptr<rocksdb::Iterator> it(
      use.database->db().NewIterator(Checked(), use.database->family(kCheckpoints)));
  for (it->SeekToFirst(); it->Valid(); it->Seek(EndKeyOf(found.back()))) {
    if (it->key().size() != kKeyBytes) {
      return absl::DataLossError(
          absl::StrCat(path_, ": a key of checkpoints of ", it->key().size(), " bytes, expected 16"));
    }
    found.push_back(OfKey(it->key()));
  }
  LAWINE_RETURN_IF_ERROR(FromRocks(it->status(), path_, kShard));
  return found;
}

absl::Status RocksShard::DropRunState(const RunStep& of) {
  LAWINE_ASSIGN_OR_RETURN(const ShardDatabase::Use use, database_->ToWrite(this));
  const std::string begin = KeyOf(of, 0), end = EndKeyOf(of);
  const rocksdb::Slice first(begin), last(end);
  rocksdb::ColumnFamilyHandle* const states = use.database->family(kCheckpoints);
  LAWINE_RETURN_IF_ERROR(
      Written(rocksdb::DeleteFilesInRange(&use.database->db(), states, &first, &last), use));
  // What is in no file of its own, as none of these should be.
  rocksdb::ReadOptions options = Checked();
  options.iterate_upper_bound = &last;
  rocksdb::WriteBatch batch;
  const std::unique_ptr<rocksdb::Iterator> it(use.database->db().NewIterator(options, states));
  for (it->Seek(first); it->Valid(); it->Next()) {
    LAWINE_RETURN_IF_ERROR(FromRocks(batch.Delete(states, it->key()), path_, kShard));
  }
  LAWINE_RETURN_IF_ERROR(FromRocks(it->status(), path_, kShard));
  if (batch.Count() == 0) return absl::OkStatus();
  return Written(use.database->db().Write(rocksdb::WriteOptions(), &batch), use);
}

}  // namespace lawine
