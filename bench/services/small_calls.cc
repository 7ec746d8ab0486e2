// lawine_small_calls: latency of small calls to a coordinator, as a service makes them: one long-lived
// channel a caller, Simulate with a deadline. Open loop: calls have their times beforehand and a latency
// counts from that time, so a slow answer delays no other call and hides none. Prints JSON, every latency in
// it.
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "bench/end_to_end/measurement.h"
#include "bench/services/call_rounds.h"
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

// One call under way.
struct Call {
  grpc::ClientContext context;
  v1::SimulateResponse response;
};

CallAnswer AnswerOf(const grpc::Status& status, const v1::RunResult& result) {
  if (status.ok()) {
    return {
        .status = absl::OkStatus(), .deliveries = result.totals().deliveries(), .digest = result.digest()};
  }
  const bool refused = status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
  return {.status =
              absl::Status(refused ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kUnavailable,
                           absl::StrCat("Simulate: ", status.error_message()))};
}

using Channel = std::shared_ptr<grpc::Channel>;

CallerRecord CallOver(const Channel& channel, const v1::SimulateRequest& request, const CallTimes& times) {
  const auto stub = v1::SimulationService::NewStub(channel);
  return CallInRounds(times, [&](std::function<void(const CallAnswer&)> done) {
    auto call = std::make_shared<Call>();
    Call& begun = *call;
    SetDeadline(begun.context, absl::Seconds(30));
    stub->async()->Simulate(&begun.context, &request, &begun.response,
                            [call = std::move(call), done = std::move(done)](grpc::Status status) mutable {
                              const CallAnswer answer = AnswerOf(status, call->response.result());
                              // A context holds its channel, whose last holder must be no thread of gRPC's.
                              call.reset();
                              done(answer);
                            });
  });
}

absl::StatusOr<Json> ToJson(const CallFlags& flags, const std::vector<CallerRecord>& callers) {
  LAWINE_ASSIGN_OR_RETURN(const CallerRecord all, Together(callers));
  return Json{{"program", "lawine_small_calls"},
              {"callers", flags.callers},
              {"replicas", flags.replicas},
              {"calls", all.seconds.size()},
              {"refused", all.refused},
              {"interval_seconds", flags.interval_ms / 1000.0},
              {"p50_seconds", Quantile(all.seconds, 0.5)},
              {"p99_seconds", Quantile(all.seconds, 0.99)},
              {"max_seconds", all.seconds.back()},
              {"deliveries", all.deliveries},
              {"digest", all.digest},
              {"seconds", all.seconds}};
}

// One call of each caller, not counted, is what its channel's first costs more.
absl::StatusOr<Json> Run(const CallFlags& flags) {
  const v1::SimulateRequest request = Request(flags);
  std::vector<Channel> channels;
  for (std::uint32_t i = 0; i < flags.callers; ++i) channels.push_back(OpenChannel(flags.cluster));
  const absl::Time connected_by = absl::Now() + absl::Seconds(10);  // all of them
  for (const Channel& channel : channels) AwaitConnection(*channel, connected_by - absl::Now());
  std::vector<CallerRecord> callers;
  for (const std::uint32_t rounds : {1u, flags.rounds}) {
    callers.assign(flags.callers, CallerRecord());
    const CallTimes times = {.first = std::chrono::steady_clock::now() + std::chrono::milliseconds(100),
                             .interval = std::chrono::milliseconds(flags.interval_ms),
                             .count = rounds};
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < flags.callers; ++i) {
      threads.emplace_back([&, i] { callers[i] = CallOver(channels[i], request, times); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  return ToJson(flags, callers);
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
  const auto json = lawine::bench::Run(flags);
  return lawine::bench::Report(json.status(), json.ok() ? *json : lawine::bench::Json());
}
