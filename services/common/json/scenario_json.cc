#include "services/common/json/scenario_json.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/json/suggest.h"

namespace lawine {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::size_t kMessageKindBytesMax = 64;

std::string FoundText(const Json& json) {
  constexpr std::size_t kShownBytesMax = 40;
  if (json.is_object()) return "an object";
  if (json.is_array()) return "a list";
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kShownBytesMax) text = absl::StrCat(text.substr(0, kShownBytesMax), "...");
  return text;
}

// Whole numbers, also as decimal strings where `digits_allowed`: what NumberToJson writes from 2^53.
std::optional<std::uint64_t> WholeNumber(const Json& json, bool digits_allowed) {
  std::uint64_t value = 0;
  if (json.is_number_unsigned()) return json.get<std::uint64_t>();
  if (digits_allowed && json.is_string() && absl::SimpleAtoi(json.get_ref<const std::string&>(), &value)) {
    return value;
  }
  return std::nullopt;
}

std::string JoinPath(const std::string& path, const std::string& name) {
  return path.empty() ? name : absl::StrCat(path, ".", name);
}

// Fills a message from JSON by its descriptor, noting every problem by the path of its field.
class MessageReader {
 public:
  explicit MessageReader(std::vector<std::string>& problems) : problems_(problems) {}

  void ReadObject(const Json& json, const std::string& path, Message& message) {
    if (!json.is_object()) return Expect(path, "an object", json);
    for (const auto& [name, value] : json.items()) ReadNamed(name, value, JoinPath(path, name), message);
    CheckOneofs(json, path, *message.GetDescriptor());
  }

 private:
  void Note(const std::string& path, const std::string& what) {
    problems_.push_back(absl::StrCat(path.empty() ? "scenario" : path, ": ", what));
  }
  void Expect(const std::string& path, const std::string& what, const Json& found) {
    Note(path, absl::StrCat("expected ", what, ", found ", FoundText(found)));
  }

  void ReadNamed(const std::string& name, const Json& value, const std::string& path, Message& message) {
    const Descriptor& descriptor = *message.GetDescriptor();
    const FieldDescriptor* field = descriptor.FindFieldByName(name);
    if (field == nullptr) {
      std::vector<std::string> known;
      for (int i = 0; i < descriptor.field_count(); ++i) known.push_back(descriptor.field(i)->name());
      const std::string hint = DidYouMean(name, known);
      return Note(path, absl::StrCat("unknown field", hint.empty() ? "; known are " : hint,
                                     hint.empty() ? absl::StrJoin(known, ", ") : ""));
    }
    if (!field->is_repeated()) return ReadValue(value, path, *field, message);
    if (!value.is_array()) return Expect(path, "a list", value);
    for (std::size_t i = 0; i < value.size(); ++i) {
      ReadValue(value[i], absl::StrCat(path, "[", i, "]"), *field, message);
    }
  }

