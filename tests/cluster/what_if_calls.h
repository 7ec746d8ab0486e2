// Calls of WhatIfService, and runs to set beside them.
#ifndef LAWINE_TESTS_CLUSTER_WHAT_IF_CALLS_H_
#define LAWINE_TESTS_CLUSTER_WHAT_IF_CALLS_H_

#include <memory>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "lawine/v1/what_if.grpc.pb.h"
#include "tests/cluster/client.h"
#include "tests/cluster/long_run.h"

namespace lawine {

template <class Result>
struct Told {
  Result result;
  pb::Estimate estimate;
  std::vector<pb::WhatIfProgress> progress;
};
using Compared = Told<pb::ComparisonResult>;
using Swept = Told<pb::SweepResult>;

// Reads a call to its end.
template <class Result, class Response, class Request>
Answer<Told<Result>> Call(Client& client, const Request& request,
                          std::unique_ptr<grpc::ClientReader<Response>> (pb::WhatIfService::Stub::*method)(
                              grpc::ClientContext*, const Request&)) {
  const auto stub = pb::WhatIfService::NewStub(client.channel());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kCallTimeout));
  const auto reader = ((*stub).*method)(&context, request);
  Answer<Told<Result>> answer;
  Response response;
  while (reader->Read(&response)) {
    if (response.has_progress()) answer.value.progress.push_back(response.progress());
    if (response.has_result()) answer.value.result = response.result();
    if (response.has_estimate()) answer.value.estimate = response.estimate();
  }
  answer.status = reader->Finish();
  return answer;
}

inline Answer<Compared> Compare(Client& client, const pb::CompareRequest& request) {
  return Call<pb::ComparisonResult>(client, request, &pb::WhatIfService::Stub::Compare);
}
inline Answer<Swept> Sweep(Client& client, const pb::SweepRequest& request) {
  return Call<pb::SweepResult>(client, request, &pb::WhatIfService::Stub::Sweep);
}

// What a run of this scenario says by itself.
inline pb::RunResult RunAlone(Client& client, const pb::Scenario& scenario) {
  const auto run = client.RunToEnd(scenario);
  EXPECT_EQ(run.value.state(), pb::RUN_STATE_SUCCEEDED) << run.value.error();
  return client.Result(run.value.name()).value;
}

class WhatIfTest : public LongRunTest {
 protected:
  static pb::CompareRequest Request(std::uint32_t replicas) {
    pb::CompareRequest request;
    pb::Comparison& comparison = *request.mutable_comparison();
    *comparison.mutable_base() = Scenario(replicas);
    comparison.mutable_base()->mutable_model()->mutable_forward()->set_probability(0.06);
    pb::Variant& keener = *comparison.add_variants();
    keener.set_name("keener");
    keener.mutable_change()->mutable_model()->mutable_forward()->set_probability(0.08);
    pb::Variant& shorter = *comparison.add_variants();
    shorter.set_name("shorter");
    shorter.mutable_change()->mutable_stop()->set_max_steps(3);
    return request;
  }
};

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_WHAT_IF_CALLS_H_
