#include "services/cli/files/receipt_table.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/graph/profile.h"
#include "services/cli/files/markup.h"
#include "services/common/json/message_json.h"

namespace lawine::cli {
namespace {

constexpr std::size_t kPartBytes = 1 << 20;

std::optional<std::uint32_t> MinusOne(std::uint32_t plus_one) {
  return plus_one == 0 ? std::nullopt : std::optional(plus_one - 1);
}

absl::Status AddPart(v1::ListReceiptsResponse& part, std::vector<ReceiptRow>& table) {
  const int count = part.members_size();
  if (count > 0 && part.numbers_size() == 0) {
    return absl::FailedPreconditionError(
        "the run was not asked to record who brought it to whom: run it with --attribution");
  }
  for (const int columns : {part.receipt_steps_size(), part.forward_steps_plus_one_size(),
                            part.numbers_size(), part.senders_plus_one_size(), part.deliveries_size(),
                            part.networks_size(), part.account_kinds_size(), part.communities_size()}) {
    if (columns != count)
      return absl::InternalError("the cluster sent receipts whose columns differ in length");
  }
  for (int i = 0; i < count; ++i) {
    table.push_back({.id = std::move(*part.mutable_members(i)),
                     .number = part.numbers(i),
                     .receipt_step = part.receipt_steps(i),
                     .forward_step = MinusOne(part.forward_steps_plus_one(i)),
                     .sender = MinusOne(part.senders_plus_one(i)),
                     .deliveries = part.deliveries(i),
                     .network = static_cast<std::uint8_t>(part.networks(i)),
                     .account_kind = static_cast<std::uint8_t>(part.account_kinds(i)),
                     .community = part.communities(i)});
  }
  return absl::OkStatus();
}

// Writes in parts of about a MiB.
class Parts {
 public:
  explicit Parts(OutputFile& file) : file_(file) {}
  template <class... Pieces>
  absl::Status Add(const Pieces&... pieces) {
    absl::StrAppend(&text_, pieces...);
    return text_.size() < kPartBytes ? absl::OkStatus() : file_.Write(std::exchange(text_, {}));
  }
  absl::Status Finish() {
    LAWINE_RETURN_IF_ERROR(file_.Write(text_));
    return file_.Finish();
  }

 private:
  OutputFile& file_;
  std::string text_;
};

// <data key="name">value</data>
template <class Value>
std::string Data(const char* key, const Value& value) {
  return absl::StrCat("<data key=\"", key, "\">", value, "</data>");
}

constexpr char kGraphMlStart[] =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="label" for="node" attr.name="label" attr.type="string"/>
<key id="step" for="node" attr.name="receipt step" attr.type="int"/>
<key id="forward" for="node" attr.name="forward step" attr.type="int"/>
<key id="seed" for="node" attr.name="seed member" attr.type="boolean"/>
<key id="depth" for="node" attr.name="depth" attr.type="int"/>
<key id="deliveries" for="node" attr.name="deliveries" attr.type="int"/>
<key id="network" for="node" attr.name="network" attr.type="string"/>
<key id="kind" for="node" attr.name="account kind" attr.type="string"/>
<key id="community" for="node" attr.name="community" attr.type="int"/>
<key id="at" for="edge" attr.name="step" attr.type="int"/>
<graph id="cascade" edgedefault="directed">
)";

// Text of an element: XML has no control characters, and no bytes that are not UTF-8.
std::string XmlText(const std::string& text) {
  const auto plain = [](char c) { return c >= ' ' && c < 0x7F; };
  if (std::all_of(text.begin(), text.end(), plain)) return EscapeMarkup(text);
  std::string valid = Json::parse(JsonLine(Json(text))).get<std::string>();
  std::replace_if(
      valid.begin(), valid.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }, ' ');
  return EscapeMarkup(valid);
}

