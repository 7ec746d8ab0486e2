#include "services/cli/receipts_file.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/status_macros.h"

namespace lawine::cli {
namespace {

absl::Status FileError(const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
}

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

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

absl::StatusOr<ReceiptsFile> ReceiptsFile::Create(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return FileError(path);
  return ReceiptsFile(path, file);
}

absl::Status ReceiptsFile::Fill(Connection& connection, const std::string& run) {
  std::fputs("member,receipt_step,forward_step\n", file_.get());
  CallScope call(connection.interrupt(), kLongTimeout);
  v1::ListReceiptsRequest request;
  request.set_name(run);
  const auto stream = connection.simulations().ListReceipts(&call.context(), request);
  v1::ListReceiptsResponse part;
  absl::Status wrong;
  while (stream->Read(&part)) {
    const absl::StatusOr<std::string> rows = Rows(part);
    wrong.Update(rows.status());
    if (rows.ok()) std::fwrite(rows->data(), 1, rows->size(), file_.get());
    if (std::ferror(file_.get()) != 0) wrong.Update(FileError(path_));
    if (!wrong.ok()) call.context().TryCancel();
  }
  const grpc::Status status = stream->Finish();
  LAWINE_RETURN_IF_ERROR(wrong);
  LAWINE_RETURN_IF_ERROR(connection.Explain(status));
  return std::fflush(file_.get()) == 0 ? absl::OkStatus() : FileError(path_);
}

}  // namespace lawine::cli
