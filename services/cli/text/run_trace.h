// How workers spent the time of a run: as a table, and in Chrome's trace event format.
#ifndef LAWINE_SERVICES_CLI_TEXT_RUN_TRACE_H_
#define LAWINE_SERVICES_CLI_TEXT_RUN_TRACE_H_

#include <string>

#include "lawine/v1/trace.pb.h"
#include "services/common/json/message_json.h"

namespace lawine::cli {

// A row for each worker, blocks added up.
std::string TraceText(const std::string& run, const v1::GetRunTraceResponse& trace, bool color);

// Opens in ui.perfetto.dev and chrome://tracing: a row for each worker, turns one after the other, waiting
// between them. Times are from the first worker's start on; each worker's by its own clock.
// Source: "Trace Event Format", the JSON object format with complete events (ph X).
Json ChromeTrace(const std::string& run, const v1::GetRunTraceResponse& trace);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_RUN_TRACE_H_
