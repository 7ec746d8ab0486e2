// The audience of all seed members together: what they send at first.
#ifndef LAWINE_SERVICES_COMMON_SEED_AUDIENCE_H_
#define LAWINE_SERVICES_COMMON_SEED_AUDIENCE_H_

#include <cstdint>

namespace lawine {

// `seed_members` are v1::SeedMember, in any container. Followers that several of them have count as often.
template <class SeedMembers>
std::uint64_t SeedAudience(const SeedMembers& seed_members) {
  std::uint64_t audience = 0;
  for (const auto& seed : seed_members) audience += seed.audience();
  return audience;
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_SEED_AUDIENCE_H_
