#include "services/coordinator/plan/list_limits.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/spread/outcome.h"
#include "engine/spread/run_spec.h"
#include "services/common/errors.h"
#include "services/coordinator/plan/seed_plan.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
using Injections = google::protobuf::RepeatedPtrField<pb::Injection>;

// Adds lists up that are bounded together.
class Sum {
 public:
  // `already`: so many are there beside those that are added.
  Sum(std::uint64_t most, std::uint64_t already) : left_(most - already) {}

  absl::Status Add(std::uint64_t count, const std::string& path) {
    if (count > left_) {
      return FieldError(path, absl::StrCat("expected at most ", left_, ", found ", count));
    }
    left_ -= count;
    return absl::OkStatus();
  }

 private:
  std::uint64_t left_;
};

std::string InList(const std::string& list, int index) { return absl::StrCat(list, "[", index, "]"); }

absl::Status AddMembers(const Injections& injections, const std::string& path, Sum& members) {
  for (int i = 0; i < injections.size(); ++i) {
    LAWINE_RETURN_IF_ERROR(
        members.Add(MembersAskedFor(injections[i].members()), InList(path, i) + ".members"));
  }
  return absl::OkStatus();
}

template <class Messages>
absl::Status CheckMembersOf(const Messages& messages, const std::string& path) {
  for (int m = 0; m < messages.size(); ++m) {
    Sum members(limits::kSeedMembersMax, MembersAskedFor(messages[m].seed_members()));
    LAWINE_RETURN_IF_ERROR(AddMembers(messages[m].injections(), InList(path, m) + ".injections", members));
  }
  return absl::OkStatus();
}

absl::Status CheckStepsMax(const pb::Stop& stop, std::uint32_t messages, const std::string& path) {
  const std::uint32_t most = StepsMaxOf(messages);
  if (stop.max_steps() <= most) return absl::OkStatus();
  const std::string several = messages > 1 ? absl::StrCat(" with ", messages, " messages") : "";
  return FieldError(path + ".max_steps",
                    absl::StrCat("expected at most ", most, several, ", found ", stop.max_steps()));
}

// The step of the last of some injections, where that is after `last`; then `path` becomes its field's.
std::uint32_t LastStep(const Injections& injections, const std::string& list, std::uint32_t last,
                       std::string& path) {
  for (int i = 0; i < injections.size(); ++i) {
    if (injections[i].step() <= last) continue;
    last = injections[i].step();
    path = InList(list, i) + ".step";
  }
  return last;
}

// Every message has counts of each step through its last injection.
absl::Status AddLastInjection(std::uint64_t step, const std::string& path, std::uint64_t& sum) {
  sum += step;
  if (sum <= limits::kStepsMax) return absl::OkStatus();
  return FieldError(path, absl::StrCat("expected the last injections of all messages at steps that sum to at "
                                       "most ",
                                       limits::kStepsMax, ", found ", sum, " with this one at step ", step,
                                       ": begin earlier, or use longer steps"));
}

template <class Messages>
absl::Status AddLastInjections(const Messages& messages, const std::string& list, std::uint64_t first_step,
                               std::uint64_t& sum) {
  for (int m = 0; m < messages.size(); ++m) {
    const pb::Trigger& trigger = messages[m].start();
    const std::uint64_t start = std::max<std::uint64_t>(first_step, trigger.from_step());
    if (start >= kNoStep) continue;  // it never starts
    std::string path = InList(list, m);
    const std::uint32_t last = LastStep(messages[m].injections(), path + ".injections", 0, path);
    if (last == 0 && trigger.has_from_step()) path += ".start.from_step";
    LAWINE_RETURN_IF_ERROR(AddLastInjection(start + last, path, sum));
  }
  return absl::OkStatus();
}

absl::Status CheckLastInjections(const pb::Scenario& scenario) {
  const pb::Scenario& change = scenario.later().change();
  std::string path;
  std::uint32_t last = LastStep(scenario.injections(), "injections", 0, path);
  last = LastStep(change.injections(), "later.change.injections", last, path);
  std::uint64_t sum = 0;
  LAWINE_RETURN_IF_ERROR(AddLastInjection(last, path, sum));
  LAWINE_RETURN_IF_ERROR(AddLastInjections(scenario.messages(), "messages", 0, sum));
  return AddLastInjections(change.messages(), "later.change.messages",
                           std::uint64_t{scenario.later().after_step()} + 1, sum);
}

}  // namespace

absl::Status CheckListSizes(const pb::Scenario& scenario) {
  const pb::Scenario& change = scenario.later().change();
  const auto size_of = [](const auto& list) { return static_cast<std::uint64_t>(list.size()); };
  Sum messages(limits::kMessagesMax, 1);
  LAWINE_RETURN_IF_ERROR(messages.Add(size_of(scenario.messages()), "messages"));
  LAWINE_RETURN_IF_ERROR(messages.Add(size_of(change.messages()), "later.change.messages"));
  Sum interventions(limits::kInterventionsMax, 0);
  LAWINE_RETURN_IF_ERROR(interventions.Add(size_of(scenario.interventions()), "interventions"));
  LAWINE_RETURN_IF_ERROR(interventions.Add(size_of(change.interventions()), "later.change.interventions"));
  // A message's seed members are its first injection.
  Sum injections(limits::kInjectionsMax, 1 + size_of(scenario.messages()) + size_of(change.messages()));
  LAWINE_RETURN_IF_ERROR(injections.Add(size_of(scenario.injections()), "injections"));
  LAWINE_RETURN_IF_ERROR(injections.Add(size_of(change.injections()), "later.change.injections"));
  for (int m = 0; m < scenario.messages_size(); ++m) {
    LAWINE_RETURN_IF_ERROR(
        injections.Add(size_of(scenario.messages(m).injections()), InList("messages", m) + ".injections"));
  }
  for (int m = 0; m < change.messages_size(); ++m) {
    LAWINE_RETURN_IF_ERROR(injections.Add(size_of(change.messages(m).injections()),
                                          InList("later.change.messages", m) + ".injections"));
  }
  return absl::OkStatus();
}

absl::Status CheckMembersGiven(const pb::Scenario& scenario) {
  const pb::Scenario& change = scenario.later().change();
  Sum members(limits::kSeedMembersMax, MembersAskedFor(scenario.seed_members()));
  LAWINE_RETURN_IF_ERROR(AddMembers(scenario.injections(), "injections", members));
  LAWINE_RETURN_IF_ERROR(AddMembers(change.injections(), "later.change.injections", members));
  LAWINE_RETURN_IF_ERROR(CheckMembersOf(scenario.messages(), "messages"));
  return CheckMembersOf(change.messages(), "later.change.messages");
}

absl::Status CheckStepsOfMessages(const pb::Scenario& scenario) {
  const pb::Scenario& change = scenario.later().change();
  const auto messages = static_cast<std::uint32_t>(1 + scenario.messages_size() + change.messages_size());
  LAWINE_RETURN_IF_ERROR(CheckStepsMax(scenario.stop(), messages, "stop"));
  LAWINE_RETURN_IF_ERROR(CheckStepsMax(change.stop(), messages, "later.change.stop"));
  return CheckLastInjections(scenario);
}

}  // namespace lawine
