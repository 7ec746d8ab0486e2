// The public port says what it serves, as grpcurl and other tools ask it.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/rpc.h"
#include "tests/cluster/client.h"
#include "tests/cluster/test_cluster.h"

namespace lawine {
namespace {

using testing::HasSubstr;

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(buffer.Dump(&slices).ok());
  std::string bytes;
  for (const grpc::Slice& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

// Waits for what was begun last; false when it failed.
bool Done(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

// The answer to `request`, as bytes of grpc.reflection.v1alpha.ServerReflectionResponse.
std::string AskReflection(const std::shared_ptr<grpc::Channel>& channel, const std::string& request) {
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  SetDeadline(context, kCallTimeout);
  const auto call = stub.PrepareCall(&context, kReflection, &queue);
  call->StartCall(nullptr);
  EXPECT_TRUE(Done(queue));
  const grpc::Slice slice(request);
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  EXPECT_TRUE(Done(queue));
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  const bool read = Done(queue);
  EXPECT_TRUE(read);
  context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  Done(queue);
  return read ? Bytes(answer) : "";
}

TEST(ReflectionTest, ServicesAreTold) {
  TestCluster cluster({.workers = 1});
  // list_services, field 7: any string.
  const std::string listed = AskReflection(cluster.client().channel(), "\x3a\x01*");
  for (const char* const service : {"GraphService", "SimulationService", "WhatIfService", "TrafficService",
                                    "ClusterService", "PlacementService", "BackupService", "ChangeService"}) {
    EXPECT_THAT(listed, HasSubstr(std::string("lawine.v1.") + service));
  }
}

TEST(ReflectionTest, FilesAreToldBySymbolWithWhatTheyImport) {
  TestCluster cluster({.workers = 0});
  const auto ask = [&](char field, const std::string& name) {
    return AskReflection(cluster.client().channel(),
                         std::string(1, field) + static_cast<char>(name.size()) + name);
  };
  constexpr char kFile = 0x1a;    // field 3
  constexpr char kSymbol = 0x22;  // field 4
  for (const std::string& told :
       {ask(kSymbol, "lawine.v1.SimulationService.GetRunResult"), ask(kSymbol, "lawine.v1.RunResult.digest"),
        ask(kSymbol, "lawine.v1.RUN_STATE_FAILED"), ask(kFile, "lawine/v1/simulation.proto")}) {
    EXPECT_THAT(told, HasSubstr("lawine/v1/simulation.proto"));
    EXPECT_THAT(told, HasSubstr("google/protobuf/field_mask.proto"));
  }
  EXPECT_THAT(ask(kSymbol, "google.rpc.BadRequest"), HasSubstr("FieldViolation"));
  EXPECT_THAT(ask(kSymbol, "lawine.v1.Nothing"), HasSubstr("no symbol 'lawine.v1.Nothing'"));
  EXPECT_THAT(ask(kFile, "nowhere.proto"), HasSubstr("no file 'nowhere.proto'"));
}

// Calls of one method that somebody holds open: each sends `request`, if it is not empty, and no more.
class OpenStreams {
 public:
  OpenStreams(const std::string& address, const std::string& method, const std::string& request, int count)
      : stub_(OpenChannel(address)) {
    for (int i = 0; i < count; ++i) {
      Stream& stream = streams_.emplace_back();
      SetDeadline(stream.context, 2 * kCallTimeout);
      stream.call = stub_.PrepareCall(&stream.context, method, &queue_);
      stream.call->StartCall(nullptr);
      EXPECT_TRUE(Done(queue_));
      if (request.empty()) continue;
      const grpc::Slice slice(request);
      stream.call->WriteLast(grpc::ByteBuffer(&slice, 1), {}, nullptr);
      Done(queue_);  // also when the call was refused meanwhile
    }
  }
  ~OpenStreams() {
    for (Stream& stream : streams_) {
      stream.context.TryCancel();
      stream.call->Finish(&stream.status, nullptr);
      Done(queue_);
    }
  }
  // The first answer to each of them has come.
  bool Answered() {
    for (Stream& stream : streams_) {
      stream.call->Read(&stream.answer, nullptr);
      if (!Done(queue_)) return false;
    }
    return true;
  }

 private:
  struct Stream {
    grpc::ClientContext context;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call;
    grpc::ByteBuffer answer;
    grpc::Status status;
  };
  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  std::list<Stream> streams_;
};

constexpr int kStreamsOfConnection = 300;  // two of them: more than a server has threads
static_assert(2 * kStreamsOfConnection > kServerThreadsMax);

TEST(ReflectionTest, SilentStreamsHoldNoThreads) {
  TestCluster cluster({.workers = 0});
  {
    const OpenStreams some(cluster.address(), kReflection, "", kStreamsOfConnection);
    const OpenStreams more(cluster.address(), kReflection, "", kStreamsOfConnection);
    // The next one is refused: all before it have come.
    const auto refused = [&] {
      OpenStreams next(cluster.address(), kReflection, "\x3a\x01*", 1);
      return !next.Answered();
    };
    EXPECT_TRUE(Eventually(absl::Seconds(10), refused));
    const grpc::Status plain = cluster.client().GetGraph("g").status;
    EXPECT_EQ(plain.error_code(), grpc::StatusCode::NOT_FOUND) << Text(plain);
  }
  const auto answered = [&] {
    OpenStreams next(cluster.address(), kReflection, "\x3a\x01*", 1);
    return next.Answered();
  };
  EXPECT_TRUE(Eventually(absl::Seconds(10), answered));
}

TEST(ReflectionTest, WatchersOfHealthHoldNoThreads) {
  TestCluster cluster({.workers = 0});
  constexpr char kWatch[] = "/grpc.health.v1.Health/Watch";
  const std::string everything("\x0a\x00", 2);  // service: ""
  OpenStreams some(cluster.address(), kWatch, everything, kStreamsOfConnection);
  OpenStreams more(cluster.address(), kWatch, everything, kStreamsOfConnection);
  EXPECT_TRUE(some.Answered() && more.Answered());
  const grpc::Status plain = cluster.client().GetGraph("g").status;
  EXPECT_EQ(plain.error_code(), grpc::StatusCode::NOT_FOUND) << Text(plain);
}

}  // namespace
}  // namespace lawine
