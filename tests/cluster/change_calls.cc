#include "tests/cluster/change_calls.h"

#include "absl/strings/str_cat.h"
#include "services/common/rpc.h"

namespace lawine {

pb::Change Follow(std::uint64_t follower, std::uint64_t followee, bool there) {
  pb::Change change;
  if (there) {
    change.mutable_follow()->set_follower(absl::StrCat(follower));
    change.mutable_follow()->set_followee(absl::StrCat(followee));
  } else {
    change.mutable_unfollow()->set_follower(absl::StrCat(follower));
    change.mutable_unfollow()->set_followee(absl::StrCat(followee));
  }
  return change;
}

pb::Change AddMember(std::uint64_t id) {
  pb::Change change;
  change.mutable_add_member()->set_id(absl::StrCat(id));
  return change;
}

Answer<pb::ApplyChangesResponse> ApplyChanges(const Client& client, const std::string& graph,
                                              const std::vector<pb::Change>& changes,
                                              const std::string& request_id) {
  const auto stub = pb::ChangeService::NewStub(client.channel());
  grpc::ClientContext context;
  SetDeadline(context, kCallTimeout);
  const auto stream = stub->ApplyChanges(&context);
  pb::ApplyChangesRequest request;
  request.set_graph(graph);
  request.set_request_id(request_id);
  request.mutable_changes()->Add(changes.begin(), changes.end());
  Answer<pb::ApplyChangesResponse> answer;
  stream->Write(request);
  stream->Read(&answer.value);
  stream->WritesDone();
  answer.status = stream->Finish();
  return answer;
}

Answer<pb::FoldChangesResponse> FoldChanges(const Client& client, const std::string& graph) {
  const auto stub = pb::ChangeService::NewStub(client.channel());
  grpc::ClientContext context;
  SetDeadline(context, kCallTimeout);
  pb::FoldChangesRequest request;
  request.set_graph(graph);
  Answer<pb::FoldChangesResponse> answer;
  answer.status = stub->FoldChanges(&context, request, &answer.value);
  return answer;
}

}  // namespace lawine
