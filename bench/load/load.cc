// lawine_load: load on the public API of any cluster. Open loop: every call has its time beforehand and its
// latency counts from that time, so a slow answer neither delays the next call nor hides it. One line, or
// JSON, a rate.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/load/arrivals.h"
#include "bench/load/calls.h"
#include "bench/load/latency_histogram.h"
#include "engine/base/mutex.h"
#include "nlohmann/json.hpp"

namespace lawine::bench {
namespace {

using Json = nlohmann::ordered_json;
using SteadyClock = std::chrono::steady_clock;
constexpr double kShares[] = {0.5, 0.9, 0.95, 0.99, 0.999};
constexpr const char* kShareNames[] = {"p50", "p90", "p95", "p99", "p99.9"};

struct Profile {
  std::vector<double> rates = {50, 100, 200};  // calls a second, one after the other
  double seconds = 10;                         // at each
  double warm_up_seconds = 2;                  // at the first rate, not counted
  bool constant = false;
  std::uint64_t seed = 1;
  std::uint32_t in_flight_max = 10'000;
};

// What became of the calls of one rate. Thread-safe.
class Outcome {
 public:
  // False when too many have no answer yet.
  bool Begin(std::uint32_t in_flight_max) {
    MutexLock lock(mutex_);
    if (in_flight_ >= in_flight_max) {
      ++not_sent_;
      return false;
    }
    ++in_flight_;
    return true;
  }
  void End(grpc::StatusCode code, SteadyClock::time_point due) {
    const auto latency = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - due);
    MutexLock lock(mutex_);
    ++codes_[code];
    if (code == grpc::StatusCode::OK) answered_.Add(static_cast<std::uint64_t>(latency.count()));
    if (--in_flight_ == 0) all_ended_.NotifyAll();
  }
  void Wait() {
    MutexLock lock(mutex_);
    while (in_flight_ > 0) all_ended_.Wait(mutex_);
  }

  // REQUIRES: Wait has returned, and nothing was begun since.
  const LatencyHistogram& answered() const { return answered_; }
  const std::map<grpc::StatusCode, std::uint64_t>& codes() const { return codes_; }
  std::uint64_t not_sent() const { return not_sent_; }

