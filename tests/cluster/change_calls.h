// Changes of graphs, as a caller asks for them.
#ifndef LAWINE_TESTS_CLUSTER_CHANGE_CALLS_H_
#define LAWINE_TESTS_CLUSTER_CHANGE_CALLS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "lawine/v1/changes.grpc.pb.h"
#include "tests/cluster/client.h"

namespace lawine {

// `there`: follows from now on; else: follows no more.
pb::Change Follow(std::uint64_t follower, std::uint64_t followee, bool there = true);
pb::Change AddMember(std::uint64_t id);

// One batch, in a stream of its own.
Answer<pb::ApplyChangesResponse> ApplyChanges(const Client& client, const std::string& graph,
                                              const std::vector<pb::Change>& changes,
                                              const std::string& request_id = "");
Answer<pb::FoldChangesResponse> FoldChanges(const Client& client, const std::string& graph);

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_CHANGE_CALLS_H_
