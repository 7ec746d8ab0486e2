#include "services/common/json/traffic_json.h"

#include "engine/base/status_macros.h"
#include "services/common/json/message_reader.h"

namespace lawine {

absl::StatusOr<v1::TrafficSpec> ParseTrafficJson(std::string_view text) {
  v1::TrafficSpec spec;
  LAWINE_RETURN_IF_ERROR(ReadMessageJson(text, "traffic", spec));
  return spec;
}

Json TrafficToJson(const v1::TrafficResult& result) {
  const Json fields = MessageToJson(result);
  Json json = Json::object();
  json["schema_version"] = fields["schema_version"];
  json["graph"] = {{"name", fields["graph"]},
                   {"members", fields["graph_members"]},
                   {"links", fields["graph_links"]},
                   {"digest", fields["graph_digest"]}};
  for (const char* const name : {"traffic", "run_seed", "digest", "totals", "reach", "steps", "hours",
                                 "largest_senders", "shards", "timing", "rates", "warnings", "manifest"}) {
    json[name] = fields[name];
  }
  if (result.has_counted_rate()) json["counted_rate"] = fields["counted_rate"];
  return json;
}

}  // namespace lawine
