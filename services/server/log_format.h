// How lines of the log look.
#ifndef LAWINE_SERVICES_SERVER_LOG_FORMAT_H_
#define LAWINE_SERVICES_SERVER_LOG_FORMAT_H_

#include <spdlog/formatter.h>

#include <memory>

namespace lawine {

enum class LogFormat {
  kText,  // "2026-01-02T03:04:05.678Z info lawine-worker: words run=runs/17"
  kJson,  // {"time": "...", "level": "info", "program": "lawine-worker", "message": "words", "run":
          // "runs/17"}
};

// Understands LogFields (services/common/log.h). One line each, whatever is in the words.
std::unique_ptr<spdlog::formatter> MakeLogFormatter(LogFormat format);

}  // namespace lawine

#endif  // LAWINE_SERVICES_SERVER_LOG_FORMAT_H_
