// The public API as a caller sees it: generated stubs, with a deadline on every call.
#ifndef LAWINE_TESTS_CLUSTER_CLIENT_H_
#define LAWINE_TESTS_CLUSTER_CLIENT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "lawine/v1/cluster.grpc.pb.h"
#include "lawine/v1/graph.grpc.pb.h"
#include "lawine/v1/simulation.grpc.pb.h"
#include "tests/support/patience.h"

namespace lawine {

namespace pb = ::lawine::v1;

// Generous: machines are busy. No call of a test waits longer.
inline constexpr absl::Duration kCallTimeout = absl::Seconds(60 * kWaitFactor);

// A status, and what came with it.
template <class Value>
struct Answer {
  grpc::Status status;
  Value value;
  bool ok() const { return status.ok(); }
};

// What an error says beside its message.
struct ErrorDetails {
  std::string reason;  // of ErrorInfo
  std::string field;   // first path of BadRequest
  double retry_seconds = 0;
};
ErrorDetails DetailsOf(const grpc::Status& status);
// Code, reason, field and message in one line, to compare and to print.
std::string Text(const grpc::Status& status);

struct FileToImport {
  std::string name;
  std::string content;
  bool members = false;  // attributes of members, else links
};

using ReceiptSteps = std::pair<std::uint32_t, std::uint32_t>;  // receipt, forward plus one (0: none)

struct Watched {
  std::vector<pb::StepCounts> steps;
  std::vector<std::uint32_t> replicas_done;  // as told, one by one
  pb::Run first;
  pb::Run last;
};

// Thread-safe.
class Client {
 public:
  explicit Client(const std::string& address);
  explicit Client(std::shared_ptr<grpc::Channel> channel);

  Answer<pb::Graph> CreateGraph(const pb::CreateGraphRequest& request);
  Answer<pb::ImportGraphResponse> Import(const pb::ImportOptions& options,
                                         const std::vector<FileToImport>& files);
  Answer<pb::Graph> GetGraph(const std::string& name);
  Answer<pb::GetGraphStatsResponse> Stats(const std::string& name, bool shape = false);
  Answer<pb::VerifyGraphResponse> Verify(const std::string& name);
  std::vector<std::string> GraphNames();
  grpc::Status DeleteGraph(const std::string& name);
  Answer<pb::GetMemberResponse> GetMember(const std::string& graph, const std::string& id);

  Answer<pb::RunResult> Simulate(const pb::Scenario& scenario, absl::Duration timeout = kCallTimeout);
  Answer<pb::CreateRunResponse> CreateRun(const pb::CreateRunRequest& request);
  Answer<pb::Run> GetRun(const std::string& name);
  Answer<pb::RunResult> Result(const std::string& name);
  Answer<pb::GetRunTraceResponse> Trace(const std::string& name);
  grpc::Status Cancel(const std::string& name);
  Answer<pb::Run> Pause(const std::string& name);
  Answer<pb::Run> Resume(const std::string& name);
  Answer<pb::Run> Pin(const std::string& name, bool pinned);
  grpc::Status DeleteRun(const std::string& name);
  // Waits for the end of the run. `after_steps` are not sent again.
  Answer<Watched> Watch(const std::string& name, std::uint32_t after_steps = 0);
  Answer<std::map<std::string, ReceiptSteps>> Receipts(const std::string& name);
  // Creates a run, waits for its end and returns what became of it.
  Answer<pb::Run> RunToEnd(const pb::Scenario& scenario);

  std::vector<pb::WorkerStatus> Workers();
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  pb::SimulationService::Stub& simulations() { return *simulations_; }
  pb::GraphService::Stub& graphs() { return *graphs_; }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<pb::GraphService::Stub> graphs_;
  const std::unique_ptr<pb::SimulationService::Stub> simulations_;
  const std::unique_ptr<pb::ClusterService::Stub> cluster_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_CLIENT_H_
