// A file that is written while or after something long: opened before, so that a file that cannot be written
// costs nothing.
#ifndef LAWINE_SERVICES_CLI_FILES_OUTPUT_FILE_H_
#define LAWINE_SERVICES_CLI_FILES_OUTPUT_FILE_H_

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lawine::cli {

class OutputFile {
 public:
  static absl::StatusOr<OutputFile> Create(const std::string& path);
  // None for an empty path.
  static absl::StatusOr<std::optional<OutputFile>> CreateIfNamed(const std::string& path);

  absl::Status Write(std::string_view text);
  // Call last: what was written is on the disk now, where it goes to one.
  absl::Status Finish();

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  OutputFile(const std::string& path, std::FILE* file) : path_(path), file_(file) {}

  std::string path_;
  std::unique_ptr<std::FILE, Closer> file_;
};

// One field of a CSV file, quoted where RFC 4180 asks for it.
std::string CsvField(const std::string& text);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_FILES_OUTPUT_FILE_H_
