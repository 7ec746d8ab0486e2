#include "services/coordinator/plan/counted_rates.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/check.h"
#include "engine/base/coin.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/edge_line.h"
#include "services/common/errors.h"
#include "services/common/json/rate_fields.h"
#include "services/coordinator/plan/later_plan.h"
#include "services/coordinator/statistics/uncertainty.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::uint64_t kReceiptsMax = 1'000'000'000'000;
// A draw takes some microseconds, and nobody can end them.
constexpr std::size_t kRatesMax = 64;
constexpr std::uint64_t kDrawsMax = 1'000'000;

// Counts that are set, with the message that has them. `path` is that of the rate.
struct Found {
  Message& holder;
  const FieldDescriptor& rate;
  const FieldDescriptor& counts;
  const std::string& path;

  const pb::RateCounts& value() const {
    return static_cast<const pb::RateCounts&>(holder.GetReflection()->GetMessage(holder, &counts));
  }
  void Replace(double number) const {
    holder.GetReflection()->ClearField(&holder, &counts);
    holder.GetReflection()->SetDouble(&holder, &rate, number);
  }
};
using Visit = std::function<void(const Found&)>;

void ForEachCounts(Message& message, const std::string& prefix, const Visit& visit) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (const FieldDescriptor* rate = RateOfCounts(*field); rate != nullptr) {
      visit({.holder = message, .rate = *rate, .counts = *field, .path = prefix + rate->name()});
      continue;
    }
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const std::string at =
          absl::StrCat(prefix, field->name(), field->is_repeated() ? absl::StrCat("[", i, "]") : "");
      ForEachCounts(field->is_repeated() ? *reflection.MutableRepeatedMessage(&message, field, i)
                                         : *reflection.MutableMessage(&message, field),
                    at + ".", visit);
    }
  }
}

// Where rates stand first: messages may have the model of the first one.
class FirstPlaces {
 public:
  explicit FirstPlaces(const pb::Scenario& scenario) {
    const std::string model = scenario.model().SerializeAsString();
    for (const auto& [list, messages] :
         {std::pair("messages", &scenario.messages()),
          std::pair("later.change.messages", &scenario.later().change().messages())}) {
      for (int m = 0; m < messages->size(); ++m) {
        if (messages->at(m).model().SerializeAsString() != model) continue;
        like_first_.push_back(absl::StrCat(list, "[", m, "].model."));
      }
    }
  }

  std::string Of(const std::string& path) const {
    for (const std::string& prefix : like_first_) {
      if (absl::StartsWith(path, prefix)) return absl::StrCat("model.", path.substr(prefix.size()));
    }
    return path;
  }

 private:
  std::vector<std::string> like_first_;
};

double MeanOf(const pb::RateCounts& counts) {
  return (static_cast<double>(counts.shares()) + 1) / (static_cast<double>(counts.receipts()) + 2);
}

// Odd, and far below any chance that matters.
Threshold MarkerOf(std::size_t rate) { return Threshold::FromFixed(2 * rate + 1); }

// `completed` has all that `given` has, and lists as long.
void Restore(const Message& given, Message& completed) {
  const google::protobuf::Reflection& reflection = *given.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(given, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (RateOfCounts(*field) != nullptr) {
      ClearOtherForm(*field, completed);
      reflection.MutableMessage(&completed, field)->CopyFrom(reflection.GetMessage(given, field));
    } else if (!field->is_repeated()) {
      Restore(reflection.GetMessage(given, field), *reflection.MutableMessage(&completed, field));
    } else {
      for (int i = 0; i < reflection.FieldSize(given, field); ++i) {
        Restore(reflection.GetRepeatedMessage(given, field, i),
                *reflection.MutableRepeatedMessage(&completed, field, i));
      }
    }
  }
}

}  // namespace

absl::Status CheckCounts(const Message& message, const std::string& path) {
  absl::Status status;
  const std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  ForEachCounts(*copy, path, [&status](const Found& found) {
    if (!status.ok()) return;
    const std::string at = found.path + "_counts";
    const pb::RateCounts& counts = found.value();
    if (found.holder.GetReflection()->HasField(found.holder, &found.rate)) {
      status = FieldError(at, absl::StrCat("contradicts ", found.path, ": a rate is known or counted"));
    } else if (!counts.has_shares() || !counts.has_receipts()) {
      status = FieldError(at, "partial: expected shares and receipts in it, such as 45 of 1200");
    } else if (counts.receipts() < 1 || counts.receipts() > kReceiptsMax) {
      status = FieldError(at + ".receipts",
                          absl::StrCat("expected 1 to ", kReceiptsMax, ", found ", counts.receipts()));
    } else if (counts.shares() > counts.receipts()) {
      status = FieldError(at + ".shares", absl::StrCat("expected at most the ", counts.receipts(),
                                                       " receipts, found ", counts.shares()));
    }
  });
  return status;
}

pb::Scenario WithMeanRates(const pb::Scenario& scenario) {
  pb::Scenario known = scenario;
  ForEachCounts(known, "", [](const Found& found) { found.Replace(MeanOf(found.value())); });
  return known;
}

void RestoreCounts(const pb::Scenario& given, pb::Scenario& completed) {
  Restore(given, completed);
  for (int m = 0; m < given.messages_size(); ++m) {
    if (!given.messages(m).has_model()) *completed.mutable_messages(m)->mutable_model() = completed.model();
  }
  if (!given.has_later()) return;
  pb::Scenario& change = *completed.mutable_later()->mutable_change();
  for (int m = 0; m < change.messages_size(); ++m) {
    if (given.later().change().messages(m).has_model()) continue;
    *change.mutable_messages(m)->mutable_model() = LaterModel(completed);
  }
}

