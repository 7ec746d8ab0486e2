#include "bench/load/calls.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/status_macros.h"
#include "lawine/v1/cluster.grpc.pb.h"
#include "lawine/v1/graph.grpc.pb.h"
#include "lawine/v1/simulation.grpc.pb.h"
#include "services/common/process.h"
#include "services/common/rpc.h"

namespace lawine::bench {
namespace {

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const CallOptions& options) {
  if (options.tls_ca.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions ssl;
  LAWINE_ASSIGN_OR_RETURN(ssl.pem_root_certs, ReadFile(options.tls_ca));
  return grpc::SslCredentials(ssl);
}

absl::StatusOr<std::string> Token(const CallOptions& options) {
  if (options.token_file.empty()) return std::string();
  LAWINE_ASSIGN_OR_RETURN(const std::string content, ReadFile(options.token_file));
  return content.substr(0, content.find('\n'));
}

// One connection each, with nothing shared.
std::shared_ptr<grpc::Channel> Connect(const CallOptions& options,
                                       const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(kResponseBytesMax);
  if (!options.tls_server_name.empty()) arguments.SetSslTargetNameOverride(options.tls_server_name);
  return grpc::CreateCustomChannel(options.cluster, credentials, arguments);
}

template <typename Request, typename Response>
struct InFlight {
  grpc::ClientContext context;
  Request request;
  Response response;
};

class CallerImpl final : public Caller {
 public:
  CallerImpl(const CallOptions& options, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
             std::string token)
      : options_(options), token_(std::move(token)) {
    const absl::Time connected_by = absl::Now() + absl::Seconds(1);  // all of them
    for (std::uint32_t i = 0; i < options.connections; ++i) {
      const auto channel = Connect(options, credentials);
      AwaitConnection(*channel, connected_by - absl::Now());
      simulations_.push_back(v1::SimulationService::NewStub(channel));
      graphs_.push_back(v1::GraphService::NewStub(channel));
      clusters_.push_back(v1::ClusterService::NewStub(channel));
    }
  }

  void Send(std::uint64_t number, std::function<void(grpc::StatusCode)> done) override {
    const std::size_t at = number % simulations_.size();
    if (options_.call == "simulate") {
      v1::SimulateRequest request;
      v1::Scenario& scenario = *request.mutable_scenario();
      scenario.set_graph(options_.graph);
      scenario.mutable_model()->mutable_forward()->set_probability(options_.forward);
      scenario.set_replicas(options_.replicas);
      scenario.set_run_seed(number);
      Start(*simulations_[at]->async(), &v1::SimulationService::Stub::async::Simulate, std::move(request),
            std::move(done));
    } else if (options_.call == "member") {
      v1::GetMemberRequest request;
      request.set_graph(options_.graph);
      request.set_id(absl::StrCat(number % kMembersAsked));
      Start(*graphs_[at]->async(), &v1::GraphService::Stub::async::GetMember, std::move(request),
            std::move(done));
    } else {
      Start(*clusters_[at]->async(), &v1::ClusterService::Stub::async::GetClusterStatus,
            v1::GetClusterStatusRequest(), std::move(done));
    }
  }

 private:
  static constexpr std::uint64_t kMembersAsked = 1000;  // generated graphs have members 0, 1, 2, ...

  template <typename Async, typename Request, typename Response>
  void Start(Async& async,
             void (Async::*method)(grpc::ClientContext*, const Request*, Response*,
                                   std::function<void(grpc::Status)>),
             Request request, std::function<void(grpc::StatusCode)> done) {
    auto call = std::make_shared<InFlight<Request, Response>>();
    InFlight<Request, Response>& begun = *call;
    begun.request = std::move(request);
    begun.context.set_deadline(std::chrono::system_clock::now() + options_.deadline);
    if (!token_.empty()) begun.context.AddMetadata("authorization", absl::StrCat("Bearer ", token_));
    (async.*method)(&begun.context, &begun.request, &begun.response,
                    [call = std::move(call), done = std::move(done)](const grpc::Status& status) mutable {
                      // A context holds its channel, whose last holder must be no thread of gRPC's.
                      call.reset();
                      done(status.error_code());
                    });
  }

  const CallOptions options_;
  const std::string token_;
  std::vector<std::unique_ptr<v1::SimulationService::Stub>> simulations_;
  std::vector<std::unique_ptr<v1::GraphService::Stub>> graphs_;
  std::vector<std::unique_ptr<v1::ClusterService::Stub>> clusters_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Caller>> Caller::Make(const CallOptions& options) {
  if (options.call != "status" && options.graph.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("--call ", options.call, " needs --graph"));
  }
  LAWINE_ASSIGN_OR_RETURN(const auto credentials, Credentials(options));
  LAWINE_ASSIGN_OR_RETURN(std::string token, Token(options));
  return std::make_unique<CallerImpl>(options, credentials, std::move(token));
}

}  // namespace lawine::bench
