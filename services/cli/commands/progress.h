// Progress on standard error: a bar on a terminal, lines every few seconds with LAWINE_PROGRESS=plain, and
// nothing otherwise.
#ifndef LAWINE_SERVICES_CLI_COMMANDS_PROGRESS_H_
#define LAWINE_SERVICES_CLI_COMMANDS_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "services/cli/connection/session.h"

namespace lawine::cli {

class Progress {
 public:
  explicit Progress(const Session& session);
  // Clears the bar.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `total` 0: not known, no bar and no percentage.
  void Show(const std::string& text, std::uint64_t done = 0, std::uint64_t total = 0);

 private:
  enum class Mode { kNone, kBar, kPlain };
  Mode mode_;
  absl::Time next_;
  bool shown_ = false;
};

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_COMMANDS_PROGRESS_H_
