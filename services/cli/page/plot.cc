#include "services/cli/page/plot.h"

#include <cmath>
#include <utility>

namespace lawine::cli {
namespace {

const char* KindWord(Plot::Kind kind) {
  switch (kind) {
    case Plot::Kind::kLines:
      return "lines";
    case Plot::Kind::kBars:
      return "bars";
    case Plot::Kind::kStacked:
      return "stacked";
    case Plot::Kind::kAcross:
      return "across";
    case Plot::Kind::kIntervals:
      return "intervals";
  }
  return "lines";
}

Json NumbersToJson(const std::vector<double>& numbers) {
  Json json = Json::array();
  for (const double number : numbers) json.push_back(std::isfinite(number) ? Json(number) : Json(nullptr));
  return json;
}

Json AxisToJson(const Axis& axis) {
  return {{"title", axis.title}, {"log", axis.log}, {"whole", axis.whole}, {"from_zero", axis.from_zero}};
}

Json SeriesToJson(const Series& series) {
  Json bands = Json::array();
  for (const Band& band : series.bands)
    bands.push_back({{"low", NumbersToJson(band.low)}, {"high", NumbersToJson(band.high)}});
  return {{"name", series.name},       {"x", NumbersToJson(series.x)}, {"y", NumbersToJson(series.y)},
          {"bands", std::move(bands)}, {"dashed", series.dashed},      {"reference", series.reference}};
}

Json MarkToJson(const Mark& mark) {
  Json json = {{"at", mark.at}};
  if (mark.low.has_value()) json["low"] = *mark.low;
  if (mark.high.has_value()) json["high"] = *mark.high;
  return json;
}

}  // namespace

Json PlotToJson(const Plot& plot) {
  Json series = Json::array(), marks = Json::array();
  for (const Series& each : plot.series) series.push_back(SeriesToJson(each));
  for (const Mark& mark : plot.marks) marks.push_back(MarkToJson(mark));
  return {{"kind", KindWord(plot.kind)}, {"x", AxisToJson(plot.x)},     {"y", AxisToJson(plot.y)},
          {"labels", plot.labels},       {"series", std::move(series)}, {"marks", std::move(marks)}};
}

}  // namespace lawine::cli
