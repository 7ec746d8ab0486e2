// States of runs.
#ifndef LAWINE_SERVICES_COORDINATOR_RUN_STATE_H_
#define LAWINE_SERVICES_COORDINATOR_RUN_STATE_H_

#include <google/protobuf/util/time_util.h>

#include <string>

#include "absl/strings/strip.h"
#include "lawine/v1/simulation.pb.h"

namespace lawine {

// "SUCCEEDED"
inline std::string StateWord(v1::RunState state) {
  return std::string(absl::StripPrefix(v1::RunState_Name(state), "RUN_STATE_"));
}

inline bool Ended(v1::RunState state) {
  return state == v1::RUN_STATE_SUCCEEDED || state == v1::RUN_STATE_FAILED ||
         state == v1::RUN_STATE_CANCELLED;
}

// Ends it now.
inline void End(v1::Run& run, v1::RunState state, const std::string& error) {
  run.set_state(state);
  run.set_error(error);
  *run.mutable_end_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUN_STATE_H_
