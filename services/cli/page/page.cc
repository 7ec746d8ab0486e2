#include "services/cli/page/page.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/status_macros.h"
#include "services/cli/files/markup.h"
#include "services/cli/page/page_files.h"
#include "services/common/process.h"

namespace lawine::cli {
namespace {

// <tag>text</tag>, the text escaped.
std::string Element(absl::string_view tag, absl::string_view text, absl::string_view attributes = "") {
  return absl::StrCat("<", tag, attributes.empty() ? "" : " ", attributes, ">", EscapeMarkup(text), "</", tag,
                      ">");
}

// <tag> html </tag>
std::string Around(absl::string_view tag, absl::string_view html, absl::string_view attributes = "") {
  return absl::StrCat("<", tag, attributes.empty() ? "" : " ", attributes, ">\n", html, "</", tag, ">\n");
}

const char* BasisWord(Basis basis) {
  switch (basis) {
    case Basis::kMeasured:
      return "measured";
    case Basis::kArticle:
      return "article";
    case Basis::kAssumed:
      return "assumed";
    case Basis::kYours:
      return "yours";
  }
  return "yours";
}

std::string AnswersHtml(const Page& page) {
  std::string html;
  for (const Answer& answer : page.answers) {
    absl::StrAppend(&html, "<div>", Element("dt", answer.question), Element("dd", answer.sentence),
                    "</div>\n");
  }
  return html;
}

std::string WarningsHtml(const Page& page) {
  std::string html;
  for (const std::string& warning : page.warnings) absl::StrAppend(&html, Element("li", warning), "\n");
  return html.empty() ? "" : Around("ul", html, "class=\"warnings\"");
}

std::string Row(const std::vector<std::string>& cells, absl::string_view tag) {
  std::string html = "<tr>";
  for (const std::string& cell : cells) absl::StrAppend(&html, Element(tag, cell));
  return html + "</tr>\n";
}

std::string TablesHtml(const Page& page) {
  std::string html;
  for (const PageTable& table : page.tables) {
    std::string rows;
    for (const auto& row : table.rows) absl::StrAppend(&rows, Row(row, "td"));
    const std::string body =
        Around("table", Around("thead", Row(table.columns, "th")) + Around("tbody", rows));
    absl::StrAppend(&html, Around("section", Element("h2", table.title) +
                                                 Around("div", body, "class=\"scroll\" tabindex=\"0\"")));
  }
  return html;
}

std::string AssumptionsHtml(const Page& page) {
  std::string rows;
  for (const Assumption& assumption : page.assumptions) {
    const char* const basis = BasisWord(assumption.basis);
    absl::StrAppend(&rows, "<tr>", Element("td", assumption.what), Element("td", assumption.value), "<td>",
                    Element("span", basis, absl::StrCat("class=\"basis ", basis, "\"")), "</td>",
                    Element("td", assumption.source, "class=\"source\""), "</tr>\n");
  }
  const std::string head = Around("thead", Row({"What", "Value", "Basis", "Source or reason"}, "th"));
  return Around("div", Around("table", head + Around("tbody", rows), "class=\"texts assumptions\""),
                "class=\"scroll\"");
}

std::string FigureHtml(const Plot& plot, std::size_t number) {
  const std::string label = absl::StrCat("role=\"img\" aria-label=\"", EscapeMarkup(plot.title), ". ",
                                         EscapeMarkup(plot.note), "\"");
  return Around(
      "figure",
      absl::StrCat("<figcaption>", Element("h3", plot.title), Element("p", plot.note),
                   "</figcaption>\n<div class=\"canvas\">", Element("canvas", "", label), "</div>\n"),
      absl::StrCat("data-plot=\"", number, "\""));
}

std::string PlotsHtml(const Page& page) {
  std::string html;
  std::size_t number = 0;
  for (const PagePlots& group : page.plots) {
    std::string figures;
    for (const Plot& plot : group.plots) absl::StrAppend(&figures, FigureHtml(plot, number++));
    absl::StrAppend(&html, page.plots.size() > 1 ? Element("h3", group.title) : "",
                    Around("div", figures, "class=\"plots\""));
  }
  return html;
}

std::string PlotData(const Page& page) {
  Json plots = Json::array();
  for (const PagePlots& group : page.plots) {
    for (const Plot& plot : group.plots) plots.push_back(PlotToJson(plot));
  }
  return EscapeScriptJson(JsonLine(plots));
}

std::string ManifestHtml(const Page& page) {
  std::string html;
  for (const PageManifest& manifest : page.manifests) {
    if (!manifest.title.empty()) absl::StrAppend(&html, Element("h3", manifest.title), "\n");
    std::string commands;
    for (const std::string& command : manifest.commands) absl::StrAppend(&commands, command, "\n");
    absl::StrAppend(&html, Element("pre", commands), "\n");
    std::string facts;
    for (const auto& [name, value] : manifest.facts)
      absl::StrAppend(&facts, Element("dt", name), Element("dd", value), "\n");
    absl::StrAppend(&html, Around("dl", facts, "class=\"facts\""));
    for (const auto& [name, content] : manifest.files) {
      absl::StrAppend(&html, Around("details", Element("summary", name) + Element("pre", content)));
    }
  }
  return html;
}

}  // namespace

// A script's text ends at "</script", whatever stands around it; escaped, it is the same JSON.
std::string EscapeScriptJson(const std::string& json) {
  return absl::StrReplaceAll(json, {{"<", "\\u003c"}, {">", "\\u003e"}, {"&", "\\u0026"}});
}

std::string PageHtml(const Page& page) {
  const std::string recommendation =
      page.recommendation.empty() ? "" : Element("p", page.recommendation, "class=\"recommendation\"");
  // In one pass: what is put in is not looked at again.
  return absl::StrReplaceAll(PageTemplate(),
                             {{"{{title}}", EscapeMarkup(page.title)},
                              {"{{subtitle}}", EscapeMarkup(page.subtitle)},
                              {"{{generator}}", absl::StrCat("lawine ", kVersion)},
                              {"{{recommendation}}", recommendation},
                              {"{{answers}}", AnswersHtml(page)},
                              {"{{warnings}}", WarningsHtml(page)},
                              {"{{tables}}", TablesHtml(page)},
                              {"{{assumptions}}", AssumptionsHtml(page)},
                              {"{{plots}}", PlotsHtml(page)},
                              {"{{manifest}}", ManifestHtml(page)},
                              {"{{footer}}", absl::StrCat("Made by lawine ", kVersion,
                                                          ". Plots drawn with Chart.js (MIT licence).")},
                              {"{{plot_data}}", PlotData(page)},
                              {"{{style}}", PageStyle()},
                              {"{{library}}", PlotLibrary()},
                              {"{{script}}", PageScript()}});
}

absl::Status WritePage(const Page& page, OutputFile& file) {
  LAWINE_RETURN_IF_ERROR(file.Write(PageHtml(page)));
  return file.Finish();
}

}  // namespace lawine::cli
