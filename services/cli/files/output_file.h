// A file that is written while or after something long: opened before, so that a file that cannot be written
// costs nothing, and put in the place of an earlier one only when it is whole.
#ifndef LAWINE_SERVICES_CLI_FILES_OUTPUT_FILE_H_
#define LAWINE_SERVICES_CLI_FILES_OUTPUT_FILE_H_

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/cli/connection/unfinished_file.h"

namespace lawine::cli {

// Until Finish it has a name of its own, in the same folder; what is not finished goes. Pipes, terminals and
// devices are written as they are. "-" is refused: results go to standard output, too.
class OutputFile {
 public:
  static absl::StatusOr<OutputFile> Create(const std::string& path);
  // None for an empty path.
  static absl::StatusOr<std::optional<OutputFile>> CreateIfNamed(const std::string& path);

  absl::Status Write(std::string_view text);
  // Call last, and once: what was written has its name, and is on the disk, where it goes to one.
  absl::Status Finish();

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  OutputFile(const std::string& path, std::FILE* file) : path_(path), file_(file) {}
  static absl::StatusOr<OutputFile> CreateBeside(const std::string& path);

  std::string path_;                      // as it was given
  std::string target_;                    // where links lead
  std::unique_ptr<UnfinishedFile> part_;  // null where it is written as it is
  std::unique_ptr<std::FILE, Closer> file_;
};

// INVALID_ARGUMENT where two of these, each a flag and its path, are one file: only the last would be left.
// Empty paths are none.
absl::Status CheckDistinct(const std::vector<std::pair<std::string, std::string>>& outputs);

// One field of a CSV file, quoted where RFC 4180 asks for it.
std::string CsvField(const std::string& text);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_FILES_OUTPUT_FILE_H_
