#include "tests/support/edge_file.h"

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"

namespace lawine {

absl::StatusOr<EdgeList> ReadEdgeFile(const std::filesystem::path& path, const EdgeFormat& format) {
  EdgeReader reader(format);
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return absl::NotFoundError(absl::StrCat(path.string(), " is not there"));
  reader.BeginFile(path.filename().string());
  std::string piece(1 << 16, '\0');
  absl::Status status;
  while (const std::size_t bytes = std::fread(piece.data(), 1, piece.size(), file)) {
    status.Update(reader.Append({piece.data(), bytes}));
  }
  std::fclose(file);
  status.Update(reader.EndFile());
  if (!status.ok()) return status;
  return reader.TakeEdges();
}

}  // namespace lawine
