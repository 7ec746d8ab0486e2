// The public port says what it serves, as grpcurl and other tools ask it.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>

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
  const auto call =
      stub.PrepareCall(&context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
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

}  // namespace
}  // namespace lawine
