#include "bench/end_to_end/measurement.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lawine::bench {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

rusage Usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// Of all runs but the first.
Json SpreadJson(const std::vector<double>& values) {
  const std::vector<double> warm(values.begin() + 1, values.end());
  const auto [min, max] = std::minmax_element(warm.begin(), warm.end());
  return {{"median", Median(warm)}, {"min", *min}, {"max", *max}, {"runs", warm}};
}

}  // namespace

Clock ReadClock() {
  const rusage usage = Usage();
  return {.wall_seconds =
              std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(),
          .cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime)};
}

double SecondsSince(const Clock& start) { return ReadClock().wall_seconds - start.wall_seconds; }

std::uint64_t PeakResidentBytes() { return static_cast<std::uint64_t>(Usage().ru_maxrss) << 10; }

absl::Status Repeated::Add(const Clock& start, Measured measured) {
  const Clock end = ReadClock();
  seconds_.push_back(end.wall_seconds - start.wall_seconds);
  cpu_seconds_.push_back(end.cpu_seconds - start.cpu_seconds);
  if (seconds_.size() == 1) first_ = std::move(measured);
  if (seconds_.size() == 1 || measured == first_) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("run ", seconds_.size(), " differs from the first: digest ",
                                          measured.digest.ToHex(), ", expected ", first_.digest.ToHex()));
}

Json Repeated::ToJson(std::uint32_t threads) const {
  std::uint64_t deliveries = 0;
  Json steps = Json::array();
  for (const MeasuredStep& step : first_.steps) {
    deliveries += step.deliveries;
    steps.push_back({{"step", step.step},
                     {"deliveries", step.deliveries},
                     {"first_receipts", step.first_receipts},
                     {"duplicates", step.step == 0 ? 0 : step.deliveries - step.first_receipts},
                     {"forwards", step.forwards}});
  }
  return {{"threads", threads},
          {"first_seconds", seconds_.front()},
          {"processing_seconds", SpreadJson(seconds_)},
          {"cpu_seconds", SpreadJson(cpu_seconds_)},
          {"deliveries", deliveries},
          {"links_touched", first_.links_touched == 0 ? Json() : Json(first_.links_touched)},
          {"digest", first_.digest.ToHex()},
          {"steps", std::move(steps)}};
}

Json BuildJson() {
#ifdef NDEBUG
  const bool assertions = false;
#else
  const bool assertions = true;
#endif
  return {{"compiler", __VERSION__}, {"assertions", assertions}};
}

int Report(const absl::Status& status, const Json& json) {
  if (status.ok()) {
    std::printf("%s\n", json.dump(2).c_str());
    return 0;
  }
  std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace lawine::bench
