// Imports as they arrive from a caller: options, then files.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPH_IMPORT_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPH_IMPORT_H_

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "lawine/v1/graph.pb.h"
#include "services/coordinator/graphs.h"

namespace lawine {

using ImportStream =
    grpc::ServerReaderWriter<lawine::v1::ImportGraphResponse, lawine::v1::ImportGraphRequest>;

// Reads all files of one import and makes the graph; writes progress, then the graph and what was seen.
absl::Status ReadImport(Graphs& graphs, grpc::ServerContext& context, ImportStream& stream);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPH_IMPORT_H_
