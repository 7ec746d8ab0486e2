// What strangers may take of a server.
#include "services/common/rpc.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "tests/services/half_sender.h"
#include "tests/support/patience.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr char kMethod[] = "/lawine.internal.v1.RegistryService/Register";

class RegistryServer final : public pbi::RegistryService::Service {
 public:
  explicit RegistryServer(std::uint64_t arriving_bytes_max = 0)
      : bound_(*StartServer({.address = "127.0.0.1:0", .arriving_bytes_max = arriving_bytes_max}, {this})) {}
  ~RegistryServer() override { StopServer(*bound_.server, absl::ZeroDuration()); }

  const std::string& address() const { return bound_.address; }
  grpc::Status Register(grpc::ServerContext*, const pbi::RegisterRequest*, pbi::RegisterResponse*) override {
    return grpc::Status::OK;
  }

 private:
  BoundServer bound_;
};

grpc::Status Call(const std::string& address, std::size_t bytes) {
  const auto stub = pbi::RegistryService::NewStub(OpenChannel(address));
  grpc::ClientContext context;
  SetDeadline(context, absl::Seconds(60));
  pbi::RegisterRequest request;
  request.set_node_id(std::string(bytes, 'x'));
  pbi::RegisterResponse response;
  return stub->Register(&context, request, &response);
}

TEST(ArrivingBytesMaxTest, IsAShareOfTheMemory) {
  EXPECT_EQ(ArrivingBytesMax(std::uint64_t{8} << 30), std::uint64_t{2} << 30);
  EXPECT_EQ(ArrivingBytesMax(std::uint64_t{512} << 20), std::uint64_t{256} << 20);
}

TEST(CheckHostPortTest, PortsAreNotTakenModulo) {
  for (const char* good : {"127.0.0.1:65535", "[::1]:1", "coordinator:7071", "dns:///c.example.org:7071"}) {
    EXPECT_EQ(CheckHostPort("--to", good), absl::OkStatus());
  }
  EXPECT_EQ(CheckHostPort("--on", "127.0.0.1:0", 0), absl::OkStatus());
  for (const char* bad : {"", "nowhere", ":80", "a:", "a:0", "a:65536", "a:99999", "a:4294967297", "a:-1",
                          "a:+1", "a: 1", "a:http"}) {
    const absl::Status refused = CheckHostPort("--to", bad);
    EXPECT_EQ(refused.message(),
              absl::StrCat("--to: expected HOST:PORT with a port from 1 to 65535, found '", bad, "'"));
  }
  EXPECT_FALSE(StartServer({.address = "127.0.0.1:99999"}, {}).ok());
}

TEST(RpcTest, WhoNeverEndsRequestsTakesNoMoreThanTheirShare) {
  constexpr std::uint64_t kMax = 16u << 20;
  constexpr std::size_t kCalls = 8;
  const RegistryServer server(kMax);
  HalfSender sender(server.address());
  for (std::size_t i = 0; i < kCalls; ++i) sender.Begin(kMethod, 15'000'000);
  const absl::Time end = absl::Now() + kWaitFactor * absl::Seconds(20);
  while (sender.ended() < kCalls / 2 && absl::Now() < end) sender.SendFor(absl::Milliseconds(200));
  EXPECT_GE(sender.ended(), kCalls / 2);
  EXPECT_LT(sender.sent_bytes(), 4 * kMax);
  const grpc::Status status = Call(server.address(), 1'000);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST(RpcTest, OneConnectionHasSoManyCallsAtOnce) {
  const RegistryServer server;
  HalfSender sender(server.address());
  EXPECT_TRUE(Eventually(absl::Seconds(10), [&sender] {
    sender.SendFor(absl::Milliseconds(20));
    return sender.calls_max() > 0;
  }));
  EXPECT_EQ(sender.calls_max(), static_cast<std::uint32_t>(kCallsPerConnectionMax));
}

TEST(RpcTest, HonestRequestsOfAnySizeArrive) {
  const RegistryServer server;
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{15'000'000}}) {
    const grpc::Status status = Call(server.address(), bytes);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
}

}  // namespace
}  // namespace lawine