std::string NodeText(const ReceiptRow& row, std::uint32_t depth) {
  std::string text =
      absl::StrCat("<node id=\"n", row.number, "\">", Data("label", XmlText(row.id)),
                   Data("step", row.receipt_step), Data("depth", depth), Data("deliveries", row.deliveries),
                   Data("seed", row.sender.has_value() ? "false" : "true"));
  if (row.forward_step.has_value()) absl::StrAppend(&text, Data("forward", *row.forward_step));
  const std::string network = NetworkName(row.network);
  if (!network.empty()) absl::StrAppend(&text, Data("network", EscapeMarkup(network)));
  const std::string kind(AccountKindName(row.account_kind));
  if (!kind.empty()) absl::StrAppend(&text, Data("kind", kind));
  if (row.community != kNoCommunity) absl::StrAppend(&text, Data("community", row.community));
  return absl::StrCat(text, "</node>\n");
}

}  // namespace

absl::StatusOr<std::vector<ReceiptRow>> FetchReceiptTable(Connection& connection, const std::string& run) {
  std::vector<ReceiptRow> table;
  absl::Status wrong;
  CallScope call(connection.interrupt(), kLongTimeout);
  v1::ListReceiptsRequest request;
  request.set_name(run);
  const auto stream = connection.simulations().ListReceipts(&call.context(), request);
  v1::ListReceiptsResponse part;
  while (stream->Read(&part)) {
    if (wrong.ok()) wrong = AddPart(part, table);
    if (!wrong.ok()) call.context().TryCancel();
  }
  const grpc::Status status = stream->Finish();
  LAWINE_RETURN_IF_ERROR(wrong);
  LAWINE_RETURN_IF_ERROR(connection.Explain(status));
  std::sort(table.begin(), table.end(), [](const ReceiptRow& a, const ReceiptRow& b) {
    return std::pair(a.receipt_step, a.number) < std::pair(b.receipt_step, b.number);
  });
  return table;
}

absl::Status WriteReceiptTable(const std::vector<ReceiptRow>& table, OutputFile& file) {
  std::unordered_map<std::uint32_t, std::size_t> rows;  // by number
  Parts parts(file);
  LAWINE_RETURN_IF_ERROR(parts.Add("member,receipt_step,forward_step,sender,deliveries\n"));
  for (std::size_t i = 0; i < table.size(); ++i) {
    const ReceiptRow& row = table[i];
    rows[row.number] = i;
    const auto sender = row.sender.has_value() ? rows.find(*row.sender) : rows.end();
    LAWINE_RETURN_IF_ERROR(parts.Add(CsvField(row.id), ",", row.receipt_step, ",",
                                     row.forward_step.has_value() ? absl::StrCat(*row.forward_step) : "", ",",
                                     sender != rows.end() ? CsvField(table[sender->second].id) : "", ",",
                                     row.deliveries, "\n"));
  }
  return parts.Finish();
}

absl::Status WriteGraphMl(const std::vector<ReceiptRow>& table, std::size_t members_max, OutputFile& file) {
  const std::size_t count = std::min(table.size(), members_max);
  std::unordered_map<std::uint32_t, std::uint32_t> depths;  // by number
  Parts parts(file);
  LAWINE_RETURN_IF_ERROR(parts.Add(kGraphMlStart));
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t depth = table[i].sender.has_value() ? depths[*table[i].sender] + 1 : 0;
    depths[table[i].number] = depth;
    LAWINE_RETURN_IF_ERROR(parts.Add(NodeText(table[i], depth)));
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!table[i].sender.has_value()) continue;
    LAWINE_RETURN_IF_ERROR(parts.Add("<edge source=\"n", *table[i].sender, "\" target=\"n", table[i].number,
                                     "\">", Data("at", table[i].receipt_step), "</edge>\n"));
  }
  LAWINE_RETURN_IF_ERROR(parts.Add("</graph>\n</graphml>\n"));
  return parts.Finish();
}

}  // namespace lawine::cli
