#include "services/cli/commands/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "services/cli/text/text.h"

namespace lawine::cli {
namespace {

constexpr absl::Duration kBarInterval = absl::Milliseconds(100);
constexpr absl::Duration kPlainInterval = absl::Seconds(3);

bool PlainWanted() {
  const char* wanted = std::getenv("LAWINE_PROGRESS");
  return wanted != nullptr && std::string(wanted) == "plain";
}

std::string Bar(double share) {
  constexpr std::size_t kWidth = 24;
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(kWidth));
  return absl::StrCat("[", std::string(filled, '#'), std::string(kWidth - filled, '.'), "] ");
}

}  // namespace

Progress::Progress(const Session& session)
    : mode_(session.options.quiet        ? Mode::kNone
            : PlainWanted()              ? Mode::kPlain
            : isatty(STDERR_FILENO) != 0 ? Mode::kBar
                                         : Mode::kNone),
      next_(absl::Now()) {}

Progress::~Progress() {
  if (mode_ == Mode::kBar && shown_) std::fputs("\r\033[K", stderr);
}

void Progress::Show(const std::string& text, std::uint64_t done, std::uint64_t total) {
  const absl::Time now = absl::Now();
  if (mode_ == Mode::kNone || now < next_) return;
  next_ = now + (mode_ == Mode::kBar ? kBarInterval : kPlainInterval);
  const double share =
      total == 0 ? 0.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  std::string line = total == 0 ? text : absl::StrFormat("%3.0f%% %s", 100.0 * share, text);
  if (mode_ == Mode::kPlain) {
    std::fprintf(stderr, "%s\n", line.c_str());
    return;
  }
  if (total != 0) line = Bar(share) + line;
  std::fprintf(stderr, "\r\033[K%s", line.substr(0, kTextWidth - 1).c_str());
  shown_ = true;
}

}  // namespace lawine::cli
