#include "services/cli/connection/unfinished_file.h"

#include <unistd.h>

#include <set>

#include "engine/base/mutex.h"

namespace lawine::cli {
namespace {

struct UnfinishedPaths {
  Mutex mutex;
  std::set<std::string> paths ABSL_GUARDED_BY(mutex);
};

// Never destroyed: a signal may come as late as that.
UnfinishedPaths& All() {
  static UnfinishedPaths* const all = new UnfinishedPaths;
  return *all;
}

}  // namespace

UnfinishedFile::UnfinishedFile(const std::string& path) : path_(path) {
  MutexLock lock(All().mutex);
  All().paths.insert(path_);
}

UnfinishedFile::~UnfinishedFile() {
  unlink(path_.c_str());
  MutexLock lock(All().mutex);
  All().paths.erase(path_);
}

void RemoveUnfinishedFiles() {
  MutexLock lock(All().mutex);
  for (const std::string& path : All().paths) unlink(path.c_str());
}

}  // namespace lawine::cli
