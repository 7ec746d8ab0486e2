// A disk that forgets what was not synced, fails, or is full: a layer between RocksDB and the real one.
#ifndef LAWINE_TESTS_SERVICES_FAULTY_DISK_H_
#define LAWINE_TESTS_SERVICES_FAULTY_DISK_H_

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "engine/base/mutex.h"
#include "tests/support/test_random.h"

namespace lawine {

// Thread-safe.
class FaultyDisk final : public rocksdb::FileSystemWrapper {
 public:
  // `tells_free`: whether it says what is free. RocksDB then goes on by itself after a full disk, at a moment
  // of its own.
  explicit FaultyDisk(bool tells_free = true)
      : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()), tells_free_(tells_free) {}
  const char* Name() const override { return "FaultyDisk"; }

  // From the `writes`-th write or sync from now on, all fail: the machine is about to lose power.
  void DieAfter(std::uint64_t writes) {
    MutexLock lock(mutex_);
    dies_at_ = writes_ + writes;
  }
  // So many writes or syncs from now one fails, if asked for want of space; or all, until told otherwise.
  void FailOnceAfter(std::uint64_t writes, bool for_space = false) {
    MutexLock lock(mutex_);
    (for_space ? fills_at_ : fails_at_) = writes_ + writes;
  }
  void SetFull(bool full) {
    MutexLock lock(mutex_);
    full_ = full;
  }
  // Power is lost: of each file a random part of what was not synced is gone. REQUIRES: no file is open.
  void Forget(TestRandom& random) {
    MutexLock lock(mutex_);
    for (const auto& [path, synced] : synced_) {
      std::error_code error;
      const std::uint64_t size = std::filesystem::file_size(path, error);
      if (error || size <= synced) continue;
      std::filesystem::resize_file(path, synced + random.Below(size - synced + 1), error);
      ++forgotten_;
    }
    synced_.clear();
  }
  std::uint64_t writes() const {
    MutexLock lock(mutex_);
    return writes_;
  }
  std::uint64_t forgotten() const {
    MutexLock lock(mutex_);
    return forgotten_;
  }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    if (rocksdb::IOStatus status = Write(); !status.ok()) return status;
    std::unique_ptr<rocksdb::FSWritableFile> real;
    rocksdb::IOStatus status = target()->NewWritableFile(path, options, &real, debug);
    if (!status.ok()) return status;
    Note(path, 0);
    *file = std::make_unique<File>(*this, path, std::move(real));
    return status;
  }
  rocksdb::IOStatus ReuseWritableFile(const std::string& path, const std::string&,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override {
    return NewWritableFile(path, options, file, debug);
  }
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    if (rocksdb::IOStatus status = Write(); !status.ok()) return status;
    rocksdb::IOStatus status = target()->RenameFile(from, to, options, debug);
    MutexLock lock(mutex_);
    if (const auto node = synced_.extract(from); status.ok() && !node.empty()) synced_[to] = node.mapped();
    return status;
  }

  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options,
                                 std::uint64_t* bytes, rocksdb::IODebugContext* debug) override {
    if (!tells_free_) return rocksdb::IOStatus::NotSupported("free space");
    return target()->GetFreeSpace(path, options, bytes, debug);
  }

 private:
  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(FaultyDisk& disk, std::string path, std::unique_ptr<rocksdb::FSWritableFile> real)
        : rocksdb::FSWritableFileOwnerWrapper(std::move(real)), disk_(disk), path_(std::move(path)) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = disk_.Write();
      return status.ok() ? target()->Append(data, options, debug) : status;
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo&, rocksdb::IODebugContext* debug) override {
      return Append(data, options, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      rocksdb::IOStatus status = disk_.Write();
      if (status.ok()) status = target()->Sync(options, debug);
      if (status.ok()) disk_.Note(path_, target()->GetFileSize(options, debug));
      return status;
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      return Sync(options, debug);
    }

   private:
    FaultyDisk& disk_;
    const std::string path_;
  };

  rocksdb::IOStatus Write() {
    MutexLock lock(mutex_);
    ++writes_;
    if (full_ || writes_ == fills_at_) return rocksdb::IOStatus::NoSpace("no space left on device");
    if (writes_ >= dies_at_ || writes_ == fails_at_) return rocksdb::IOStatus::IOError("input/output error");
    return rocksdb::IOStatus::OK();
  }
  void Note(const std::string& path, std::uint64_t synced) {
    MutexLock lock(mutex_);
    synced_[path] = synced;
  }

  const bool tells_free_;
  mutable Mutex mutex_;
  std::map<std::string, std::uint64_t> synced_ ABSL_GUARDED_BY(mutex_);  // bytes, by file
  std::uint64_t writes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t dies_at_ ABSL_GUARDED_BY(mutex_) = ~0ull;
  std::uint64_t fails_at_ ABSL_GUARDED_BY(mutex_) = ~0ull;
  std::uint64_t fills_at_ ABSL_GUARDED_BY(mutex_) = ~0ull;
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  std::uint64_t forgotten_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SERVICES_FAULTY_DISK_H_
