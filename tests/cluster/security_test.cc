// Who may connect, call and join, with real processes: certificates, tokens, quotas, and what is said about
// them.
#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <signal.h>

#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/common/process.h"
#include "services/common/rpc.h"
#include "services/common/tls_probe.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"
#include "tests/cluster/secure_cluster.h"
#include "tests/cluster/what_if_calls.h"
#include "tests/support/http_get.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;
using grpc::StatusCode;
using testing::HasSubstr;
using testing::Not;

constexpr absl::Duration kPatience = absl::Seconds(60);

class SecurityTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { cluster_ = new SecureCluster(); }
  static void TearDownTestSuite() { delete cluster_; }
  void TearDown() override {
    cluster_->WriteTokens({"read read", "run run", "admin admin"});
    EXPECT_TRUE(Eventually(kPatience, [] { return StatusAs("admin").ok() && StatusAs("run").ok(); }));
  }
  static SecureCluster& cluster() { return *cluster_; }
  static Client As(const std::string& name) { return cluster_->As(SecureCluster::SecretOf(name)); }
  // Of a call that only reads.
  static grpc::Status StatusAs(const std::string& name) {
    const grpc::Status status = As(name).GetGraph("none").status;
    return status.error_code() == StatusCode::NOT_FOUND ? grpc::Status::OK : status;
  }
  static void MakeGraph() {
    pb::CreateGraphRequest request;
    request.set_name("g");
    request.set_preset("hyves");
    request.set_members(60'000);
    request.set_links_per_member(50);
    if (As("admin").GetGraph("g").ok()) return;
    const auto graph = As("admin").CreateGraph(request);
    ASSERT_TRUE(graph.ok()) << Text(graph.status);
  }
  static pb::CreateRunRequest Run(std::uint32_t replicas) {
    pb::CreateRunRequest request;
    request.mutable_scenario()->set_graph("g");
    request.mutable_scenario()->mutable_seed_members()->set_highest_audience(true);
    request.mutable_scenario()->mutable_model()->mutable_forward()->set_probability(0.4);
    request.mutable_scenario()->set_replicas(replicas);
    return request;
  }

  static SecureCluster* cluster_;
};

SecureCluster* SecurityTest::cluster_ = nullptr;

// How a call of `Register` over the channel ends.
grpc::Status Register(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  SetDeadline(context, absl::Seconds(20));
  pbi::RegisterRequest request;
  request.set_node_id("w-stranger");
  request.set_address("127.0.0.1:1");
  request.set_protocol(kClusterProtocol);
  pbi::RegisterResponse response;
  return pbi::RegistryService::NewStub(channel)->Register(&context, request, &response);
}

