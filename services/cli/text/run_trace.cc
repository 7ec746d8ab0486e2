#include "services/cli/text/run_trace.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/cli/text/text.h"

namespace lawine::cli {
namespace {

using google::protobuf::util::TimeUtil;

struct WorkerSum {
  std::string worker;
  std::uint64_t turns = 0;
  std::uint64_t worked_us = 0;
  std::uint64_t waited_us = 0;
  std::uint64_t longest_us = 0;
  std::uint64_t sent_bytes = 0;  // in the turns that are told
};

std::vector<WorkerSum> SumsOf(const v1::GetRunTraceResponse& trace) {
  std::vector<WorkerSum> sums;
  for (const v1::WorkerTrace& part : trace.workers()) {
    auto it = std::find_if(sums.begin(), sums.end(),
                           [&part](const WorkerSum& sum) { return sum.worker == part.worker(); });
    if (it == sums.end()) it = sums.insert(sums.end(), WorkerSum{.worker = part.worker()});
    it->turns += static_cast<std::uint64_t>(part.turns_size()) + part.turns_left_out();
    it->worked_us += part.worked_us();
    it->waited_us += part.waited_us();
    for (const v1::TraceTurn& turn : part.turns()) {
      it->longest_us = std::max(it->longest_us, turn.took_us());
      it->sent_bytes += turn.sent_bytes();
    }
  }
  return sums;
}

std::string TurnName(const v1::TraceTurn& turn) {
  if (turn.steps_closed() > 0) return absl::StrCat("step ", turn.steps_closed());
  return absl::StrCat(Counted(turn.replicas_done(), "replica", "replicas"), " over");
}

Json Event(const std::string& name, const char* category, std::size_t thread, std::int64_t begin_us,
           std::uint64_t took_us) {
  return {{"name", name},  {"cat", category}, {"ph", "X"},     {"pid", 1},
          {"tid", thread}, {"ts", begin_us},  {"dur", took_us}};
}

void AddWorker(const v1::WorkerTrace& part, std::size_t thread, std::int64_t start_us, Json& events) {
  std::uint64_t end_us = 0;
  for (const v1::TraceTurn& turn : part.turns()) {
    const auto at = [start_us](std::uint64_t us) { return start_us + static_cast<std::int64_t>(us); };
    if (turn.begin_us() > end_us) {
      events.push_back(Event("wait", "wait", thread, at(end_us), turn.begin_us() - end_us));
    }
    Json event = Event(TurnName(turn), "work", thread, at(turn.begin_us()), turn.took_us());
    event["args"] = {{"sent_bytes", turn.sent_bytes()}};
    events.push_back(std::move(event));
    end_us = turn.begin_us() + turn.took_us();
  }
}

}  // namespace

std::string TraceText(const std::string& run, const v1::GetRunTraceResponse& trace, bool color) {
  if (trace.workers().empty()) return absl::StrCat(run, " has no trace: an earlier version made it\n");
  using Align = Table::Align;
  Table table({{"worker", Align::kLeft},
               {"turns", Align::kRight},
               {"worked", Align::kRight},
               {"waited", Align::kRight},
               {"working %", Align::kRight},
               {"longest turn", Align::kRight},
               {"sent", Align::kRight}});
  for (const WorkerSum& sum : SumsOf(trace)) {
    const auto seconds = [](std::uint64_t us) { return Duration(static_cast<double>(us) * 1e-6); };
    table.AddRow({sum.worker, Thousands(sum.turns), seconds(sum.worked_us), seconds(sum.waited_us),
                  PercentCell(sum.worked_us, sum.worked_us + sum.waited_us), seconds(sum.longest_us),
                  Bytes(sum.sent_bytes)});
  }
  return table.Render(color);
}

Json ChromeTrace(const std::string& run, const v1::GetRunTraceResponse& trace) {
  std::int64_t first_us = std::numeric_limits<std::int64_t>::max();
  for (const v1::WorkerTrace& part : trace.workers()) {
    first_us = std::min(first_us, TimeUtil::TimestampToMicroseconds(part.start_time()));
  }
  Json events = Json::array();
  events.push_back({{"name", "process_name"}, {"ph", "M"}, {"pid", 1}, {"args", {{"name", run}}}});
  const std::vector<WorkerSum> workers = SumsOf(trace);
  for (std::size_t w = 0; w < workers.size(); ++w) {
    events.push_back({{"name", "thread_name"},
                      {"ph", "M"},
                      {"pid", 1},
                      {"tid", w + 1},
                      {"args", {{"name", absl::StrCat("worker ", workers[w].worker)}}}});
    for (const v1::WorkerTrace& part : trace.workers()) {
      if (part.worker() != workers[w].worker) continue;
      AddWorker(part, w + 1, TimeUtil::TimestampToMicroseconds(part.start_time()) - first_us, events);
    }
  }
  return {{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}};
}

}  // namespace lawine::cli
