#include "engine/graph/profile.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

TEST(ProfileTest, NetworksAreReadAsTheyAreWritten) {
  for (int network = 1; network <= 255; ++network) {
    EXPECT_EQ(ParseNetwork(absl::StrCat(network)).value(), network);
  }
  EXPECT_EQ(ParseNetwork("hyves").value(), kNetworkHyves);
  EXPECT_EQ(ParseNetwork("twitter").value(), kNetworkTwitter);
  EXPECT_EQ(ParseNetwork("own").value(), kNetworkOwn);
  EXPECT_EQ(NetworkName(kNetworkLinkedIn), "linkedin");
  EXPECT_EQ(NetworkName(17), "network 17");
  EXPECT_EQ(NetworkName(kNetworkUnknown), "");
}

TEST(ProfileTest, AccountKindsAreReadByNameAndNumber) {
  for (int kind = 1; kind <= 6; ++kind) {
    EXPECT_EQ(ParseAccountKind(absl::StrCat(kind)).value(), kind);
    EXPECT_EQ(ParseAccountKind(AccountKindName(static_cast<std::uint8_t>(kind))).value(), kind);
  }
  EXPECT_EQ(AccountKindName(kAccountAmbassador), "ambassador");
  EXPECT_EQ(AccountKindName(9), "");
}

TEST(ProfileTest, OtherWordsAreRefusedWithThoseThereAre) {
  for (const char* const text : {"", "0", "256", "Hyves", "facebook-nl", "-1", "1.0"}) {
    const auto network = ParseNetwork(text);
    EXPECT_EQ(network.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_NE(network.status().message().find("linkedin"), absl::string_view::npos) << text;
  }
  for (const char* const text : {"", "0", "7", "Personal", "pages"}) {
    const auto kind = ParseAccountKind(text);
    EXPECT_EQ(kind.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_NE(kind.status().message().find("ambassador"), absl::string_view::npos) << text;
  }
}

}  // namespace
}  // namespace lawine