// An empty request to a method by its full name.
grpc::Status Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  SetDeadline(context, kCallTimeout);
  grpc::CompletionQueue queue;
  const grpc::Slice nothing("");
  const grpc::ByteBuffer empty(&nothing, 1);
  const auto call = stub.PrepareUnaryCall(&context, method, empty, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

TEST_F(SecurityTest, EveryPublicMethodNeedsAToken) {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  const auto channel = cluster().As("").channel();
  int methods = 0;
  for (const char* name :
       {"GraphService", "SimulationService", "TrafficService", "WhatIfService", "ClusterService"}) {
    const auto* service = pool->FindServiceByName(absl::StrCat("lawine.v1.", name));
    ASSERT_NE(service, nullptr) << name;
    for (int i = 0; i < service->method_count(); ++i, ++methods) {
      const std::string method = absl::StrCat("/", service->full_name(), "/", service->method(i)->name());
      const grpc::Status status = Call(channel, method);
      EXPECT_THAT(status, IsRefused(StatusCode::UNAUTHENTICATED, "--token-file")) << method;
      EXPECT_EQ(DetailsOf(status).reason, "TOKEN_MISSING");
    }
  }
  EXPECT_GT(methods, 20);
}

TEST_F(SecurityTest, UnknownTokensAndLowRolesAreRefusedWithReasonAndAdvice) {
  const grpc::Status unknown = cluster().As("nobodys-secret").GetGraph("g").status;
  EXPECT_THAT(unknown, IsRefused(StatusCode::UNAUTHENTICATED, "tokens file"));
  EXPECT_EQ(DetailsOf(unknown).reason, "TOKEN_UNKNOWN");
  const grpc::Status low = As("read").CreateRun(Run(1)).status;
  EXPECT_THAT(
      low, IsRefused(StatusCode::PERMISSION_DENIED, "token 'read' has the role read; CreateRun needs run"));
  EXPECT_EQ(DetailsOf(low).reason, "ROLE_TOO_LOW");
  EXPECT_THAT(As("run").DeleteGraph("g"), IsRefused(StatusCode::PERMISSION_DENIED, "needs admin"));
  EXPECT_THAT(As("run").GetGraph("none").status, IsRefused(StatusCode::NOT_FOUND, "none"));
}

TEST_F(SecurityTest, ErrorsCarryTheRequestsId) {
  grpc::ClientContext context;
  SetDeadline(context, kCallTimeout);
  context.AddMetadata("x-request-id", "the-callers-id");
  pb::GetGraphRequest request;
  request.set_name("none");
  pb::GetGraphResponse response;
  const auto client = As("read");
  const grpc::Status status =
      pb::GraphService::NewStub(client.channel())->GetGraph(&context, request, &response);
  google::rpc::Status rich;
  ASSERT_TRUE(rich.ParseFromString(status.error_details()));
  google::rpc::RequestInfo info;
  ASSERT_TRUE(rich.details(rich.details_size() - 1).UnpackTo(&info));
  EXPECT_EQ(info.request_id(), "the-callers-id");
  EXPECT_EQ(context.GetServerTrailingMetadata().count("x-request-id"), 1u);
}

TEST_F(SecurityTest, ThePublicPortKnowsNoRegistryAndTheClusterPortNoPublicCalls) {
  EXPECT_EQ(Register(As("admin").channel()).error_code(), StatusCode::UNIMPLEMENTED);
  const CertificateTexts ours = cluster().authority().Issue();
  EXPECT_EQ(Call(cluster().ClusterChannel(&ours), "/lawine.v1.ClusterService/GetClusterStatus").error_code(),
            StatusCode::UNIMPLEMENTED);
}

TEST_F(SecurityTest, OnlyCertificatesOfTheClustersCaReachTheClusterPort) {
  const CertificateTexts good = cluster().authority().Issue();
  Authority stranger("lawine test");  // the same name, another key
  const CertificateTexts foreign = stranger.Issue();
  const CertificateTexts expired =
      cluster().authority().Issue({.begins = -absl::Hours(48), .ends = -absl::Hours(1)});
  const CertificateTexts of_the_public_port = cluster().authority().Issue({.usages = "serverAuth"});
  const CertificateTexts none;
  for (const CertificateTexts* wrong : {&foreign, &expired, &of_the_public_port, &none}) {
    EXPECT_EQ(Register(cluster().ClusterChannel(wrong)).error_code(), StatusCode::UNAVAILABLE);
  }
  EXPECT_EQ(Register(cluster().ClusterChannel(nullptr)).error_code(), StatusCode::UNAVAILABLE);
  cluster().WaitForAlive(1);
  // Let in, and asked who it is where it says it is.
  EXPECT_EQ(Register(cluster().ClusterChannel(&good)).error_code(), StatusCode::FAILED_PRECONDITION);
  cluster().WaitForAlive(1);
}

TEST_F(SecurityTest, WorkersTakeCallsOfTheClusterOnly) {
  const std::string address = cluster().worker().Printed("listening on ");
  const std::string method = "/lawine.internal.v1.WorkerService/DropGraph";
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = cluster().authority().Issue().ca;
  EXPECT_EQ(Call(OpenChannel(address), method).error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Call(OpenChannel(address, grpc::SslCredentials(ssl)), method).error_code(),
            StatusCode::UNAVAILABLE);
}

TEST_F(SecurityTest, AStrangersWorkerSaysWhyAndIsNotReady) {
  Authority stranger("stranger");
  CertificateTexts texts = stranger.Issue();
  const CertificateFiles files = WriteCertificates(cluster().folder() / "stranger", texts);
  ServerProcess worker(cluster().WorkerCommand("stranger-worker", files), cluster().LogStem("stranger-log"));
  ASSERT_TRUE(worker.WaitUntilListening(kPatience).ok()) << worker.Said();
  const std::string admin = worker.Printed("admin port on ");
  EXPECT_TRUE(Eventually(kPatience, [&] { return HttpGet(admin, "/readyz").code == 503; }));
  EXPECT_THAT(HttpGet(admin, "/readyz").body, HasSubstr("certificate verify failed"));
  EXPECT_THAT(worker.Said(), HasSubstr("does not join"));
  // It trusts the cluster; the cluster does not trust it.
  texts.ca = cluster().authority().Issue().ca;
  WriteCertificates(cluster().folder() / "stranger", texts);
  EXPECT_TRUE(Eventually(kPatience, [&] {
    return HttpGet(admin, "/metrics").body.find("result=\"failed\"} 1") != std::string::npos;
  }));
  cluster().WaitForAlive(1);
}

TEST_F(SecurityTest, WrongCertificatesDoNotStart) {
  const auto start = [&](const CertificateTexts& texts) {
    const CertificateFiles files = WriteCertificates(cluster().folder() / "wrong", texts);
    ServerProcess worker(cluster().WorkerCommand("wrong-worker", files), cluster().LogStem("wrong-log"));
    EXPECT_EQ(worker.WaitUntilEnded(kPatience), 1);
    return worker.Said();
  };
  Authority stranger("stranger");
  const CertificateTexts good = cluster().authority().Issue();
  CertificateTexts wrong = cluster().authority().Issue({.begins = -absl::Hours(48), .ends = -absl::Hours(1)});
  EXPECT_THAT(start(wrong), HasSubstr("tls.crt: the certificate has expired"));
  wrong = cluster().authority().Issue({.usages = "serverAuth"});
  EXPECT_THAT(start(wrong), HasSubstr("serverAuth and clientAuth"));
  wrong = good;
  wrong.key = stranger.Issue().key;
  EXPECT_THAT(start(wrong), HasSubstr("is not the key of the certificate"));
  wrong = good;
  wrong.ca = stranger.Issue().ca;
  EXPECT_THAT(start(wrong), HasSubstr("certificate verify failed"));
  wrong = good;
  wrong.certificate = "nothing\n";
  EXPECT_THAT(start(wrong), HasSubstr("expected certificates in PEM"));
}

TEST_F(SecurityTest, CertificatesAreReplacedWithoutARestart) {
  const auto reloads = [&](const std::string& result) {
    const std::string text = HttpGet(cluster().AdminAddress(), "/metrics").body;
    const std::string line =
        absl::StrCat("lawine_reloads_total{what=\"certificates\",result=\"", result, "\"} ");
    const std::size_t at = text.find(line);
    return at == std::string::npos ? -1 : std::atoi(text.c_str() + at + line.size());
  };
  const int ok = reloads("ok");
  const int failed = reloads("failed");
  // Something wrong first: what was there stays in use.
  std::ofstream(cluster().folder() / "public/tls.crt") << "nothing\n";
  EXPECT_TRUE(Eventually(kPatience, [&] { return reloads("failed") == failed + 1; }));
  EXPECT_TRUE(StatusAs("read").ok());
  Authority next("lawine next");
  WriteCertificates(cluster().folder() / "public", next.Issue({.usages = "serverAuth"}));
  EXPECT_TRUE(Eventually(kPatience, [&] { return reloads("ok") == ok + 1; }));
  EXPECT_TRUE(Eventually(kPatience, [&] { return StatusAs("read").ok(); }));  // As reads the CA again
  WriteCertificates(cluster().folder() / "internal", cluster().authority().Issue());
  EXPECT_TRUE(Eventually(kPatience, [&] { return reloads("ok") == ok + 2; }));
  cluster().RestartCoordinator();
  cluster().WaitForAlive(1);
}

TEST_F(SecurityTest, TokensAreReplacedWithoutARestart) {
  EXPECT_EQ(StatusAs("late").error_code(), StatusCode::UNAUTHENTICATED);
  cluster().WriteTokens({"read read", "run run", "admin admin", "late read"});
  EXPECT_TRUE(Eventually(kPatience, [] { return StatusAs("late").ok(); }));
  cluster().WriteTokens({"read read", "run run", "admin admin"});
  EXPECT_TRUE(Eventually(kPatience, [] { return !StatusAs("late").ok(); }));
  EXPECT_EQ(DetailsOf(StatusAs("late")).reason, "TOKEN_UNKNOWN");
}

TEST_F(SecurityTest, RequestsAboveTheRateAreToldWhenToComeAgain) {
  cluster().WriteTokens({"read read", "run run", "admin admin", "slow read requests_per_second=0.01"});
  EXPECT_TRUE(
      Eventually(kPatience, [] { return StatusAs("slow").error_code() != StatusCode::UNAUTHENTICATED; }));
  const grpc::Status status = As("slow").GetGraph("none").status;
  EXPECT_THAT(status, IsRefused(StatusCode::RESOURCE_EXHAUSTED, "0.01 times a second"));
  EXPECT_EQ(DetailsOf(status).reason, "RATE_LIMITED");
  EXPECT_GT(DetailsOf(status).retry_seconds, 1);
  EXPECT_TRUE(StatusAs("read").ok());
}

TEST_F(SecurityTest, RunsBeyondATokensShareQueueAndOthersPassThem) {
  MakeGraph();
  cluster().WriteTokens({"read read", "run run", "admin admin", "few run runs_at_once=1 runs_queued=1"});
  EXPECT_TRUE(Eventually(kPatience, [] { return StatusAs("few").ok(); }));
  Client few = As("few");
  const auto first = few.CreateRun(Run(10'000));
  ASSERT_TRUE(first.ok()) << Text(first.status);
  const std::string running = first.value.run().name();
  EXPECT_TRUE(
      Eventually(kPatience, [&] { return few.GetRun(running).value.state() == pb::RUN_STATE_RUNNING; }));
  const auto second = few.CreateRun(Run(2));
  ASSERT_TRUE(second.ok()) << Text(second.status);
  EXPECT_EQ(second.value.run().queue_position(), 1u);
  const grpc::Status third = few.CreateRun(Run(2)).status;
  EXPECT_THAT(third, IsRefused(StatusCode::RESOURCE_EXHAUSTED, "as many as it may"));
  EXPECT_GT(DetailsOf(third).retry_seconds, 0);
  const auto others = As("run").RunToEnd(Run(2).scenario());
  EXPECT_EQ(others.value.state(), pb::RUN_STATE_SUCCEEDED) << Text(others.status);
  EXPECT_EQ(few.GetRun(second.value.run().name()).value.state(), pb::RUN_STATE_QUEUED);
  EXPECT_TRUE(few.Cancel(running).ok());
  EXPECT_TRUE(few.Watch(second.value.run().name()).ok());
  EXPECT_EQ(few.GetRun(second.value.run().name()).value.state(), pb::RUN_STATE_SUCCEEDED);
}

TEST_F(SecurityTest, TakingATokenAwayLiftsNoLimit) {
  MakeGraph();
  cluster().WriteTokens({"read read", "run run", "admin admin", "gone run runs_at_once=1"});
  EXPECT_TRUE(Eventually(kPatience, [] { return StatusAs("gone").ok(); }));
  Client gone = As("gone");
  const std::string first = gone.CreateRun(Run(10'000)).value.run().name();
  const std::string second = gone.CreateRun(Run(2)).value.run().name();
  Client run = As("run");
  const auto state_of = [&](const std::string& name) { return run.GetRun(name).value.state(); };
  EXPECT_TRUE(Eventually(kPatience, [&] { return state_of(first) == pb::RUN_STATE_RUNNING; }));
  cluster().WriteTokens({"read read", "run run", "admin admin"});
  EXPECT_TRUE(Eventually(kPatience, [] { return !StatusAs("gone").ok(); }));
  absl::SleepFor(absl::Seconds(2));  // the queue is looked at every second
  EXPECT_EQ(state_of(first), pb::RUN_STATE_RUNNING);
  EXPECT_EQ(state_of(second), pb::RUN_STATE_QUEUED);
  EXPECT_TRUE(run.Cancel(first).ok());
  EXPECT_TRUE(Eventually(kPatience, [&] { return state_of(second) == pb::RUN_STATE_SUCCEEDED; }));
}

TEST_F(SecurityTest, ARequestIdIsOfOneToken) {
  MakeGraph();
  pb::CreateRunRequest request = Run(1);
  request.set_request_id("mine");
  const std::string name = As("run").CreateRun(request).value.run().name();
  EXPECT_THAT(As("admin").CreateRun(request).status, IsBadField("request_id", "another run"));
  EXPECT_EQ(As("run").CreateRun(request).value.run().name(), name);
}

TEST_F(SecurityTest, RunsThatAreExpectedToTakeTooMuchAreRefusedWithTheEstimate) {
  MakeGraph();
  cluster().WriteTokens({"read read", "run run", "admin admin", "short run run_seconds=1 run_memory_mib=16"});
  EXPECT_TRUE(Eventually(kPatience, [] { return StatusAs("short").ok(); }));
  Client owner = As("short");
  pb::CreateRunRequest request = Run(10'000);
  request.set_validate_only(true);
  const auto estimate = As("run").CreateRun(request);
  ASSERT_TRUE(estimate.ok()) << Text(estimate.status);
  EXPECT_GT(estimate.value.estimate().seconds(), 1);
  const grpc::Status status = owner.CreateRun(request).status;
  EXPECT_THAT(status, IsRefused(StatusCode::RESOURCE_EXHAUSTED, "work for 1 s, and this one is expected to"));
  EXPECT_EQ(DetailsOf(status).reason, "RUN_QUOTA");
  EXPECT_TRUE(owner.CreateRun(Run(2)).ok());
  // Calls that answer by themselves count as runs do.
  pb::CompareRequest compare;
  *compare.mutable_comparison()->mutable_base() = Run(10'000).scenario();
  compare.mutable_comparison()->add_variants()->set_name("the same");
  EXPECT_EQ(DetailsOf(Compare(owner, compare).status).reason, "RUN_QUOTA");
  pb::CreateRunRequest large = Run(2);
  for (int i = 0; i < 20; ++i) {
    large.mutable_scenario()->add_messages()->set_name(absl::StrCat("message ", i));
  }
  EXPECT_EQ(owner.CreateRun(large).status.error_code(), StatusCode::RESOURCE_EXHAUSTED)
      << "16 MiB are not enough";
  large.mutable_scenario()->mutable_stop()->set_max_steps(1);  // few enough deliveries to be answered at once
  EXPECT_EQ(owner.Simulate(large.scenario()).status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(SecurityTest, NoSecretIsLoggedOrShown) {
  cluster().As("a-strangers-secret").GetGraph("g");
  const std::string key = ReadFile(cluster().folder() / "internal/tls.key").value();
  const std::string key_line = key.substr(key.find('\n') + 1, 40);
  for (const std::string& shown :
       {cluster().coordinator().Said(), cluster().worker().Said(),
        HttpGet(cluster().AdminAddress(), "/config").body, HttpGet(cluster().AdminAddress(), "/metrics").body,
        HttpGet(cluster().WorkerAdminAddress(), "/config").body}) {
    EXPECT_THAT(shown, Not(HasSubstr("-secret")));
    EXPECT_THAT(shown, Not(HasSubstr(key_line)));
  }
  EXPECT_THAT(HttpGet(cluster().AdminAddress(), "/config").body, HasSubstr("/tokens"));
}

TEST_F(SecurityTest, FiguresTellWhatWasRefused) {
  cluster().As("").GetGraph("g");
  const std::string text = HttpGet(cluster().AdminAddress(), "/metrics").body;
  EXPECT_THAT(text, HasSubstr("lawine_rpc_refused_total{reason=\"TOKEN_MISSING\"}"));
  EXPECT_THAT(text, HasSubstr("lawine_certificate_expiry_timestamp_seconds{port=\"public\"}"));
  EXPECT_THAT(text, HasSubstr("lawine_workers{state=\"alive\"} 1"));
}

TEST_F(SecurityTest, AProbeTellsWhoRefusesWhom) {
  const CertificateTexts good = cluster().authority().Issue();
  const std::string& address = cluster().cluster_address();
  EXPECT_EQ(ProbeTls(address, "", good, kPatience), absl::OkStatus());
  EXPECT_THAT(std::string(ProbeTls(address, "elsewhere", good, kPatience).message()),
              HasSubstr("for 'elsewhere'"));
  CertificateTexts foreign = Authority("stranger").Issue();
  EXPECT_THAT(std::string(ProbeTls(address, "", foreign, kPatience).message()),
              HasSubstr("certificate verify failed"));
  foreign.ca = good.ca;
  EXPECT_THAT(std::string(ProbeTls(address, "", foreign, kPatience).message()),
              HasSubstr("our certificate was refused"));
  EXPECT_EQ(ProbeTls("127.0.0.1:1", "", good, kPatience).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace lawine
