#include "services/cli/files/receipts_file.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace lawine::cli {
namespace {

absl::StatusOr<std::string> Rows(const v1::ListReceiptsResponse& part) {
  const int count = part.members_size();
  if (part.receipt_steps_size() != count || part.forward_steps_plus_one_size() != count) {
    return absl::InternalError("the cluster sent receipts whose columns differ in length");
  }
  std::string rows;
  for (int i = 0; i < count; ++i) {
    const std::uint32_t forward = part.forward_steps_plus_one(i);
    absl::StrAppend(&rows, CsvField(part.members(i)), ",", part.receipt_steps(i), ",");
    if (forward > 0) absl::StrAppend(&rows, forward - 1);
    rows += '\n';
  }
  return rows;
}

}  // namespace

absl::Status WriteReceipts(Connection& connection, const std::string& run, const std::string& message,
                           OutputFile& file) {
  absl::Status wrong = file.Write("member,receipt_step,forward_step\n");
  CallScope call(connection.interrupt(), kLongTimeout);
  v1::ListReceiptsRequest request;
  request.set_name(run);
  request.set_message(message);
  const auto stream = connection.simulations().ListReceipts(&call.context(), request);
  v1::ListReceiptsResponse part;
  while (stream->Read(&part)) {
    const absl::StatusOr<std::string> rows = Rows(part);
    wrong.Update(rows.status());
    if (wrong.ok()) wrong.Update(file.Write(*rows));
    if (!wrong.ok()) call.context().TryCancel();
  }
  const grpc::Status status = stream->Finish();
  LAWINE_RETURN_IF_ERROR(wrong);
  LAWINE_RETURN_IF_ERROR(connection.Explain(status));
  return file.Finish();
}

}  // namespace lawine::cli
