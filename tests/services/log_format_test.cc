#include "services/server/log_format.h"

#include <gmock/gmock.h>
#include <spdlog/details/log_msg.h>

#include "nlohmann/json.hpp"
#include "services/common/log.h"

namespace lawine {
namespace {

std::string Line(LogFormat format, const std::string& words) {
  const spdlog::details::log_msg message(spdlog::log_clock::time_point(std::chrono::milliseconds(1'500)),
                                         spdlog::source_loc(), "lawine-worker", spdlog::level::info, words);
  spdlog::memory_buf_t line;
  MakeLogFormatter(format)->format(message, line);
  return std::string(line.data(), line.size());
}

TEST(LogFormatTest, TextHasFieldsBehindItsWords) {
  EXPECT_EQ(Line(LogFormat::kText, "it ended" + LogFields({{"run", "runs/17"}, {"request", "r-1"}})),
            "1970-01-01T00:00:01.500Z info lawine-worker: it ended run=runs/17 request=r-1\n");
}

TEST(LogFormatTest, JsonHasThemAsMembers) {
  const std::string line = Line(LogFormat::kJson, "it ended" + LogFields({{"run", "runs/17"}}));
  EXPECT_EQ(nlohmann::json::parse(line), (nlohmann::json{{"time", "1970-01-01T00:00:01.500Z"},
                                                         {"level", "info"},
                                                         {"program", "lawine-worker"},
                                                         {"message", "it ended"},
                                                         {"run", "runs/17"}}));
}

TEST(LogFormatTest, WhateverIsSaidStaysOnOneLine) {
  const std::string words = std::string("bad\n\"name\"\x01\xff") + LogFields({{"run",
                                                                               "a\x1f"
                                                                               " b"},
                                                                              {"empty", ""}});
  const std::string line = Line(LogFormat::kJson, words);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(nlohmann::json::parse(line)["run"], "a  b");
  EXPECT_FALSE(nlohmann::json::parse(line).contains("empty"));
}

// A caller who names itself so would else write lines of its own.
TEST(LogFormatTest, NobodyForgesALineOfText) {
  const std::string forged = "r-1\n1970-01-01T00:00:01.500Z info lawine-worker: it is well\r\nx";
  const std::string line = Line(LogFormat::kText, "it ended" + LogFields({{"request", forged}}));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(line.find('\r'), std::string::npos);
  EXPECT_THAT(line, testing::HasSubstr("request=r-1\\n1970-01-01"));
  EXPECT_EQ(Line(LogFormat::kText, "words\rforged").find('\r'), std::string::npos);
}

TEST(LogFormatTest, AMarkThatIsNobodysDoesNotHarm) {
  EXPECT_THAT(Line(LogFormat::kText,
                   "one\x1f"
                   "two"),
              testing::HasSubstr("one"));
  EXPECT_TRUE(nlohmann::json::accept(Line(LogFormat::kJson,
                                          "one\x1f"
                                          "two\x1f"
                                          "three\x1f")));
}

}  // namespace
}  // namespace lawine
