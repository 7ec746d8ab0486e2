// What every server process does the same way: wait for a signal, write files whole.
#ifndef LAWINE_SERVICES_COMMON_PROCESS_H_
#define LAWINE_SERVICES_COMMON_PROCESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lawine {

// Blocks SIGINT and SIGTERM in this thread and those it starts later. Call first in main.
void BlockStopSignals();
// Waits until one of them comes; returns its number. REQUIRES: BlockStopSignals was called.
int WaitForStopSignal();

// Replaces the file by `content`: readers see the old or the new one, never a part. Synced.
absl::Status WriteFileAtomically(const std::string& path, const std::string& content);
// NOT_FOUND when it is not there.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Version of the program, as in CMakeLists.txt.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_PROCESS_H_
