// The write-ahead log of a database that is closed, to be damaged.
#ifndef LAWINE_TESTS_SUPPORT_WRITE_AHEAD_LOG_H_
#define LAWINE_TESTS_SUPPORT_WRITE_AHEAD_LOG_H_

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace lawine {

// Of the database in `directory`, the one that is not empty.
inline std::filesystem::path WriteAheadLog(const std::filesystem::path& directory) {
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    if (file.path().extension() == ".log" && file.file_size() > 0) return file.path();
  }
  return {};
}

inline std::string BytesOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// REQUIRES: at < its size.
inline void FlipBit(const std::filesystem::path& path, std::size_t at) {
  std::string bytes = BytesOf(path);
  bytes[at] ^= 1;
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_WRITE_AHEAD_LOG_H_
