// How many members have which audience.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_AUDIENCE_DISTRIBUTION_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_AUDIENCE_DISTRIBUTION_H_

#include <cstdint>
#include <map>

namespace lawine {

// Shares of a distribution that is given as (value, members) pairs.
class AudienceDistribution {
 public:
  void Add(std::uint32_t audience, std::uint32_t members) {
    members_by_audience_[audience] += members;
    members_ += members;
    sum_ += std::uint64_t{audience} * members;
  }
  // The smallest audience that `share_percent` of the members do not exceed.
  std::uint32_t Quantile(std::uint64_t share_percent) const {
    std::uint64_t seen = 0;
    for (const auto& [audience, members] : members_by_audience_) {
      seen += members;
      if (seen * 100 >= members_ * share_percent) return audience;
    }
    return 0;
  }
  double Mean() const {
    return members_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(members_);
  }
  // Mean audience of a follower's choice: of members weighed by their audience. This many hear of a forward.
  double MeanByAudience() const {
    double squares = 0;
    for (const auto& [audience, members] : members_by_audience_) {
      squares += static_cast<double>(audience) * audience * static_cast<double>(members);
    }
    return sum_ == 0 ? 0 : squares / static_cast<double>(sum_);
  }
  // The largest audience that at least one in `one_in` of the members, rounded up, reach.
  std::uint32_t TopThreshold(std::uint64_t one_in) const {
    std::uint64_t seen = 0;
    for (auto it = members_by_audience_.rbegin(); it != members_by_audience_.rend(); ++it) {
      seen += it->second;
      if (seen * one_in >= members_) return it->first;
    }
    return 0;
  }
  // Members with at least this audience.
  std::uint64_t MembersFrom(std::uint32_t audience) const {
    std::uint64_t members = 0;
    for (auto it = members_by_audience_.lower_bound(audience); it != members_by_audience_.end(); ++it) {
      members += it->second;
    }
    return members;
  }
  std::uint32_t Max() const {
    return members_by_audience_.empty() ? 0 : members_by_audience_.rbegin()->first;
  }
  std::uint32_t Zeros() const {
    const auto it = members_by_audience_.find(0);
    return it == members_by_audience_.end() ? 0 : static_cast<std::uint32_t>(it->second);
  }

 private:
  std::map<std::uint32_t, std::uint64_t> members_by_audience_;
  std::uint64_t members_ = 0;
  std::uint64_t sum_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_AUDIENCE_DISTRIBUTION_H_
