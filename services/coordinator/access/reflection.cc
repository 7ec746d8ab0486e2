#include "services/coordinator/access/reflection.h"

#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::ServiceDescriptor;

void AddError(grpc::StatusCode code, const std::string& message, Reflection::Response& response) {
  response.mutable_error_response()->set_error_code(code);
  response.mutable_error_response()->set_error_message(message);
}

void AddNotFound(const std::string& what, const std::string& name, Reflection::Response& response) {
  AddError(grpc::StatusCode::NOT_FOUND, absl::StrCat("no ", what, " '", name, "'"), response);
}

// The file, and all that it imports, each once.
void AddFiles(const FileDescriptor& file, std::set<const FileDescriptor*>& added,
              Reflection::Response& response) {
  if (!added.insert(&file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  response.mutable_file_descriptor_response()->add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) AddFiles(*file.dependency(i), added, response);
}

void AddFileOf(const std::map<std::string, const FileDescriptor*>& files, const std::string& what,
               const std::string& name, Reflection::Response& response) {
  const auto it = files.find(name);
  if (it == files.end()) return AddNotFound(what, name, response);
  std::set<const FileDescriptor*> added;
  AddFiles(*it->second, added, response);
}

}  // namespace

// One caller's: a request is read when the answer to the one before is written.
class Reflection::Stream final : public grpc::ServerBidiReactor<Request, Response> {
 public:
  explicit Stream(Reflection& reflection) : reflection_(reflection) {}

  void Begin() { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    if (const std::size_t bytes = request_.ByteSizeLong(); bytes > kRequestBytesMax) {
      return Finish(ToGrpc(absl::InvalidArgumentError(
          absl::StrCat("expected a request of at most ", kRequestBytesMax, " bytes, found ", bytes))));
    }
    response_ = reflection_.Answer(request_);
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::CANCELLED);
    StartRead(&request_);
  }
  void OnDone() override { reflection_.End(this); }

 private:
  Reflection& reflection_;
  Request request_;
  Response response_;
};

Reflection::Reflection(std::vector<std::string> services) : services_(std::move(services)) {
  for (const std::string& name : services_) {
    const ServiceDescriptor* const service = DescriptorPool::generated_pool()->FindServiceByName(name);
    if (service != nullptr) Describe(*service->file());
  }
  Describe(*google::rpc::ErrorInfo::descriptor()->file());
  Describe(*google::rpc::Status::descriptor()->file());
}

Reflection::~Reflection() = default;

grpc::ServerBidiReactor<Reflection::Request, Reflection::Response>* Reflection::ServerReflectionInfo(
    grpc::CallbackServerContext*) {
  auto made = std::make_unique<Stream>(*this);
  Stream* const stream = made.get();
  std::size_t streams = 0;
  {
    MutexLock lock(mutex_);
    streams_.emplace(stream, std::move(made));
    streams = streams_.size();
  }
  if (streams <= kStreamsMax) {
    stream->Begin();
  } else {
    stream->Finish(ToGrpc(Busy(
        absl::StrCat("the coordinator has ", kStreamsMax,
                     " streams of reflection open, as many as there may be: end one, or call again later"))));
  }
  return stream;
}

void Reflection::Describe(const FileDescriptor& file) {
  if (!by_name_.emplace(file.name(), &file).second) return;
  for (int i = 0; i < file.message_type_count(); ++i) DescribeType(*file.message_type(i));
  for (int i = 0; i < file.enum_type_count(); ++i) DescribeEnum(*file.enum_type(i));
  for (int i = 0; i < file.service_count(); ++i) {
    const ServiceDescriptor& service = *file.service(i);
    by_symbol_.emplace(service.full_name(), &file);
    for (int k = 0; k < service.method_count(); ++k)
      by_symbol_.emplace(service.method(k)->full_name(), &file);
  }
  for (int i = 0; i < file.dependency_count(); ++i) Describe(*file.dependency(i));
}

void Reflection::DescribeType(const Descriptor& type) {
  by_symbol_.emplace(type.full_name(), type.file());
  for (int i = 0; i < type.field_count(); ++i) by_symbol_.emplace(type.field(i)->full_name(), type.file());
  for (int i = 0; i < type.nested_type_count(); ++i) DescribeType(*type.nested_type(i));
  for (int i = 0; i < type.enum_type_count(); ++i) DescribeEnum(*type.enum_type(i));
}

void Reflection::DescribeEnum(const EnumDescriptor& type) {
  by_symbol_.emplace(type.full_name(), type.file());
  for (int i = 0; i < type.value_count(); ++i) by_symbol_.emplace(type.value(i)->full_name(), type.file());
}

// There are no extensions.
Reflection::Response Reflection::Answer(const Request& request) const {
  Response response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kFileByFilename:
      AddFileOf(by_name_, "file", request.file_by_filename(), response);
      break;
    case Request::kFileContainingSymbol:
      AddFileOf(by_symbol_, "symbol", request.file_containing_symbol(), response);
      break;
    case Request::kFileContainingExtension:
      AddNotFound("extension of", request.file_containing_extension().containing_type(), response);
      break;
    case Request::kAllExtensionNumbersOfType:
      if (by_symbol_.contains(request.all_extension_numbers_of_type())) {
        response.mutable_all_extension_numbers_response()->set_base_type_name(
            request.all_extension_numbers_of_type());
      } else {
        AddNotFound("type", request.all_extension_numbers_of_type(), response);
      }
      break;
    case Request::kListServices:
      for (const std::string& name : services_) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      break;
    case Request::MESSAGE_REQUEST_NOT_SET:
      AddError(grpc::StatusCode::INVALID_ARGUMENT, "expected something that is asked for, found nothing",
               response);
      break;
  }
  return response;
}

void Reflection::End(const Stream* stream) {
  std::unique_ptr<Stream> ended;  // outside of the lock: whoever calls is one of its methods
  MutexLock lock(mutex_);
  const auto it = streams_.find(stream);
  ended = std::move(it->second);
  streams_.erase(it);
}

}  // namespace lawine
