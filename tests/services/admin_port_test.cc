#include "services/server/admin_port.h"

#include <gmock/gmock.h>

#include <deque>

#include "tests/support/http_get.h"
#include "tests/support/raw_connection.h"

namespace lawine {
namespace {

using testing::HasSubstr;
using testing::Not;

AdminSource Source(absl::Status second) {
  return {.checks =
              [second] {
                return std::vector<HealthCheck>{{"registry", absl::OkStatus()}, {"certificate", second}};
              },
          .collect =
              [] {
                MetricFamilies families;
                AddGauges(families, "lawine_things", "Things.", {{3, {{"state", "ok"}}}});
                AddCounters(families, "lawine_none_total", "Nothing.", {});
                return families;
              },
          .config = [] { return std::string("{}\n"); }};
}

TEST(AdminPageTest, ReadyWhenEveryCheckPasses) {
  const AdminPage page = MakeAdminPage(Source(absl::OkStatus()), "/readyz", false);
  EXPECT_EQ(page.code, 200u);
  EXPECT_EQ(page.body, "ready\n");
  EXPECT_EQ(MakeAdminPage(Source(absl::OkStatus()), "/readyz", true).body,
            "[+] registry\n[+] certificate\nready\n");
}

TEST(AdminPageTest, NotReadySaysWhyWithoutBeingAskedTo) {
  const AdminPage page = MakeAdminPage(Source(absl::InvalidArgumentError("has expired")), "/readyz", false);
  EXPECT_EQ(page.code, 503u);
  EXPECT_EQ(page.body, "[-] certificate: has expired\nnot ready\n");
}

TEST(AdminPageTest, LiveWhateverTheChecksSay) {
  EXPECT_EQ(MakeAdminPage(Source(absl::InternalError("")), "/livez", false).code, 200u);
}

TEST(AdminPageTest, MetricsAreInPrometheusText) {
  const std::string body = MakeAdminPage(Source(absl::OkStatus()), "/metrics", false).body;
  EXPECT_THAT(body, HasSubstr("# TYPE lawine_things gauge\nlawine_things{state=\"ok\"} 3"));
  EXPECT_THAT(body, Not(HasSubstr("lawine_none_total")));
}

TEST(AdminPageTest, OtherPathsAreNotFound) {
  EXPECT_EQ(MakeAdminPage(Source(absl::OkStatus()), "/config/../secret", false).code, 404u);
  EXPECT_EQ(MakeAdminPage(Source(absl::OkStatus()), "", false).code, 404u);
}

TEST(AdminPortTest, AnswersGetAndNothingElse) {
  const auto port = AdminPort::Start("127.0.0.1:0", Source(absl::OkStatus()));
  ASSERT_TRUE(port.ok()) << port.status();
  const std::string& address = (*port)->address();
  EXPECT_THAT(HttpGet(address, "/readyz?verbose").body, HasSubstr("[+] registry"));
  EXPECT_THAT(HttpGet(address, "/readyz").body, Not(HasSubstr("[+] registry")));
  EXPECT_EQ(HttpGet(address, "/config").body, "{}\n");
  EXPECT_EQ(HttpGet(address, "/nowhere").code, 404);
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    EXPECT_EQ(HttpGet(address, "/config", method).code, 405) << method;
  }
}

TEST(AdminPortTest, GarbageIsRefusedAndTheNextCallerIsAnswered) {
  const auto port = AdminPort::Start("127.0.0.1:0", Source(absl::OkStatus()));
  ASSERT_TRUE(port.ok()) << port.status();
  HttpExchange((*port)->address(), "\r\n\r\nwhat is this\r\n\r\n");
  HttpExchange((*port)->address(), "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n");
  EXPECT_EQ(HttpGet((*port)->address(), "/livez").code, 200);
}

TEST(AdminPortTest, WhoNeverEndsARequestGivesWay) {
  const auto port = AdminPort::Start("127.0.0.1:0", Source(absl::OkStatus()));
  ASSERT_TRUE(port.ok()) << port.status();
  std::deque<RawConnection> half;  // each alone would be waited for for 10 seconds
  for (int i = 0; i < 400; ++i) half.emplace_back((*port)->address()).Send("GET /liv");
  EXPECT_EQ(HttpGet((*port)->address(), "/livez").code, 200);
  // Those that came last have kept their places.
  EXPECT_TRUE(half.back().Send("ez HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(half.back().ReadAll(absl::Seconds(30)), HasSubstr("alive"));
}

TEST(AdminPortTest, AddressesThatAreNoneAndPortsThatAreTakenAreSaid) {
  for (const char* wrong : {"7080", "localhost:7080", "127.0.0.1:seven", "127.0.0.1:70800", ""}) {
    EXPECT_EQ(AdminPort::Start(wrong, Source(absl::OkStatus())).status().code(),
              absl::StatusCode::kInvalidArgument)
        << wrong;
  }
  const auto first = AdminPort::Start("127.0.0.1:0", Source(absl::OkStatus()));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(AdminPort::Start((*first)->address(), Source(absl::OkStatus())).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace lawine
