// A file in memory that libraries can read by its path.
#ifndef LAWINE_SERVICES_COMMON_MEMORY_FILE_H_
#define LAWINE_SERVICES_COMMON_MEMORY_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace lawine {

// Readers of path() see one content or the next, never a part, each with a modification time of its own;
// nothing of it ever is on a disk, and it is gone with the process. Changes are not thread-safe; readers may
// read meanwhile.
class MemoryFile {
 public:
  MemoryFile() = default;
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  // Call first once before path().
  absl::Status Replace(const std::string& content);
  // The same in two steps, for files that belong together: nothing is seen of what is prepared before Show,
  // which hardly can fail. REQUIRES of Show: Prepare was OK since the last one.
  absl::Status Prepare(const std::string& content);
  absl::Status Show();
  // For this process only.
  std::string path() const;

 private:
  int file_ = -1;
  int prepared_ = -1;
  std::int64_t version_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_MEMORY_FILE_H_