 private:
  Mutex mutex_;
  CondVar all_ended_;
  LatencyHistogram answered_;
  std::map<grpc::StatusCode, std::uint64_t> codes_;
  std::uint32_t in_flight_ = 0;
  std::uint64_t not_sent_ = 0;
};

// Sends for `seconds` and waits for the answers. Returns the seconds until the last one.
double Offer(Caller& caller, const Profile& profile, double rate, double seconds, std::uint64_t& number,
             Outcome& outcome) {
  ArrivalTimes times(profile.constant ? Arrivals::kConstant : Arrivals::kPoisson, rate, profile.seed);
  const auto start = SteadyClock::now();
  const auto end = start + std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
  while (true) {
    const auto due = start + std::chrono::nanoseconds(times.Next());
    if (due >= end) break;
    std::this_thread::sleep_until(due);
    if (!outcome.Begin(profile.in_flight_max)) continue;
    caller.Send(++number, [&outcome, due](grpc::StatusCode code) { outcome.End(code, due); });
  }
  outcome.Wait();
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

Json CodesJson(const Outcome& outcome) {
  Json codes = Json::object();
  for (const auto& [code, calls] : outcome.codes()) {
    codes[code == grpc::StatusCode::OK ? "OK" : absl::StrCat("code ", static_cast<int>(code))] = calls;
  }
  if (outcome.not_sent() > 0) codes["not sent"] = outcome.not_sent();
  return codes;
}

Json RateJson(double rate, double seconds, const Outcome& outcome) {
  const LatencyHistogram& answered = outcome.answered();
  Json json = {{"offered_per_second", rate},
               {"answered_per_second", static_cast<double>(answered.calls()) / seconds},
               {"seconds", seconds},
               {"calls", CodesJson(outcome)}};
  for (std::size_t i = 0; i < std::size(kShares); ++i) {
    json[absl::StrCat(kShareNames[i], "_ms")] = static_cast<double>(answered.Quantile(kShares[i])) / 1000;
  }
  json["max_ms"] = static_cast<double>(answered.max_us()) / 1000;
  json["histogram_us"] = Json::array();
  for (const LatencyHistogram::Bin& bin : answered.Bins()) {
    json["histogram_us"].push_back({bin.first_us, bin.last_us, bin.calls});
  }
  return json;
}

std::string RateLine(const Json& rate) {
  std::string line = absl::StrFormat("%9.1f %9.1f", rate["offered_per_second"].get<double>(),
                                     rate["answered_per_second"].get<double>());
  for (const char* name : kShareNames) {
    absl::StrAppendFormat(&line, " %9.2f", rate[absl::StrCat(name, "_ms")].get<double>());
  }
  absl::StrAppendFormat(&line, " %9.2f  %s\n", rate["max_ms"].get<double>(), rate["calls"].dump());
  return line;
}

// The exit code: 1 when any rate had no answer at all.
int Run(const CallOptions& options, const Profile& profile, bool as_json) {
  const auto caller = Caller::Make(options);
  if (!caller.ok()) {
    std::fprintf(stderr, "lawine_load: %s\n", std::string(caller.status().message()).c_str());
    return 2;
  }
  std::uint64_t number = 0;
  if (profile.warm_up_seconds > 0) {
    Outcome warm;
    Offer(**caller, profile, profile.rates.front(), profile.warm_up_seconds, number, warm);
  }
  if (!as_json) {
    std::printf(
        "  offered  answered  p50 ms    p90       p95       p99       p99.9     max  calls a second\n");
  }
  Json json = {{"program", "lawine_load"},
               {"call", options.call},
               {"connections", options.connections},
               {"arrivals", profile.constant ? "constant" : "poisson"},
               {"rates", Json::array()}};
  bool answered = true;
  for (const double rate : profile.rates) {
    Outcome outcome;
    const double seconds = Offer(**caller, profile, rate, profile.seconds, number, outcome);
    json["rates"].push_back(RateJson(rate, seconds, outcome));
    answered = answered && outcome.answered().calls() > 0;
    if (!as_json) std::fputs(RateLine(json["rates"].back()).c_str(), stdout);
    std::fflush(stdout);
  }
  if (as_json) std::printf("%s\n", json.dump(1).c_str());
  return answered ? 0 : 1;
}

void AddFlags(CLI::App& app, CallOptions& options, Profile& profile) {
  app.add_option("--cluster", options.cluster, "HOST:PORT of the coordinator")->required();
  app.add_option("--tls-ca", options.tls_ca, "File with the CA of the public port; turns TLS on");
  app.add_option("--tls-server-name", options.tls_server_name, "Name expected in the certificate");
  app.add_option("--token-file", options.token_file, "File whose first line is the token");
  app.add_option("--connections", options.connections, "Connections that calls take in turn")
      ->capture_default_str()
      ->check(CLI::Range(1u, 1000u));
  app.add_option("--call", options.call, "What to call")
      ->capture_default_str()
      ->check(CLI::IsMember({"simulate", "member", "status"}));
  app.add_option("--graph", options.graph, "Name of the graph, of simulate and member");
  app.add_option("--forward", options.forward, "simulate: probability that a member forwards")
      ->capture_default_str();
  app.add_option("--replicas", options.replicas, "simulate: replicas of each call")->capture_default_str();
  app.add_option("--rates", profile.rates, "Calls a second: 50,100,200 one after the other")
      ->delimiter(',')
      ->check(CLI::Range(0.01, 1e6));
  app.add_option("--seconds", profile.seconds, "Seconds at each rate")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 86400.0));
  app.add_option("--warm-up", profile.warm_up_seconds, "Seconds before, at the first rate, not counted")
      ->capture_default_str();
  app.add_flag("--constant", profile.constant,
               "Calls at equal distances (default: Poisson, as of many callers)");
  app.add_option("--seed", profile.seed, "Key of the arrival times")->capture_default_str();
  app.add_option("--in-flight", profile.in_flight_max,
                 "Calls without answer at most; further ones count as not sent")
      ->capture_default_str();
}

}  // namespace
}  // namespace lawine::bench

int main(int argc, char** argv) {
  CLI::App app(
      "lawine_load: open-loop load on the public API of a cluster, with latencies from p50 to p99.9\n\n"
      "Example: lawine_load --cluster lawine.spread:7070 --tls-ca ca.crt --token-file token --graph hyves "
      "--rates 100,200,400 --seconds 60");
  lawine::bench::CallOptions options;
  lawine::bench::Profile profile;
  std::string output = "table";
  lawine::bench::AddFlags(app, options, profile);
  app.add_option("-o,--output", output, "table or json")->check(CLI::IsMember({"table", "json"}));
  CLI11_PARSE(app, argc, argv);
  return lawine::bench::Run(options, profile, output == "json");
}
