#include "services/cli/page/page.h"

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/files/markup.h"
#include "services/cli/page/page_files.h"
#include "services/common/process.h"
#include "tests/support/temp_directory.h"

namespace lawine::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHostile[] = "</script><script>alert(1)</script> \"quoted\" & 'so' <!-- {{title}} {{script}}";

std::size_t CountOf(const std::string& text, const std::string& what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

Plot PlotOf(const std::string& name) {
  return {.title = name,
          .note = name,
          .x = {.title = name},
          .y = {.title = name},
          .series = {{.name = name, .x = {0, 1}, .y = {1, 2}, .bands = {{.low = {0, 1}, .high = {2, 3}}}}}};
}

// The same text wherever a page takes one.
Page PageOf(const std::string& text) {
  return {
      .title = text,
      .subtitle = text,
      .recommendation = text,
      .answers = {{text, text}},
      .warnings = {text},
      .tables = {{.title = text, .columns = {text}, .rows = {{text}}}},
      .assumptions = {{.what = text, .value = text, .basis = Basis::kArticle, .source = text}},
      .plots = {{.title = text, .plots = {PlotOf(text)}}, {.title = text, .plots = {}}},
      .manifests = {{.title = text, .commands = {text}, .facts = {{text, text}}, .files = {{text, text}}}}};
}

TEST(EscapeMarkup, LeavesNothingThatIsRead) {
  EXPECT_EQ(EscapeMarkup("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(EscapeMarkup("Zoë 17%"), "Zoë 17%");
}

TEST(EscapeScriptJson, IsTheSameJson) {
  const std::string escaped = EscapeScriptJson(JsonLine(Json(kHostile)));
  EXPECT_THAT(escaped, Not(HasSubstr("<")));
  EXPECT_THAT(escaped, Not(HasSubstr("&")));
  EXPECT_EQ(Json::parse(escaped), kHostile);
}

TEST(PageHtml, ReadsNoTextAsHtml) {
  const std::string plain = PageHtml(PageOf("plain")), hostile = PageHtml(PageOf(kHostile));
  for (const char* mark : {"<script", "</script", "<!--", "\n", "<td>", "<li>"}) {
    EXPECT_EQ(CountOf(hostile, mark), CountOf(plain, mark)) << mark;
  }
  EXPECT_EQ(CountOf(plain, ">plain<"), CountOf(hostile, absl::StrCat(">", EscapeMarkup(kHostile), "<")));
}

TEST(PageHtml, ReplacesEveryNameOfTheTemplate) {
  EXPECT_THAT(PageHtml(PageOf("plain")), Not(HasSubstr("{{")));
  EXPECT_THAT(PageHtml(Page{.title = "", .subtitle = "", .recommendation = ""}), Not(HasSubstr("{{")));
}

TEST(PageHtml, LoadsNothing) {
  const std::string html = PageHtml(PageOf("plain"));
  for (const char* load : {"src=", "href=", "@import", "url(", "fetch("}) {
    EXPECT_THAT(std::string(PageTemplate()), Not(HasSubstr(load)));
    EXPECT_THAT(std::string(PageStyle()), Not(HasSubstr(load)));
    EXPECT_THAT(std::string(PageScript()), Not(HasSubstr(load)));
  }
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, HasSubstr("Chart.js Contributors")) << "its licence asks for its notice";
}

TEST(PageHtml, OpensWithTheRecommendationAndTheAnswers) {
  Page page = PageOf("other");
  page.recommendation = "Do it.";
  page.answers = {{"How far?", "Far."}};
  const std::string html = PageHtml(page);
  EXPECT_LT(html.find("Do it."), html.find("How far?"));
  EXPECT_LT(html.find("Far."), html.find("id=\"assumptions\""));
  EXPECT_LT(html.find("id=\"assumptions\""), html.find("id=\"plots\""));
  EXPECT_LT(html.find("id=\"plots\""), html.find("id=\"manifest\""));
}

TEST(PlotToJson, HasNoNumbersThatJsonLacks) {
  Plot plot = PlotOf("name");
  plot.series[0].y = {std::numeric_limits<double>::quiet_NaN(), 2};
  EXPECT_EQ(PlotToJson(plot)["series"][0]["y"], Json::parse("[null, 2.0]"));
  EXPECT_EQ(PlotToJson(plot)["kind"], "lines");
}

TEST(WritePage, WritesTheWholePage) {
  const TempDirectory directory;
  const std::string path = directory.path() / "page.html";
  auto file = OutputFile::Create(path);
  ASSERT_TRUE(file.ok() && WritePage(PageOf("plain"), *file).ok());
  EXPECT_EQ(ReadFile(path).value_or(""), PageHtml(PageOf("plain")));
}

}  // namespace
}  // namespace lawine::cli
