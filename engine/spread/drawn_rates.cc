#include "engine/spread/drawn_rates.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"

namespace lawine {
namespace {

void AddRates(MessageSpec& message, std::vector<Threshold*>& rates) {
  rates.push_back(&message.link.same);
  for (Threshold& chance : message.link.by_kind) rates.push_back(&chance);
  if (message.seen.has_value()) rates.push_back(&*message.seen);
  rates.push_back(&message.forward);
  rates.push_back(&message.reactions.unfollow);
  rates.push_back(&message.reactions.follow);
  if (!message.epidemic.has_value()) return;
  rates.push_back(&message.epidemic->recovery);
  if (message.epidemic->onset.has_value()) rates.push_back(&*message.epidemic->onset);
}

void AddRates(Intervention& intervention, std::vector<Threshold*>& rates) {
  rates.push_back(&intervention.carry);
  if (intervention.immune.has_value()) rates.push_back(&intervention.immune->share);
  if (intervention.removed.has_value()) rates.push_back(&intervention.removed->share);
}

}  // namespace

std::vector<Threshold*> RatesOf(ModelSpec& model) {
  std::vector<Threshold*> rates;
  for (MessageSpec& message : model.messages) AddRates(message, rates);
  if (model.later.has_value()) {
    for (MessageSpec& message : model.later->messages) AddRates(message, rates);
  }
  for (Intervention& intervention : model.interventions) AddRates(intervention, rates);
  if (model.people.has_value()) {
    for (Threshold& chance : model.people->cross_posting) rates.push_back(&chance);
  }
  if (!model.growth.has_value()) return rates;
  GrowthSpec& growth = *model.growth;
  for (Threshold* rate :
       {&growth.new_links, &growth.lost_links, &growth.start, &growth.joining, &growth.leaving}) {
    rates.push_back(rate);
  }
  return rates;
}

void SetDrawnRates(const std::vector<DrawnRate>& drawn, std::uint32_t replica,
                   std::span<Threshold* const> rates) {
  for (const DrawnRate& rate : drawn) {
    for (const std::uint32_t place : rate.places)
      *rates[place] = rate.by_replica[replica - rate.first_replica];
  }
}

absl::Status CheckDrawnRates(const std::vector<DrawnRate>& drawn, std::size_t rates_count,
                             std::uint32_t first_replica, std::uint32_t replicas) {
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    const DrawnRate& rate = drawn[i];
    const bool ascending = std::adjacent_find(rate.places.begin(), rate.places.end(),
                                              std::greater_equal<>()) == rate.places.end();
    if (rate.places.empty() || !ascending || rate.places.back() >= rates_count) {
      return absl::InvalidArgumentError(
          absl::StrCat("drawn_rates[", i, "]: expected ascending places below ", rates_count));
    }
    const std::uint64_t drawn_end = std::uint64_t{rate.first_replica} + rate.by_replica.size();
    if (rate.first_replica > first_replica || std::uint64_t{first_replica} + replicas > drawn_end) {
      return absl::InvalidArgumentError(absl::StrCat("drawn_rates[", i, "]: expected draws of replicas ",
                                                     first_replica, " to ", first_replica + replicas - 1,
                                                     ", found those of ", rate.first_replica, " to ",
                                                     drawn_end, " without the last"));
    }
  }
  return absl::OkStatus();
}

}  // namespace lawine
