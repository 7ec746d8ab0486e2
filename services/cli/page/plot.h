// A plot of a report: what is drawn, not how. page/page.js draws it.
#ifndef LAWINE_SERVICES_CLI_PAGE_PLOT_H_
#define LAWINE_SERVICES_CLI_PAGE_PLOT_H_

#include <optional>
#include <string>
#include <vector>

#include "services/common/json/message_json.h"

namespace lawine::cli {

// A range around the values of a series; parallel to them.
struct Band {
  std::vector<double> low;
  std::vector<double> high;
};

struct Series {
  std::string name;
  std::vector<double> x = {};  // of lines, ascending; parallel to y
  std::vector<double> y = {};
  std::vector<Band> bands = {};  // of lines, the widest last; of intervals, one
  bool dashed = false;
  bool reference = false;  // something to compare with: thin and grey
};

struct Axis {
  std::string title;
  bool log = false;
  bool whole = false;      // only whole numbers
  bool from_zero = false;  // zero is in sight
};

// A place on the x axis, with the range it may be in.
struct Mark {
  double at = 0;
  std::optional<double> low = std::nullopt;
  std::optional<double> high = std::nullopt;
};

struct Plot {
  enum class Kind {
    kLines,
    kBars,       // by label
    kStacked,    // by label, on top of each other
    kAcross,     // by label, behind each other from left to right
    kIntervals,  // by label, from left to right: a point and its band
  };
  Kind kind = Kind::kLines;
  std::string title;
  std::string note = "";  // how to read it
  Axis x = {};
  Axis y = {};
  std::vector<std::string> labels = {};  // of all kinds but lines
  std::vector<Series> series = {};
  std::vector<Mark> marks = {};
};

// Numbers that are not finite become null.
Json PlotToJson(const Plot& plot);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_PAGE_PLOT_H_
