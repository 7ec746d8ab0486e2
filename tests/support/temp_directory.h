// A directory of a test's own, gone with its owner.
#ifndef LAWINE_TESTS_SUPPORT_TEMP_DIRECTORY_H_
#define LAWINE_TESTS_SUPPORT_TEMP_DIRECTORY_H_

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "engine/base/check.h"

namespace lawine {

class TempDirectory {
 public:
  TempDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "lawine-test-XXXXXX";
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