  void ReadValue(const Json& json, const std::string& path, const FieldDescriptor& field, Message& message) {
    const Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return ReadObject(json, path,
                          field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                              : *reflection.MutableMessage(&message, &field));
      case FieldDescriptor::CPPTYPE_ENUM:
        return ReadEnum(json, path, field, message);
      case FieldDescriptor::CPPTYPE_STRING:
        return ReadString(json, path, field, message);
      case FieldDescriptor::CPPTYPE_BOOL:
        if (!json.is_boolean()) return Expect(path, "true or false", json);
        return Store(&Reflection::SetBool, &Reflection::AddBool, json.get<bool>(), field, message);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        if (!json.is_number()) return Expect(path, "a number", json);
        return Store(&Reflection::SetDouble, &Reflection::AddDouble, json.get<double>(), field, message);
      case FieldDescriptor::CPPTYPE_FLOAT:
        if (!json.is_number()) return Expect(path, "a number", json);
        return Store(&Reflection::SetFloat, &Reflection::AddFloat, json.get<float>(), field, message);
      default:
        return ReadInteger(json, path, field, message);
    }
  }

  template <typename Set, typename Add, typename Value>
  void Store(Set set, Add add, Value value, const FieldDescriptor& field, Message& message) {
    const Reflection& reflection = *message.GetReflection();
    if (field.is_repeated()) {
      (reflection.*add)(&message, &field, std::move(value));
    } else {
      (reflection.*set)(&message, &field, std::move(value));
    }
  }

  void ReadInteger(const Json& json, const std::string& path, const FieldDescriptor& field,
                   Message& message) {
    const bool wide = field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64 ||
                      field.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
    const bool is_signed = field.cpp_type() == FieldDescriptor::CPPTYPE_INT32 ||
                           field.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
    const std::uint64_t bits_max = wide ? std::numeric_limits<std::uint64_t>::max() : 0xFFFFFFFFull;
    const std::uint64_t value_max = is_signed ? bits_max / 2 : bits_max;
    const std::optional<std::uint64_t> value = WholeNumber(json, wide);
    if (!value.has_value() || *value > value_max) {
      return Expect(path, absl::StrCat("a whole number from 0 to ", value_max), json);
    }
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return Store(&Reflection::SetInt32, &Reflection::AddInt32, static_cast<std::int32_t>(*value), field,
                     message);
      case FieldDescriptor::CPPTYPE_INT64:
        return Store(&Reflection::SetInt64, &Reflection::AddInt64, static_cast<std::int64_t>(*value), field,
                     message);
      case FieldDescriptor::CPPTYPE_UINT32:
        return Store(&Reflection::SetUInt32, &Reflection::AddUInt32, static_cast<std::uint32_t>(*value),
                     field, message);
      default:
        return Store(&Reflection::SetUInt64, &Reflection::AddUInt64, *value, field, message);
    }
  }

  void ReadString(const Json& json, const std::string& path, const FieldDescriptor& field, Message& message) {
    std::string text;
    const bool is_id = field.full_name() == "lawine.v1.SeedMembers.ids";
    if (json.is_string()) {
      text = json.get<std::string>();
    } else if (is_id && json.is_number_integer()) {
      text = json.dump();
    } else {
      return Expect(path, is_id ? "a member's id (a string or a whole number)" : "a string", json);
    }
    Store(&Reflection::SetString, &Reflection::AddString, std::move(text), field, message);
  }

  void ReadEnum(const Json& json, const std::string& path, const FieldDescriptor& field, Message& message) {
    const EnumDescriptor& type = *field.enum_type();
    std::vector<std::string> words;
    for (int i = 0; i < type.value_count(); ++i) {
      words.push_back(ShortEnumWord(*type.value(i)));
      if (json.is_string() && (json == words.back() || json == type.value(i)->name())) {
        return Store(&Reflection::SetEnum, &Reflection::AddEnum, type.value(i), field, message);
      }
    }
    words.erase(words.begin());  // "UNSPECIFIED" is read, but nobody is sent there
    Expect(path, absl::StrCat("one of ", absl::StrJoin(words, ", ")), json);
  }

  // A choice that is there but empty is partial; two alternatives contradict each other.
  void CheckOneofs(const Json& json, const std::string& path, const Descriptor& descriptor) {
    for (int i = 0; i < descriptor.real_oneof_decl_count(); ++i) {
      const auto& choice = *descriptor.oneof_decl(i);
      std::vector<std::string> known;
      std::vector<std::string> given;
      for (int k = 0; k < choice.field_count(); ++k) {
        known.push_back(choice.field(k)->name());
        if (json.contains(known.back())) given.push_back(known.back());
      }
      if (given.size() > 1)
        Note(path, absl::StrCat("only one of ", absl::StrJoin(given, ", "), " can be set"));
      if (given.empty())
        Note(path, absl::StrCat("partial: expected ", absl::StrJoin(known, " or "), " in it"));
    }
  }

  std::vector<std::string>& problems_;
};

absl::Status ProblemsStatus(const std::vector<std::string>& problems) {
  return problems.empty() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
}

// JSON readers keep the last of repeated names in silence; a scenario that says two things is refused.
class RepeatedNames {
 public:
  bool Note(Json::parse_event_t event, const Json& parsed) {
    if (event == Json::parse_event_t::object_start) open_.emplace_back();
    if (event == Json::parse_event_t::object_end) open_.pop_back();
    if (event == Json::parse_event_t::key && !open_.back().insert(parsed.get<std::string>()).second) {
      problems.push_back(absl::StrCat(parsed.get<std::string>(), ": set twice in the same object"));
    }
    return true;
  }

  std::vector<std::string> problems;

 private:
  std::vector<std::set<std::string>> open_;
};

absl::StatusOr<Json> ParseStrictly(std::string_view text) {
  RepeatedNames names;
  try {
    Json json = Json::parse(
        text, [&](int, Json::parse_event_t event, Json& parsed) { return names.Note(event, parsed); },
        /*allow_exceptions=*/true, /*ignore_comments=*/true);
    LAWINE_RETURN_IF_ERROR(ProblemsStatus(names.problems));
    return json;
  } catch (const Json::exception& error) {
    std::string what = error.what();
    if (const std::size_t end = what.find("] "); end != std::string::npos) what.erase(0, end + 2);
    return absl::InvalidArgumentError(absl::StrCat("not JSON: ", what));
  }
}

