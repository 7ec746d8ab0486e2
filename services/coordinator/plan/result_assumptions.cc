#include "services/coordinator/plan/result_assumptions.h"

#include <google/protobuf/text_format.h>

#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/graph/generator.h"
#include "engine/graph/preset_figures.h"
#include "services/common/json/rate_fields.h"
#include "services/common/number_text.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::size_t kAssumptionsMax = 500;
constexpr double kArticleRate = 0.1;
constexpr std::uint32_t kArticleAudience = 300;

pb::ResultAssumption Make(std::string what, std::string value, pb::AssumptionBasis basis,
                          std::string source) {
  pb::ResultAssumption assumption;
  assumption.set_what(std::move(what));
  assumption.set_value(std::move(value));
  assumption.set_basis(basis);
  assumption.set_source(std::move(source));
  return assumption;
}

pb::AssumptionBasis MeasuredIf(bool measured) {
  return measured ? pb::ASSUMPTION_BASIS_MEASURED : pb::ASSUMPTION_BASIS_ASSUMED;
}

// Everyday rates and growth say what could be asked, not what was.
bool ShapesTheGraph(Figure figure) { return figure <= Figure::kInsideCommunities; }

std::string FigureValue(const PresetFigure& figure) {
  switch (figure.figure) {
    case Figure::kIsolated:
    case Figure::kReciprocity:
    case Figure::kInsideCommunities:
      return absl::StrFormat("%.6g%%", 100 * figure.value());
    default:
      break;
  }
  return figure.value() >= 1000 ? Decimal(figure.value(), 0) : absl::StrFormat("%.6g", figure.value());
}

// Of "Measured: members (source). Assumed: the rest." the first part.
pb::ResultAssumption MembersOf(const Preset& preset) {
  const std::string_view first = preset.sources.substr(0, preset.sources.find(". "));
  const std::size_t colon = first.find(": ");
  return Make("members", Thousands(preset.members), MeasuredIf(first.starts_with("Measured")),
              std::string(colon == first.npos ? first : first.substr(colon + 2)));
}

void AddPreset(const GeneratorSpec& spec, const Preset& preset,
               std::vector<pb::ResultAssumption>& assumptions) {
  const bool own_mean = spec.links_per_member_milli != preset.links_per_member_milli;
  assumptions.push_back(spec.members == preset.members
                            ? MembersOf(preset)
                            : Make("members", Thousands(spec.members), pb::ASSUMPTION_BASIS_YOURS,
                                   absl::StrCat("the preset has ", Thousands(preset.members))));
  if (own_mean || !preset.networks.empty()) {
    assumptions.push_back(Make("mean audience", absl::StrFormat("%.6g", spec.links_per_member_milli / 1000.0),
                               own_mean ? pb::ASSUMPTION_BASIS_YOURS : pb::ASSUMPTION_BASIS_ASSUMED,
                               own_mean ? "not the preset's" : "of all networks together"));
  }
  for (const PresetFigure& figure : FiguresOf(preset)) {
    if (!ShapesTheGraph(figure.figure)) continue;
    // Figures of audiences are those of the preset's own mean.
    if (own_mean && figure.figure <= Figure::kLargest) continue;
    assumptions.push_back(Make(std::string(FigureName(figure.figure)), FigureValue(figure),
                               MeasuredIf(figure.measured), std::string(figure.source)));
  }
}

// Says how to run it, or is a name: the version of the graph is told by the manifest.
bool IsNoAssumption(const FieldDescriptor& field) {
  for (const std::string_view name :
       {"lawine.v1.Scenario.graph", "lawine.v1.Scenario.graph_version", "lawine.v1.Scenario.replicas",
        "lawine.v1.Scenario.first_replica", "lawine.v1.Scenario.run_seed",
        "lawine.v1.Scenario.until_precision", "lawine.v1.Scenario.groups", "lawine.v1.Scenario.message",
        "lawine.v1.Scenario.steps_to_percent", "lawine.v1.FurtherMessage.name",
        "lawine.v1.FurtherMessage.message"}) {
    if (field.full_name() == name) return true;
  }
  return false;
}

bool IsFactor(const FieldDescriptor& field) {
  return absl::EndsWith(field.name(), "factor") || field.full_name() == "lawine.v1.ForwardFactors.ages";
}

// As completing a scenario leaves it where the scenario says nothing.
bool IsDefault(const Message& message, const FieldDescriptor& field) {
  if (field.full_name() == "lawine.v1.SeedMembers.random") {
    return IsDefaultStart(static_cast<const pb::SeedMembers&>(message));
  }
  const auto& reflection = *message.GetReflection();
  if (field.full_name() == "lawine.v1.SeedMembers.count") return reflection.GetUInt32(message, &field) == 1;
  if (field.full_name() == "lawine.v1.Growth.members_at_start") {
    return reflection.GetDouble(message, &field) == 1;
  }
  const bool on =
      field.full_name() == "lawine.v1.People.one_decision" || field.full_name() == "lawine.v1.Growth.mutual";
  return on && reflection.GetBool(message, &field);
}

