#include "services/coordinator/graphs/graph_requests.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "lawine/internal/v1/registry.pb.h"
#include "services/common/request_id.h"
#include "services/coordinator/registry/record.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr char kRequestPrefix[] = "request/graph/";

std::string RequestKey(const std::string& id) { return absl::StrCat(kRequestPrefix, id); }

// Earlier versions wrote the bare name. It begins with a letter, a record with the tag of its first field.
absl::StatusOr<pbi::GraphRequestRecord> ParseRequest(const std::string& key, const std::string& value) {
  constexpr char kNameTag = pbi::GraphRequestRecord::kNameFieldNumber << 3 | 2;
  if (value.starts_with(kNameTag)) return ParseRecord<pbi::GraphRequestRecord>(key, value);
  pbi::GraphRequestRecord earlier;
  earlier.set_name(value);
  return earlier;
}

}  // namespace

absl::StatusOr<bool> GraphRequests::Has(const std::string& request_id, const std::string& name,
                                        std::uint64_t request_hash) const {
  if (request_id.empty()) return false;
  const std::string key = RequestKey(request_id);
  const auto value = registry_.Get(key);
  if (absl::IsNotFound(value.status())) return false;
  LAWINE_RETURN_IF_ERROR(value.status());
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRequestRecord noted, ParseRequest(key, *value));
  const bool same = IsNotedRequest(noted.request_hash(), request_hash);
  if (same && noted.name() == name) return true;
  return RequestIdUsed("graph");
}

absl::Status GraphRequests::Note(const std::string& request_id, const std::string& name,
                                 std::uint64_t request_hash) {
  LAWINE_ASSIGN_OR_RETURN(const std::vector<std::string> earlier, KeysOf(name));
  LAWINE_RETURN_IF_ERROR(registry_.DeleteAll(earlier));
  if (request_id.empty()) return absl::OkStatus();
  pbi::GraphRequestRecord record;
  record.set_name(name);
  record.set_request_hash(request_hash);
  LAWINE_ASSIGN_OR_RETURN(const std::string value, RecordOf(record));
  return registry_.Put(RequestKey(request_id), value);
}

absl::Status GraphRequests::Forget(const std::string& request_id) {
  return request_id.empty() ? absl::OkStatus() : registry_.Delete(RequestKey(request_id));
}

absl::StatusOr<std::vector<std::string>> GraphRequests::KeysOf(const std::string& name) const {
  std::vector<std::string> keys;
  const auto note = [&](const std::string& key, const std::string& value) -> absl::Status {
    LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRequestRecord noted, ParseRequest(key, value));
    if (noted.name() == name) keys.push_back(key);
    return absl::OkStatus();
  };
  LAWINE_RETURN_IF_ERROR(registry_.Scan(kRequestPrefix, note));
  return keys;
}

}  // namespace lawine
