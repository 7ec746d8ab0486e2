// The public port says what it serves: gRPC's server reflection, which needs no token.
#ifndef LAWINE_SERVICES_COORDINATOR_ACCESS_REFLECTION_H_
#define LAWINE_SERVICES_COORDINATOR_ACCESS_REFLECTION_H_

#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"

namespace lawine {

// Lists `services` and describes those that are compiled into the program, with all they are made of and the
// details of errors. Must outlive the server it is part of.
//
// Strangers may call it, and say nothing or anything. With gRPC's plugin each stream holds a thread of the
// server, and protobuf's pool remembers every name that was asked for in vain, for ever. Here a stream costs
// some memory, there are at most kStreamsMax, and names are looked up in what was found at construction.
class Reflection final : public grpc::reflection::v1alpha::ServerReflection::CallbackService {
 public:
  using Request = grpc::reflection::v1alpha::ServerReflectionRequest;
  using Response = grpc::reflection::v1alpha::ServerReflectionResponse;
  static constexpr std::size_t kStreamsMax = 64;
  // Requests are names, and come back with their answers.
  static constexpr std::size_t kRequestBytesMax = 4096;

  explicit Reflection(std::vector<std::string> services);
  ~Reflection() override;

  grpc::ServerBidiReactor<Request, Response>* ServerReflectionInfo(grpc::CallbackServerContext*) override;

 private:
  class Stream;
  using Files = std::map<std::string, const google::protobuf::FileDescriptor*>;
  // A file with all it imports.
  void Describe(const google::protobuf::FileDescriptor& file);
  void DescribeType(const google::protobuf::Descriptor& type);
  void DescribeEnum(const google::protobuf::EnumDescriptor& type);
  Response Answer(const Request& request) const;
  void End(const Stream* stream);

  const std::vector<std::string> services_;
  Files by_name_;    // of the file
  Files by_symbol_;  // full names of what is declared in it
  Mutex mutex_;
  std::map<const Stream*, std::unique_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_ACCESS_REFLECTION_H_
