#include "engine/store/list_walk.h"

namespace lawine {

ListsByPlace::ListsByPlace(const ShardImage& image, std::span<const MemberId> members) {
  for (std::uint32_t i = 0; i < members.size(); ++i) {
    if (image.stored().Contains(members[i])) {
      stored.push_back({members[i], i});
    } else {
      in_memory.push_back(members[i]);
      places.push_back(i);
    }
  }
  if (!std::is_sorted(stored.begin(), stored.end())) std::sort(stored.begin(), stored.end());
}

}  // namespace lawine
