#include "services/coordinator/runs/run_archive.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/coordinator/registry/record.h"
#include "services/coordinator/runs/run_names.h"

namespace lawine {

namespace pbi = ::lawine::internal::v1;

absl::StatusOr<std::uint64_t> RunArchive::Add(const pbi::RunRecord& record) {
  LAWINE_ASSIGN_OR_RETURN(std::string value, RecordOf(record));
  const std::uint64_t bytes = value.size();
  std::vector<std::pair<std::string, std::string>> records;
  records.emplace_back(RunKey(record.run_id()), std::move(value));
  if (!record.request_id().empty()) {
    records.emplace_back(RunRequestKey(record.request_id()), RunName(record.run_id()));
  }
  LAWINE_RETURN_IF_ERROR(registry_.PutAll(records));
  return bytes;
}

absl::StatusOr<std::uint64_t> RunArchive::Save(const pbi::RunRecord& record) {
  LAWINE_ASSIGN_OR_RETURN(const std::string value, RecordOf(record));
  LAWINE_RETURN_IF_ERROR(registry_.Put(RunKey(record.run_id()), value));
  return value.size();
}

absl::StatusOr<pbi::RunRecord> RunArchive::Load(std::uint64_t run_id) const {
  LAWINE_ASSIGN_OR_RETURN(const std::string value, registry_.Get(RunKey(run_id)));
  return ParseRecord<pbi::RunRecord>(RunKey(run_id), value);
}

absl::Status RunArchive::ForEach(
    const std::function<absl::Status(pbi::RunRecord, std::uint64_t)>& visit) const {
  return registry_.Scan("run/", [&](const std::string& key, const std::string& value) -> absl::Status {
    LAWINE_ASSIGN_OR_RETURN(pbi::RunRecord record, ParseRecord<pbi::RunRecord>(key, value));
    return visit(std::move(record), value.size());
  });
}

absl::Status RunArchive::Forget(std::uint64_t run_id, const std::string& request_id, std::uint64_t next_id) {
  LAWINE_RETURN_IF_ERROR(KeepNextId(next_id));
  LAWINE_RETURN_IF_ERROR(DropBlocks(run_id));
  LAWINE_ASSIGN_OR_RETURN(const std::string run, RunOfRequest(request_id));
  if (run == RunName(run_id)) LAWINE_RETURN_IF_ERROR(registry_.Delete(RunRequestKey(request_id)));
  return registry_.Delete(RunKey(run_id));
}

// Numbers are not used twice: workers may still know one that is forgotten. Who comes late with a lower one
// does not lower it.
absl::Status RunArchive::KeepNextId(std::uint64_t next_id) {
  MutexLock lock(next_id_mutex_);
  if (next_id <= next_id_) return absl::OkStatus();
  LAWINE_RETURN_IF_ERROR(registry_.Put(kNextRunKey, absl::StrCat(next_id)));
  next_id_ = next_id;
  return absl::OkStatus();
}

absl::Status RunArchive::AddBlock(std::uint64_t run_id, const pbi::RunBlock& block) {
  LAWINE_ASSIGN_OR_RETURN(const std::string value, RecordOf(block));
  return registry_.Put(RunBlockKey(run_id, block.first_replica()), value);
}

absl::StatusOr<std::vector<pbi::RunBlock>> RunArchive::Blocks(std::uint64_t run_id) const {
  std::vector<pbi::RunBlock> blocks;
  const auto add = [&blocks](const std::string& key, const std::string& value) -> absl::Status {
    LAWINE_ASSIGN_OR_RETURN(blocks.emplace_back(), ParseRecord<pbi::RunBlock>(key, value));
    return absl::OkStatus();
  };
  LAWINE_RETURN_IF_ERROR(registry_.Scan(RunBlockPrefix(run_id), add));
  return blocks;
}

absl::Status RunArchive::DropBlocks(std::uint64_t run_id) {
  std::vector<std::string> keys;
  const auto note = [&keys](const std::string& key, const std::string&) -> absl::Status {
    keys.push_back(key);
    return absl::OkStatus();
  };
  LAWINE_RETURN_IF_ERROR(registry_.Scan(RunBlockPrefix(run_id), note));
  for (const std::string& key : keys) LAWINE_RETURN_IF_ERROR(registry_.Delete(key));
  return absl::OkStatus();
}

absl::StatusOr<std::string> RunArchive::RunOfRequest(const std::string& request_id) const {
  if (request_id.empty()) return std::string();
  absl::StatusOr<std::string> run = registry_.Get(RunRequestKey(request_id));
  if (absl::IsNotFound(run.status())) return std::string();
  return run;
}

std::uint64_t RunArchive::NextId() const {
  std::uint64_t next = 1;
  return absl::SimpleAtoi(registry_.Get(kNextRunKey).value_or(""), &next) ? next : 1;
}

}  // namespace lawine
