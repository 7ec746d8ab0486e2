// lawine_small_calls: latency of small calls to a coordinator, as a service makes them: one long-lived
// channel a caller, Simulate with a deadline. Open loop: calls have their times beforehand and a latency
// counts from that time, so a slow answer delays no other call and hides none. Prints JSON, every latency in
// it.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bench/end_to_end/measurement.h"
#include "engine/base/status_macros.h"
#include "lawine/v1/simulation.grpc.pb.h"
#include "services/common/rpc.h"

namespace lawine::bench {
namespace {

struct CallFlags {
  std::string cluster;
  std::string graph;
  std::string member;
  double forward = 0;  // nobody forwards but the seed member: the message dies at once
  std::uint32_t replicas = 1;
  std::uint32_t callers = 1;
  std::uint32_t rounds = 200;
  std::uint32_t interval_ms = 20;
};

using Time = std::chrono::steady_clock::time_point;

// What one caller saw.
struct Caller {
  std::vector<double> seconds;  // of calls that were answered
  std::uint64_t deliveries = 0;
  std::string digest;
  std::vector<std::string> refusals;
  absl::Status status;
};

v1::SimulateRequest Request(const CallFlags& flags) {
  v1::SimulateRequest request;
  v1::Scenario& scenario = *request.mutable_scenario();
  scenario.set_graph(flags.graph);
  scenario.mutable_seed_members()->add_ids(flags.member);
  scenario.mutable_model()->mutable_forward()->set_probability(flags.forward);
  scenario.set_replicas(flags.replicas);
  scenario.set_run_seed(1);
  return request;
}

// Every answer must be the same.
absl::Status Keep(const v1::RunResult& result, double seconds, Caller& caller) {
  caller.seconds.push_back(seconds);
  caller.deliveries = result.totals().deliveries();
  if (caller.digest.empty()) caller.digest = result.digest();
  if (caller.digest == result.digest()) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("expected digest ", caller.digest, " from every call, found ", result.digest()));
}

using Channel = std::shared_ptr<grpc::Channel>;

void CallInRounds(const CallFlags& flags, const Channel& channel, Time start, Caller& caller) {
  const auto stub = v1::SimulationService::NewStub(channel);
  const v1::SimulateRequest request = Request(flags);
  for (std::uint32_t round = 0; round < flags.rounds && caller.status.ok(); ++round) {
    const Time due = start + round * std::chrono::milliseconds(flags.interval_ms);
    std::this_thread::sleep_until(due);
    grpc::ClientContext context;
    SetDeadline(context, absl::Seconds(30));
    v1::SimulateResponse response;
    const grpc::Status status = stub->Simulate(&context, request, &response);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - due).count();
    if (status.ok()) {
      caller.status = Keep(response.result(), seconds, caller);
    } else if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
      caller.refusals.push_back(status.error_message());
    } else {
      caller.status = absl::UnavailableError(absl::StrCat("Simulate: ", status.error_message()));
    }
  }
}

double Quantile(const std::vector<double>& sorted, double q) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
}

absl::Status ToJson(const CallFlags& flags, const std::vector<Caller>& callers, Json& json) {
  std::vector<double> seconds;
  std::size_t refused = 0;
  for (const Caller& caller : callers) {
    LAWINE_RETURN_IF_ERROR(caller.status);
    seconds.insert(seconds.end(), caller.seconds.begin(), caller.seconds.end());
    refused += caller.refusals.size();
    if (caller.digest != callers[0].digest && !caller.digest.empty()) {
      return absl::InternalError("expected one digest from all callers, found several");
    }
  }
  if (seconds.empty()) return absl::ResourceExhaustedError("expected answers, found every call refused");
  std::sort(seconds.begin(), seconds.end());
  json = {{"program", "lawine_small_calls"},
          {"callers", flags.callers},
          {"replicas", flags.replicas},
          {"calls", seconds.size()},
          {"refused", refused},
          {"interval_seconds", flags.interval_ms / 1000.0},
          {"p50_seconds", Quantile(seconds, 0.5)},
          {"p99_seconds", Quantile(seconds, 0.99)},
          {"max_seconds", seconds.back()},
          {"deliveries", callers[0].deliveries},
          {"digest", callers[0].digest},
          {"seconds", seconds}};
  return absl::OkStatus();
}

// One call of each caller, not counted, is what its channel's first costs more.
absl::Status Run(const CallFlags& flags, Json& json) {
  CallFlags warm = flags;
  warm.rounds = 1;
  std::vector<Channel> channels;
  for (std::uint32_t i = 0; i < flags.callers; ++i) channels.push_back(OpenChannel(flags.cluster));
  const absl::Time connected_by = absl::Now() + absl::Seconds(10);  // all of them
  for (const Channel& channel : channels) AwaitConnection(*channel, connected_by - absl::Now());
  std::vector<Caller> callers;
  for (const CallFlags& now : {warm, flags}) {
    callers.assign(flags.callers, Caller());
    const Time start = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < flags.callers; ++i) {
      threads.emplace_back([&, i] { CallInRounds(now, channels[i], start, callers[i]); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  return ToJson(flags, callers, json);
}

}  // namespace
}  // namespace lawine::bench

int main(int argc, char** argv) {
  CLI::App app("lawine_small_calls: latency of small calls");
  lawine::bench::CallFlags flags;
  app.add_option("--cluster", flags.cluster, "HOST:PORT of the coordinator")->required();
  app.add_option("--graph", flags.graph, "Name of the graph")->required();
  app.add_option("--member", flags.member, "Seed member")->required();
  app.add_option("--forward", flags.forward, "Probability that a member forwards")->capture_default_str();
  app.add_option("--replicas", flags.replicas, "Replicas of each call")->capture_default_str();
  app.add_option("--callers", flags.callers, "Callers that call at the same time")
      ->capture_default_str()
      ->check(CLI::Range(1u, 1000u));
  app.add_option("--rounds", flags.rounds, "Calls of each caller")
      ->capture_default_str()
      ->check(CLI::Range(1u, 1000000u));
  app.add_option("--interval-ms", flags.interval_ms, "From one call of a caller to its next")
      ->capture_default_str()
      ->check(CLI::Range(1u, 60000u));
  CLI11_PARSE(app, argc, argv);
  lawine::bench::Json json;
  const absl::Status status = lawine::bench::Run(flags, json);
  return lawine::bench::Report(status, json);
}
