// Calls of TrafficService.
#ifndef LAWINE_TESTS_CLUSTER_TRAFFIC_CALLS_H_
#define LAWINE_TESTS_CLUSTER_TRAFFIC_CALLS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "lawine/v1/traffic.grpc.pb.h"
#include "tests/cluster/client.h"

namespace lawine {

// One call of RunTraffic.
class TrafficCall {
 public:
  explicit TrafficCall(Client& client) : stub_(pb::TrafficService::NewStub(client.channel())) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + kCallTimeout));
    stream_ = stub_->RunTraffic(&context_);
  }
  void Send(const pb::TrafficSpec& spec) {
    pb::RunTrafficRequest request;
    *request.mutable_spec() = spec;
    stream_->Write(request);
  }
  void Send(const pb::MessageBatch& batch) {
    pb::RunTrafficRequest request;
    *request.mutable_batch() = batch;
    stream_->Write(request);
  }
  bool Read(pb::RunTrafficResponse& response) { return stream_->Read(&response); }
  void Cancel() { context_.TryCancel(); }
  void EndBatches() { stream_->WritesDone(); }

  struct End {
    pb::TrafficResult result;
    std::vector<pb::TrafficRows> rows;
  };
  // What follows, to the end.
  Answer<End> ReadAll() {
    Answer<End> answer;
    pb::RunTrafficResponse response;
    while (stream_->Read(&response)) {
      if (response.has_rows()) answer.value.rows.push_back(response.rows());
      if (response.has_result()) answer.value.result = response.result();
    }
    answer.status = stream_->Finish();
    return answer;
  }

 private:
  const std::unique_ptr<pb::TrafficService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<pb::RunTrafficRequest, pb::RunTrafficResponse>> stream_;
};

inline pb::TrafficSpec SpecOf(const std::string& graph, double probability, std::uint64_t messages) {
  pb::TrafficSpec spec;
  spec.set_graph(graph);
  spec.mutable_forward()->set_probability(probability);
  if (messages > 0) spec.mutable_generated()->set_messages(messages);
  return spec;
}

inline Answer<TrafficCall::End> Generate(Client& client, const pb::TrafficSpec& spec) {
  TrafficCall call(client);
  call.Send(spec);
  call.EndBatches();
  return call.ReadAll();
}

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_TRAFFIC_CALLS_H_
