// Files under a name of their own until they are whole.
#ifndef LAWINE_SERVICES_CLI_CONNECTION_UNFINISHED_FILE_H_
#define LAWINE_SERVICES_CLI_CONNECTION_UNFINISHED_FILE_H_

#include <string>

namespace lawine::cli {

// A file that goes with this object, unless it has been given another name by then. Thread-safe.
class UnfinishedFile {
 public:
  explicit UnfinishedFile(const std::string& path);
  ~UnfinishedFile();
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

// Removes all there are: for a process that ends without its destructors.
void RemoveUnfinishedFiles();

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_CONNECTION_UNFINISHED_FILE_H_
