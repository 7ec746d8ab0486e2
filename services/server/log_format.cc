#include "services/server/log_format.h"

#include <spdlog/details/log_msg.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "services/common/log.h"

namespace lawine {
namespace {

class Formatter final : public spdlog::formatter {
 public:
  explicit Formatter(LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const std::string text = format_ == LogFormat::kJson ? Json(message) : Text(message);
    line.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<Formatter>(format_); }

 private:
  static std::string View(const spdlog::string_view_t& text) { return {text.data(), text.size()}; }
  static std::string Time(const spdlog::details::log_msg& message) {
    return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromChrono(message.time), absl::UTCTimeZone());
  }
  // Words, then names and values in turn.
  static std::vector<std::string> Parts(const spdlog::details::log_msg& message) {
    std::vector<std::string> parts = absl::StrSplit(View(message.payload), kLogFieldMark);
    if (parts.size() % 2 == 0) parts.emplace_back();
    return parts;
  }
  static std::string Level(const spdlog::details::log_msg& message) {
    return View(spdlog::level::to_string_view(message.level));
  }

  // Callers name themselves and what they ask for; nobody may write a line of the log that way.
  static std::string OnOneLine(const std::string& value) {
    return absl::StrReplaceAll(value, {{"\n", "\\n"}, {"\r", "\\r"}});
  }

  static std::string Json(const spdlog::details::log_msg& message) {
    const std::vector<std::string> parts = Parts(message);
    nlohmann::ordered_json json = {{"time", Time(message)},
                                   {"level", Level(message)},
                                   {"program", View(message.logger_name)},
                                   {"message", parts[0]}};
    for (std::size_t i = 1; i + 1 < parts.size(); i += 2) json[parts[i]] = parts[i + 1];
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  static std::string Text(const spdlog::details::log_msg& message) {
    const std::vector<std::string> parts = Parts(message);
    std::string line = absl::StrCat(Time(message), " ", Level(message), " ", View(message.logger_name), ": ",
                                    absl::StrReplaceAll(parts[0], {{"\n", "\n  "}, {"\r", "\\r"}}));
    for (std::size_t i = 1; i + 1 < parts.size(); i += 2)
      absl::StrAppend(&line, " ", parts[i], "=", OnOneLine(parts[i + 1]));
    return line + "\n";
  }

  const LogFormat format_;
};

}  // namespace

std::unique_ptr<spdlog::formatter> MakeLogFormatter(LogFormat format) {
  return std::make_unique<Formatter>(format);
}

}  // namespace lawine
