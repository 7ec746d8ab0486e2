#include "services/coordinator/workers/unreached_workers.h"

#include <grpcpp/grpcpp.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/common/rpc.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kAnswerTimeout = absl::Seconds(2);

// Empty when it answers.
std::string WhyUnreached(const pbi::RegisterRequest& request,
                         const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  const std::shared_ptr<grpc::Channel> channel = OpenChannel(request.address(), credentials);
  AwaitConnection(*channel);
  grpc::ClientContext context;
  SetDeadline(context, kAnswerTimeout);
  pbi::IdentifyResponse found;
  const grpc::Status status = pbi::WorkerService::NewStub(channel)->Identify(&context, {}, &found);
  if (!status.ok()) return absl::StrCat("the coordinator cannot reach it there: ", status.error_message());
  if (found.node_id() == request.node_id() && found.incarnation() == request.incarnation()) return "";
  return absl::StrCat("another process, worker ", found.node_id(), ", answers there");
}

}  // namespace

absl::Status AskWhoAnswers(const pbi::RegisterRequest& request,
                           const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  const std::string why = WhyUnreached(request, credentials);
  if (why.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "worker ", request.node_id(), " at ", request.address(), " does not join: ", why,
      ". Start it with --advertise HOST:PORT where the coordinator and other workers reach it, and with a "
      "certificate for that host, if it has one"));
}

void UnreachedWorkers::Note(const pbi::RegisterRequest& request, const absl::Status& answered,
                            SteadyTime since) {
  std::erase_if(workers_, [since](const auto& worker) { return worker.second.heard < since; });
  if (answered.ok()) {
    workers_.erase(request.node_id());
    return;
  }
  const std::string problem(answered.message());
  if (!workers_.contains(request.node_id())) spdlog::warn("{}", problem);
  workers_[request.node_id()] = {.address = request.address(), .problem = problem, .heard = SteadyNow()};
}

void UnreachedWorkers::AddTo(std::vector<pb::WorkerStatus>& all, SteadyTime since) const {
  for (const auto& [node_id, worker] : workers_) {
    if (worker.heard < since) continue;
    auto status = std::find_if(all.begin(), all.end(), [&id = node_id](const pb::WorkerStatus& known) {
      return known.node_id() == id;
    });
    if (status == all.end()) {
      status = all.insert(all.end(), pb::WorkerStatus());
      status->set_node_id(node_id);
      status->set_address(worker.address);
      status->set_seconds_since_heard(absl::ToDoubleSeconds(SteadyNow() - worker.heard));
    }
    status->add_problems(worker.problem);
  }
}

}  // namespace lawine
