// Graphs, members and the cluster in tables.
#ifndef LAWINE_SERVICES_CLI_TEXT_GRAPH_TEXT_H_
#define LAWINE_SERVICES_CLI_TEXT_GRAPH_TEXT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lawine/v1/cluster.pb.h"
#include "lawine/v1/graph.pb.h"

namespace lawine::cli {

// Names and values, as Facts takes them.
std::vector<std::pair<std::string, std::string>> GraphFacts(const v1::Graph& graph);
const char* AccountKindText(std::uint32_t kind);
std::string GraphText(const v1::Graph& graph);
std::string GraphsText(const std::vector<v1::Graph>& graphs, bool color);
// What the first rows were taken for, if there are to be `remarks`; then what came of all.
std::string ImportText(const v1::Graph& graph, const v1::ImportReport& report, bool remarks);
std::string MemberText(const v1::GetMemberResponse& member);
std::string VerifyText(const v1::VerifyGraphResponse& response, bool color);
std::string ClusterText(const v1::GetClusterStatusResponse& status, bool color);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_GRAPH_TEXT_H_
