#include "services/coordinator/access/failure_log.h"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// The log goes to text().
class FailureLogTest : public testing::Test {
 protected:
  FailureLogTest() {
    auto logger =
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out_));
    logger->set_pattern("%l %v");
    spdlog::set_default_logger(std::move(logger));
  }
  ~FailureLogTest() override { spdlog::set_default_logger(before_); }

  void Fail(const std::string& request_id, grpc::StatusCode code, const std::string& message = "why") {
    failures_.Note({.method = "GetRun", .owner = "alice", .request_id = request_id}, {code, message});
  }
  std::string text() const { return out_.str(); }

  FailureLog failures_;

 private:
  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  std::ostringstream out_;
};

TEST_F(FailureLogTest, TellsWhichCallFailedAndWhy) {
  Fail("id-1", grpc::StatusCode::NOT_FOUND, "no run 'runs/7'\nroot logged in");
  EXPECT_THAT(text(), AllOf(HasSubstr("info GetRun failed: NOT_FOUND: no run 'runs/7' root logged in"),
                            HasSubstr("id-1"), HasSubstr("alice")));
  Fail("id-2", grpc::StatusCode::DATA_LOSS);
  EXPECT_THAT(text(), HasSubstr("error GetRun failed: DATA_LOSS"));
}

TEST_F(FailureLogTest, SaysNothingOfCallsThatSucceedOrAreGivenUp) {
  Fail("id-1", grpc::StatusCode::OK);
  Fail("id-2", grpc::StatusCode::CANCELLED);
  EXPECT_EQ(text(), "");
}

TEST_F(FailureLogTest, IsNotFilledByWhoFailsOnPurpose) {
  constexpr std::uint32_t kFailures = 100'000;  // in far less than a minute
  for (std::uint32_t i = 0; i < kFailures; ++i)
    Fail(absl::StrCat("id-", i), grpc::StatusCode::UNAUTHENTICATED);
  const std::string told = text();
  EXPECT_THAT(told, AllOf(HasSubstr("id-0"), HasSubstr("id-19"), Not(HasSubstr("id-99999"))));
  EXPECT_LE(std::count(told.begin(), told.end(), '\n'), 60 * FailureLog::kLinesMax);
}

}  // namespace
}  // namespace lawine