std::vector<CountedRate> CountedRatesOf(const pb::Scenario& scenario) {
  std::vector<CountedRate> rates;
  std::set<std::string> known;
  const FirstPlaces places(scenario);
  pb::Scenario copy = scenario;
  ForEachCounts(copy, "", [&](const Found& found) {
    std::string field = places.Of(found.path);
    if (!known.insert(field).second) return;
    rates.push_back({.field = std::move(field), .counts = found.value()});
  });
  return rates;
}

absl::Status CheckCountedRates(const pb::Scenario& scenario) {
  const std::vector<CountedRate> rates = CountedRatesOf(scenario);
  if (rates.size() > kRatesMax) {
    return FieldError(
        rates[kRatesMax].field + "_counts",
        absl::StrCat("expected at most ", kRatesMax, " rates that are counted, found ", rates.size()));
  }
  if (rates.size() * std::uint64_t{scenario.replicas()} <= kDrawsMax) return absl::OkStatus();
  return FieldError("replicas",
                    absl::StrCat("expected at most ", kDrawsMax / rates.size(), " beside ", rates.size(),
                                 " rates that are counted, found ", scenario.replicas()));
}

double DrawRate(const CountedRate& rate, std::uint64_t run_seed, std::uint32_t replica) {
  const CoinLane lane({.run_seed = run_seed, .message = 0, .replica = replica}, CoinPurpose::kRate);
  const std::uint64_t coin = lane.Coin(KeyOfStringId(rate.field));
  const double share = std::ldexp(static_cast<double>(coin >> 11) + 0.5, -53);
  const double drawn = PosteriorQuantile(rate.counts.shares(), rate.counts.receipts(), share);
  // Few enough digits that all mathematics libraries agree on them.
  double rounded = 0;
  LAWINE_CHECK(absl::SimpleAtod(absl::StrFormat("%.9g", drawn), &rounded));
  return rounded;
}

std::vector<RateDraws> DrawRates(const pb::Scenario& scenario) {
  std::vector<RateDraws> draws;
  for (CountedRate& rate : CountedRatesOf(scenario)) {
    RateDraws& drawn = draws.emplace_back();
    drawn.rate = std::move(rate);
    drawn.first_replica = scenario.first_replica();
    if (scenario.replicas() > limits::kReplicasMax) continue;
    for (std::uint32_t i = 0; i < scenario.replicas(); ++i) {
      drawn.by_replica.push_back(DrawRate(drawn.rate, scenario.run_seed(), drawn.first_replica + i));
    }
  }
  return draws;
}

pb::Scenario WithMarkedRates(const pb::Scenario& scenario) {
  const std::vector<CountedRate> rates = CountedRatesOf(scenario);
  const FirstPlaces places(scenario);
  pb::Scenario marked = scenario;
  ForEachCounts(marked, "", [&](const Found& found) {
    const std::string field = places.Of(found.path);
    const auto rate = std::find_if(rates.begin(), rates.end(),
                                   [&field](const CountedRate& known) { return known.field == field; });
    found.Replace(MarkerOf(static_cast<std::size_t>(rate - rates.begin())).ToDouble());
  });
  return marked;
}

std::vector<DrawnRate> TakeMarkedRates(const std::vector<RateDraws>& draws,
                                       std::span<Threshold* const> rates) {
  std::vector<DrawnRate> drawn_rates;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const RateDraws& draw = draws[i];
    DrawnRate drawn{.places = {}, .first_replica = draw.first_replica, .by_replica = {}};
    for (std::uint32_t place = 0; place < rates.size(); ++place) {
      if (*rates[place] != MarkerOf(i)) continue;
      drawn.places.push_back(place);
      *rates[place] = *Threshold::FromProbability(MeanOf(draw.rate.counts));
    }
    for (const double rate : draw.by_replica) drawn.by_replica.push_back(*Threshold::FromProbability(rate));
    if (!drawn.places.empty()) drawn_rates.push_back(std::move(drawn));
  }
  return drawn_rates;
}

std::optional<pb::LuckAndIgnorance> LuckAndIgnoranceIn(std::span<const double> values,
                                                       const std::string& measure,
                                                       std::span<const LaneOutcome> lanes,
                                                       std::span<const RateDraws> draws) {
  if (draws.empty() || values.size() < kLuckReplicasMin) return std::nullopt;
  std::vector<RateByReplica> rates;
  for (const RateDraws& draw : draws) {
    RateByReplica& rate = rates.emplace_back();
    rate.field = draw.rate.field;
    for (const LaneOutcome& lane : lanes) rate.drawn.push_back(draw.Of(lane.replica));
  }
  pb::LuckAndIgnorance found = LuckAndIgnoranceOf(values, rates);
  found.set_measure(measure);
  return found;
}

pb::CountedRate ToPublic(const CountedRate& rate) {
  pb::CountedRate counted;
  counted.set_field(rate.field);
  *counted.mutable_counts() = rate.counts;
  counted.set_mean(MeanOf(rate.counts));
  counted.mutable_middle95()->set_low(PosteriorQuantile(rate.counts.shares(), rate.counts.receipts(), 0.025));
  counted.mutable_middle95()->set_high(
      PosteriorQuantile(rate.counts.shares(), rate.counts.receipts(), 0.975));
  return counted;
}

}  // namespace lawine
