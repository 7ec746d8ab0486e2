// What a message is expected to come to before it is sent: mean field, in which all members have the mean
// audience. For estimates only: no result depends on it.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_MEAN_FIELD_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_MEAN_FIELD_H_

#include <cstdint>
#include <optional>

#include "engine/spread/message_spec.h"

namespace lawine {

struct ExpectedSpread {
  double attempts = 0;  // links tried
  double deliveries = 0;
  double forwards = 0;
  std::uint32_t steps = 0;  // while links are tried
};

// Of one replica of one message on a graph of so many members and links, from `seeds` members with
// `seed_audience` followers together. Delays only stretch it; influences, interventions and changes of the
// network are left out.
ExpectedSpread MeanField(const MessageSpec& message, double members, double links, double seeds,
                         double seed_audience, std::optional<std::uint32_t> max_steps);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_MEAN_FIELD_H_
