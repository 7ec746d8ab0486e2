#include "services/cli/files/receipt_table.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/files/steps_file.h"
#include "services/common/process.h"
#include "services/coordinator/runs/attribution.h"
#include "tests/support/temp_directory.h"

namespace lawine {
namespace {

TEST(FrequencyOf, DoublesItsBins) {
  const std::vector<std::uint32_t> deliveries = {0, 1, 1, 2, 3, 4, 5, 8, 9, 4'000'000'000u};
  std::vector<std::string> bins;
  for (const v1::FrequencyBin& bin : FrequencyOf(deliveries)) {
    if (bin.members() > 0) bins.push_back(absl::StrCat(bin.first(), "-", bin.last(), ": ", bin.members()));
  }
  EXPECT_THAT(bins, ::testing::ElementsAre("0-0: 1", "1-1: 2", "2-2: 1", "3-4: 2", "5-8: 2", "9-16: 1",
                                           "2147483649-4294967295: 1"));
  EXPECT_EQ(FrequencyOf(std::vector<std::uint32_t>{2}).size(), 1u) << "none at the ends is empty";
}

}  // namespace
}  // namespace lawine

namespace lawine::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// 5 brought it to "b", and "b" to "<c>".
std::vector<ReceiptRow> Table() {
  return {{.id = "a", .number = 5, .receipt_step = 0, .forward_step = 0, .account_kind = 4},
          {.id = "b,1",
           .number = 2,
           .receipt_step = 1,
           .forward_step = 1,
           .sender = 5,
           .deliveries = 3,
           .network = 1},
          {.id = "<c>\x01", .number = 9, .receipt_step = 2, .sender = 2, .deliveries = 1, .community = 7}};
}

class ReceiptTableTest : public ::testing::Test {
 protected:
  template <class Write>
  std::string Written(const Write& write) {
    const std::string path = directory_.path() / "file";
    auto file = OutputFile::Create(path);
    EXPECT_TRUE(file.ok() && write(*file).ok());
    return ReadFile(path).value_or("unreadable");
  }
  const TempDirectory directory_;
};

TEST_F(ReceiptTableTest, NamesSendersInCsv) {
  EXPECT_EQ(Written([](OutputFile& file) { return WriteReceiptTable(Table(), file); }),
            "member,receipt_step,forward_step,sender,deliveries\n"
            "a,0,0,,0\n"
            "\"b,1\",1,1,a,3\n"
            "<c>\x01,2,,\"b,1\",1\n");
}

TEST_F(ReceiptTableTest, IsATreeInGraphMl) {
  const std::string xml = Written([](OutputFile& file) { return WriteGraphMl(Table(), 100, file); });
  EXPECT_THAT(xml, HasSubstr("<node id=\"n5\"><data key=\"label\">a</data><data key=\"step\">0</data><data "
                             "key=\"depth\">0</data><data key=\"deliveries\">0</data><data "
                             "key=\"seed\">true</data><data key=\"forward\">0</data><data "
                             "key=\"kind\">organisation</data></node>"));
  EXPECT_THAT(xml, HasSubstr("<data key=\"network\">hyves</data>"));
  EXPECT_THAT(xml, HasSubstr("<data key=\"community\">7</data>"));
  EXPECT_THAT(xml, HasSubstr("<data key=\"label\">&lt;c&gt; </data><data key=\"step\">2</data><data "
                             "key=\"depth\">2</data>"));
  EXPECT_THAT(xml, HasSubstr("<edge source=\"n2\" target=\"n9\"><data key=\"at\">2</data></edge>"));
  EXPECT_THAT(xml, Not(HasSubstr("\x01")));
}

TEST_F(ReceiptTableTest, OfTheFirstMembersIsStillATree) {
  const std::string xml = Written([](OutputFile& file) { return WriteGraphMl(Table(), 2, file); });
  EXPECT_THAT(xml, HasSubstr("<edge source=\"n5\" target=\"n2\">"));
  EXPECT_THAT(xml, Not(HasSubstr("n9")));
}

TEST_F(ReceiptTableTest, StepsAreALineEach) {
  v1::RunResult result;
  result.mutable_scenario()->mutable_message()->set_kind("news");
  for (const std::uint32_t step : {0, 1}) {
    v1::StepCounts& counts = *result.add_steps();
    counts.set_step(step);
    counts.set_first_receipts(step + 1);
    counts.set_deliveries(4 * step);
  }
  result.mutable_ensemble()->add_steps()->mutable_reach()->set_mean(0.5);
  const std::string csv = Written([&](OutputFile& file) { return WriteSteps(result, file); });
  EXPECT_THAT(csv, HasSubstr("\nnews,0,0,1,0,0,,,,,,1,0.5,0,0,0,0,0,0,0\n"));
  EXPECT_THAT(csv, HasSubstr("\nnews,1,4,2,0,0,,,,,,3,,,,,,,,\n"));
  const auto commas = [](std::string_view line) { return std::count(line.begin(), line.end(), ','); };
  EXPECT_EQ(commas(csv.substr(0, csv.find('\n'))), 19);
}

}  // namespace
}  // namespace lawine::cli
