// Receipts as CSV: member,receipt_step,forward_step (empty for members that did not forward).
#ifndef LAWINE_SERVICES_CLI_RECEIPTS_FILE_H_
#define LAWINE_SERVICES_CLI_RECEIPTS_FILE_H_

#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/cli/connection.h"

namespace lawine::cli {

// Opened before the run, so that a file that cannot be written does not cost one.
class ReceiptsFile {
 public:
  static absl::StatusOr<ReceiptsFile> Create(const std::string& path);

  // Streams the receipts of an ended run into the file, in the order they come.
  absl::Status Fill(Connection& connection, const std::string& run);

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  ReceiptsFile(const std::string& path, std::FILE* file) : path_(path), file_(file) {}

  std::string path_;
  std::unique_ptr<std::FILE, Closer> file_;
};

// One field, quoted where RFC 4180 asks for it.
std::string CsvField(const std::string& text);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_RECEIPTS_FILE_H_