class FieldWalk {
 public:
  void Visit(const Message& message, const std::string& prefix) {
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (!IsNoAssumption(*field)) VisitField(message, *field, prefix + field->name());
    }
    if (message.GetDescriptor()->full_name() == "lawine.v1.DailyRhythm" && fields.empty()) {
      Add(prefix + "hours", "as shipped", pb::ASSUMPTION_BASIS_ASSUMED, "no measurement used");
    }
  }
  std::vector<pb::ResultAssumption> found() && { return std::move(found_); }

 private:
  void Add(std::string what, std::string value, pb::AssumptionBasis basis, std::string source) {
    if (found_.size() >= kAssumptionsMax) return;
    found_.push_back(Make(std::move(what), std::move(value), basis, std::move(source)));
  }

  void VisitField(const Message& message, const FieldDescriptor& field, const std::string& path) {
    const auto& reflection = *message.GetReflection();
    const int count = field.is_repeated() ? reflection.FieldSize(message, &field) : 1;
    if (field.full_name() == "lawine.v1.SeedMembers.ids" ||
        field.full_name() == "lawine.v1.MemberChoice.ids") {
      return Add(path, absl::StrCat(count, count == 1 ? " member" : " members"), pb::ASSUMPTION_BASIS_YOURS,
                 "");
    }
    for (int i = 0; i < count; ++i) {
      const std::string at = field.is_repeated() ? absl::StrCat(path, "[", i, "]") : path;
      if (const FieldDescriptor* rate = RateOfCounts(field); rate != nullptr) {
        const auto& counts = static_cast<const pb::RateCounts&>(reflection.GetMessage(message, &field));
        Add(path.substr(0, path.rfind(rate->name())) + rate->name(),
            absl::StrCat(Thousands(counts.shares()), " of ", Thousands(counts.receipts())),
            pb::ASSUMPTION_BASIS_YOURS, "counted; every replica draws its own rate");
      } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Visit(field.is_repeated() ? reflection.GetRepeatedMessage(message, &field, i)
                                  : reflection.GetMessage(message, &field),
              at + ".");
      } else {
        AddValue(message, field, i, at);
      }
    }
  }

  void AddValue(const Message& message, const FieldDescriptor& field, int i, const std::string& path) {
    const auto& reflection = *message.GetReflection();
    std::string value;
    google::protobuf::TextFormat::PrintFieldValueToString(message, &field, field.is_repeated() ? i : -1,
                                                          &value);
    if (IsFactor(field) && value == "1") return;
    const bool article_rate =
        path == "model.forward.probability" && reflection.GetDouble(message, &field) == kArticleRate;
    const bool article_audience =
        path == "seed_members.audience" && reflection.GetUInt32(message, &field) == kArticleAudience;
    if (article_rate || article_audience) {
      Add(path, std::move(value), pb::ASSUMPTION_BASIS_ARTICLE, "the article's example");
    } else if (IsDefault(message, field)) {
      Add(path, std::move(value), pb::ASSUMPTION_BASIS_ASSUMED, kDefaultSource);
    } else {
      Add(path, std::move(value), pb::ASSUMPTION_BASIS_YOURS, "");
    }
  }

  std::vector<pb::ResultAssumption> found_;
};

}  // namespace

std::vector<pb::ResultAssumption> NetworkAssumptions(const std::string& graph, const std::string& origin) {
  const std::optional<GeneratorSpec> spec = SpecOfOrigin(origin);
  if (!spec.has_value()) return {Make("network", graph, pb::ASSUMPTION_BASIS_YOURS, origin)};
  const Preset& preset = **FindPreset(spec->preset);
  std::vector<pb::ResultAssumption> assumptions = {
      Make("network", absl::StrCat(graph, ": ", std::string(preset.title)), pb::ASSUMPTION_BASIS_ASSUMED,
           "generated; no real member and no real link is in it")};
  AddPreset(*spec, preset, assumptions);
  return assumptions;
}

bool IsDefaultStart(const pb::SeedMembers& seeds) {
  return seeds.random() && seeds.count() <= 1 && seeds.account_kind().empty() && !seeds.has_community();
}

std::vector<pb::ResultAssumption> FieldAssumptions(const pb::Scenario& scenario) {
  FieldWalk walk;
  walk.Visit(scenario, "");
  return std::move(walk).found();
}

}  // namespace lawine
