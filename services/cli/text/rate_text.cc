#include "services/cli/text/rate_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "services/cli/text/text.h"
#include "services/common/json/rate_fields.h"
#include "services/coordinator/what_if/difference.h"

namespace lawine::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Null where it was not counted.
const v1::RateCounts* CountsOf(const Message& message, const FieldDescriptor& rate) {
  const FieldDescriptor* const counts = CountsOfRate(rate);
  if (counts == nullptr || !message.GetReflection()->HasField(message, counts)) return nullptr;
  return &static_cast<const v1::RateCounts&>(message.GetReflection()->GetMessage(message, counts));
}

std::string OfText(const v1::RateCounts& counts) {
  return absl::StrCat(Thousands(counts.shares()), " of ", Thousands(counts.receipts()));
}

// Three digits that count.
std::string PercentOf(double share) { return absl::StrFormat("%.3g%%", 100 * share); }

}  // namespace

std::string RateText(const Message& message, const std::string& field) {
  const FieldDescriptor& rate = *message.GetDescriptor()->FindFieldByName(field);
  if (const v1::RateCounts* counts = CountsOf(message, rate); counts != nullptr) {
    return OfText(*counts) + " as counted";
  }
  return Percent(message.GetReflection()->GetDouble(message, &rate));
}

bool IsSome(const Message& message, const std::string& field) {
  const FieldDescriptor& rate = *message.GetDescriptor()->FindFieldByName(field);
  return CountsOf(message, rate) != nullptr || message.GetReflection()->GetDouble(message, &rate) > 0;
}

bool IsSet(const Message& message, const std::string& field) {
  const FieldDescriptor* const rate = message.GetDescriptor()->FindFieldByName(field);
  return rate != nullptr &&
         (message.GetReflection()->HasField(message, rate) || CountsOf(message, *rate) != nullptr);
}

std::string LuckSentence(const v1::LuckAndIgnorance& found, const std::string& of) {
  std::vector<std::string> rates;
  for (const v1::RateShare& rate : found.rates()) {
    rates.push_back(
        found.rates_size() == 1
            ? rate.field()
            : absl::StrCat(rate.field(), " (", absl::StrFormat("%.0f%%", 100 * rate.share()), ")"));
  }
  const int decimals = std::max(found.luck(), found.ignorance()) < 100 ? 1 : 0;
  const auto deviation = [&](double value) {
    return found.measure() == "target_share" ? MeanText(found.measure(), value) : Decimal(value, decimals);
  };
  return absl::StrCat("About ", absl::StrFormat("%.0f%%", 100 * found.ignorance_share()),
                      " of the variance in ", of, " comes of not knowing ", absl::StrJoin(rates, ", "),
                      " better, the rest is luck: a standard deviation of ", deviation(found.ignorance()),
                      " from not knowing, of ", deviation(found.luck()), " from luck.");
}

std::string CountedSentence(const v1::RunResult& result) {
  std::vector<std::string> sentences;
  for (const v1::CountedRate& rate : result.counted_rates()) {
    const std::string drawn = rate.has_drawn() ? absl::StrCat("this replica drew ", PercentOf(rate.drawn()))
                                               : "every replica draws its own";
    sentences.push_back(absl::StrCat(
        rate.field(), " was counted, ", OfText(rate.counts()), ": between ", PercentOf(rate.middle95().low()),
        " and ", PercentOf(rate.middle95().high()), " with 95% probability; ", drawn, "."));
  }
  return absl::StrJoin(sentences, " ");
}

}  // namespace lawine::cli
