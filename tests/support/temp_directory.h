// A directory of a test's own, gone with its owner. In memory unless TMPDIR says otherwise: databases sync
// their files at every turn, which on a disk takes most of a test's time.
#ifndef LAWINE_TESTS_SUPPORT_TEMP_DIRECTORY_H_
#define LAWINE_TESTS_SUPPORT_TEMP_DIRECTORY_H_

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "engine/base/check.h"

namespace lawine {

class TempDirectory {
 public:
  TempDirectory() {
    const bool in_memory = getenv("TMPDIR") == nullptr && access("/dev/shm", W_OK) == 0;
    std::string name =
        (in_memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path()) /
        "lawine-test-XXXXXX";
    LAWINE_CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_TEMP_DIRECTORY_H_
