#include "services/coordinator/access/token_store.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/temp_directory.h"

namespace lawine {
namespace {

using testing::HasSubstr;

std::string Line(const std::string& name, const std::string& secret, const std::string& options = "") {
  return absl::StrCat(name, " run ", Sha256Hex(secret), options, "\n");
}

Token Slow(double requests_per_second) {
  return {.name = "alice",
          .role = Role::kRun,
          .sha256 = Sha256Hex("a"),
          .requests_per_second = requests_per_second};
}

TEST(TokenStoreTest, TokensAreFoundByTheSecretAlone) {
  const auto tokens = ParseTokens(Line("alice", "secret") + Line("bob", "other"));
  ASSERT_TRUE(tokens.ok());
  const TokenStore store(*tokens);
  EXPECT_EQ(store.Find("secret")->name, "alice");
  EXPECT_EQ(store.Find("other")->name, "bob");
  EXPECT_FALSE(store.Find("").has_value());
  EXPECT_FALSE(store.Find(Sha256Hex("secret")).has_value());
  EXPECT_EQ(store.Named("bob")->sha256, Sha256Hex("other"));
}

TEST(TokenStoreTest, AFileWithoutEndIsNotRead) {
  const auto store = TokenStore::Open("/dev/zero");
  EXPECT_EQ(store.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("expected a regular file"));
}

TEST(TokenStoreTest, AllowanceIsOneSecondsWorthAndFillsAgain) {
  TokenStore store({Slow(4)});
  const absl::Time start = absl::Now();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(store.TakeRequest(Slow(4), start), absl::ZeroDuration()) << i;
  EXPECT_EQ(store.TakeRequest(Slow(4), start), absl::Milliseconds(250));
  EXPECT_EQ(store.TakeRequest(Slow(4), start + absl::Milliseconds(125)), absl::Milliseconds(125));
  EXPECT_EQ(store.TakeRequest(Slow(4), start + absl::Milliseconds(250)), absl::ZeroDuration());
  const absl::Time later = start + absl::Hours(1);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(store.TakeRequest(Slow(4), later), absl::ZeroDuration()) << i;
  EXPECT_GT(store.TakeRequest(Slow(4), later), absl::ZeroDuration());
}

TEST(TokenStoreTest, RatesBelowOneLetOneThroughAtATime) {
  TokenStore store({Slow(0.5)});
  const absl::Time start = absl::Now();
  EXPECT_EQ(store.TakeRequest(Slow(0.5), start), absl::ZeroDuration());
  EXPECT_EQ(store.TakeRequest(Slow(0.5), start), absl::Seconds(2));
  EXPECT_EQ(store.TakeRequest(Slow(0.5), start + absl::Seconds(2)), absl::ZeroDuration());
}

TEST(TokenStoreTest, WithoutARateNobodyWaits) {
  TokenStore store({Slow(0)});
  const absl::Time start = absl::Now();
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(store.TakeRequest(Slow(0), start), absl::ZeroDuration());
}

class TokenFileReloadTest : public testing::Test {
 protected:
  void Write(const std::string& text) { std::ofstream(path_) << text; }
  // What a change leads to, which takes a moment.
  template <class Condition>
  bool Soon(const Condition& condition) {
    for (const absl::Time end = absl::Now() + absl::Seconds(30); absl::Now() < end;
         absl::SleepFor(absl::Milliseconds(20))) {
      if (condition()) return true;
    }
    return false;
  }

  const TempDirectory directory_;
  const std::string path_ = directory_.path() / "tokens";
};

TEST_F(TokenFileReloadTest, ANewFileIsReadAndAWrongOneIsNot) {
  Write(Line("alice", "one"));
  const auto store = TokenStore::Open(path_);
  ASSERT_TRUE(store.ok()) << store.status();
  Write(Line("alice", "two") + Line("bob", "three"));
  EXPECT_TRUE(Soon([&] { return (*store)->Find("two").has_value(); }));
  EXPECT_FALSE((*store)->Find("one").has_value());
  EXPECT_EQ((*store)->reloads().ok, 1u);
  Write("what is this\n");
  EXPECT_TRUE(Soon([&] { return (*store)->reloads().failed > 0; }));
  EXPECT_TRUE((*store)->Find("three").has_value());
  Write(Line("carol", "four"));
  EXPECT_TRUE(Soon([&] { return (*store)->Find("four").has_value(); }));
  EXPECT_EQ((*store)->reloads().failed, 1u);
}

TEST_F(TokenFileReloadTest, APipeInItsPlaceEndsNothingAndEachReasonCounts) {
  Write(Line("alice", "one"));
  const auto store = TokenStore::Open(path_);
  ASSERT_TRUE(store.ok()) << store.status();
  std::filesystem::remove(path_);
  EXPECT_TRUE(Soon([&] { return (*store)->reloads().failed == 1; }));
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_TRUE(Soon([&] { return (*store)->reloads().failed == 2; }));
  std::filesystem::remove(path_);
  Write(Line("bob", "two"));
  EXPECT_TRUE(Soon([&] { return (*store)->Find("two").has_value(); }));
}

TEST_F(TokenFileReloadTest, OpeningAMissingOrWrongFileNamesIt) {
  EXPECT_THAT(std::string(TokenStore::Open(path_).status().message()), HasSubstr(path_));
  Write("alice run\n");
  EXPECT_THAT(std::string(TokenStore::Open(path_).status().message()), HasSubstr(path_ + ": line 1"));
}

}  // namespace
}  // namespace lawine