void CheckSeedIds(const v1::SeedMembers& seeds, std::vector<std::string>& problems) {
  std::unordered_map<std::string_view, int> seen;
  for (int i = 0; i < seeds.ids_size(); ++i) {
    const auto [first, is_new] = seen.emplace(seeds.ids(i), i);
    if (is_new && !seeds.ids(i).empty()) continue;
    problems.push_back(seeds.ids(i).empty()
                           ? absl::StrCat("seed_members.ids[", i, "]: expected an id, found \"\"")
                           : absl::StrCat("seed_members.ids[", i, "]: repeats seed_members.ids[",
                                          first->second, "] (", seeds.ids(i), ")"));
  }
}

void CheckSeedMembers(const v1::SeedMembers& seeds, std::vector<std::string>& problems) {
  std::vector<std::string> rules;
  if (seeds.ids_size() > 0) rules.push_back("ids");
  if (seeds.has_audience()) rules.push_back("audience");
  if (seeds.has_highest_audience()) rules.push_back("highest_audience");
  if (seeds.has_random()) rules.push_back("random");
  if (rules.empty()) {
    problems.push_back(
        "seed_members: partial: expected one of ids, audience, highest_audience, random in it");
  }
  if (rules.size() > 1) {
    problems.push_back(absl::StrCat("seed_members.", rules[1], ": contradicts seed_members.", rules[0],
                                    "; exactly one of ids, audience, highest_audience, random is allowed"));
  }
  if (seeds.has_count() && seeds.ids_size() > 0) {
    problems.push_back("seed_members.count: contradicts seed_members.ids; it belongs to the other rules");
  }
  if (seeds.has_count() && (seeds.count() < 1 || seeds.count() > limits::kSeedMembersMax)) {
    problems.push_back(absl::StrCat("seed_members.count: expected 1 to ", limits::kSeedMembersMax, ", found ",
                                    seeds.count()));
  }
  if (seeds.has_highest_audience() && !seeds.highest_audience()) {
    problems.push_back("seed_members.highest_audience: expected true; leave it out otherwise");
  }
  if (seeds.has_random() && !seeds.random()) {
    problems.push_back("seed_members.random: expected true; leave it out otherwise");
  }
  CheckSeedIds(seeds, problems);
}

}  // namespace

absl::Status CheckScenario(const v1::Scenario& scenario) {
  std::vector<std::string> problems;
  if (scenario.has_seed_members()) CheckSeedMembers(scenario.seed_members(), problems);
  if (scenario.has_model() && scenario.model().model_case() == v1::Model::MODEL_NOT_SET) {
    problems.push_back("model: partial: expected forward in it");
  }
  const v1::ForwardModel& forward = scenario.model().forward();
  if (forward.has_probability() && !(forward.probability() >= 0.0 && forward.probability() <= 1.0)) {
    problems.push_back(
        absl::StrCat("model.forward.probability: expected 0 to 1, found ", forward.probability()));
  }
  if (scenario.stop().max_steps() > limits::kStepsMax) {
    problems.push_back(absl::StrCat("stop.max_steps: expected at most ", limits::kStepsMax, ", found ",
                                    scenario.stop().max_steps()));
  }
  if (scenario.has_replicas() && (scenario.replicas() < 1 || scenario.replicas() > limits::kReplicasMax)) {
    problems.push_back(
        absl::StrCat("replicas: expected 1 to ", limits::kReplicasMax, ", found ", scenario.replicas()));
  }
  if (scenario.first_replica() >= limits::kReplicasMax) {
    problems.push_back(absl::StrCat("first_replica: expected 0 to ", limits::kReplicasMax - 1, ", found ",
                                    scenario.first_replica()));
  }
  if (scenario.message().kind().size() > kMessageKindBytesMax) {
    problems.push_back(absl::StrCat("message.kind: expected at most ", kMessageKindBytesMax, " bytes, found ",
                                    scenario.message().kind().size()));
  }
  return ProblemsStatus(problems);
}

absl::StatusOr<v1::Scenario> ParseScenarioJson(std::string_view text) {
  LAWINE_ASSIGN_OR_RETURN(const Json json, ParseStrictly(text));
  std::vector<std::string> problems;
  v1::Scenario scenario;
  MessageReader(problems).ReadObject(json, "", scenario);
  LAWINE_RETURN_IF_ERROR(ProblemsStatus(problems));
  LAWINE_RETURN_IF_ERROR(CheckScenario(scenario));
  return scenario;
}

Json ScenarioToJson(const v1::Scenario& scenario) { return MessageToJson(scenario, /*empty_lists=*/false); }

}  // namespace lawine
