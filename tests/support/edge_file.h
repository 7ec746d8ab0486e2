// Files of links, read as an import reads them.
#ifndef LAWINE_TESTS_SUPPORT_EDGE_FILE_H_
#define LAWINE_TESTS_SUPPORT_EDGE_FILE_H_

#include <filesystem>

#include "absl/status/statusor.h"
#include "engine/graph/edge_list.h"
#include "engine/graph/edge_reader.h"

namespace lawine {

// NOT_FOUND, or what the reader says.
absl::StatusOr<EdgeList> ReadEdgeFile(const std::filesystem::path& path, const EdgeFormat& format);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_EDGE_FILE_H_
