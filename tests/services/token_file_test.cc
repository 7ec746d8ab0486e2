#include "services/coordinator/access/token_file.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"

namespace lawine {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kHash(64, 'a');
const std::string kOtherHash(64, 'b');

std::string TokensRefusal(const std::string& text) {
  return std::string(ParseTokens(text).status().message());
}

TEST(TokenFileTest, LinesSayNameRoleHashAndQuotas) {
  const auto tokens =
      ParseTokens(absl::StrCat("# who may call\n\n  alice \t run ", kHash,
                               " runs_at_once=2 requests_per_second=0.5 runs_queued=7 run_seconds=60 "
                               "run_memory_mib=512\r\n",
                               "bob@x.org admin ", kOtherHash));
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  EXPECT_EQ((*tokens)[0], (Token{.name = "alice",
                                 .role = Role::kRun,
                                 .sha256 = kHash,
                                 .runs_at_once = 2,
                                 .runs_queued = 7,
                                 .run_seconds = 60,
                                 .run_memory_mib = 512,
                                 .requests_per_second = 0.5}));
  EXPECT_EQ((*tokens)[1], (Token{.name = "bob@x.org", .role = Role::kAdmin, .sha256 = kOtherHash}));
}

TEST(TokenFileTest, HashesAreThoseOfSha256sum) {
  EXPECT_EQ(Sha256Hex("test"), "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(TokenFileTest, CapitalsInHashesAreTheSame) {
  const auto tokens = ParseTokens("a read " + std::string(64, 'F'));
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(tokens->front().sha256, std::string(64, 'f'));
}

TEST(TokenFileTest, WhatIsWrongIsSaidWithItsLine) {
  const std::string good = absl::StrCat("alice run ", kHash);
  EXPECT_THAT(TokensRefusal("\n# no more\n"), HasSubstr("at least one"));
  EXPECT_THAT(TokensRefusal(good + "\nbob run"), HasSubstr("line 2: expected a name, a role and a hash"));
  EXPECT_THAT(TokensRefusal("al/ice run " + kHash), HasSubstr("line 1: expected a name"));
  EXPECT_THAT(TokensRefusal(std::string(65, 'n') + " run " + kHash), HasSubstr("expected a name"));
  EXPECT_THAT(TokensRefusal("alice root " + kHash), HasSubstr("read, run or admin"));
  EXPECT_THAT(TokensRefusal("alice run " + kHash + "a"), HasSubstr("64 hexadecimal digits"));
  EXPECT_THAT(TokensRefusal("alice run " + std::string(64, 'g')), HasSubstr("64 hexadecimal digits"));
  EXPECT_THAT(TokensRefusal(good + " runs_at_once=0"), HasSubstr("runs_at_once: expected a whole number"));
  EXPECT_THAT(TokensRefusal(good + " runs_at_once"), HasSubstr("runs_at_once: expected a whole number"));
  EXPECT_THAT(TokensRefusal(good + " requests_per_second=nan"), HasSubstr("requests_per_second"));
  EXPECT_THAT(TokensRefusal(good + " requests_per_second=-1"), HasSubstr("requests_per_second"));
  EXPECT_THAT(TokensRefusal(good + " colour=red"), HasSubstr("expected runs_at_once="));
  EXPECT_THAT(TokensRefusal(good + "\n" + good), HasSubstr("line 2: the name is on an earlier line too"));
  EXPECT_THAT(TokensRefusal(good + "\nbob run " + kHash),
              HasSubstr("line 2: the token is on an earlier line too"));
}

// Somebody may have put the token itself where its hash belongs.
TEST(TokenFileTest, NoMessageRepeatsWhatMayBeASecret) {
  EXPECT_THAT(TokensRefusal("alice run hunter2"), Not(HasSubstr("hunter2")));
  EXPECT_THAT(TokensRefusal("hunter2/ run " + kHash), Not(HasSubstr("hunter2")));
  EXPECT_THAT(TokensRefusal("alice run " + kHash + " hunter2=1"), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace lawine
