// The limits of graphs and runs, in one place: those that users meet, and those that several folders keep to.
// Derived limits are computed and relations asserted. What limits one part only is beside it.
#ifndef LAWINE_ENGINE_BASE_LIMITS_H_
#define LAWINE_ENGINE_BASE_LIMITS_H_

#include <cstdint>

namespace lawine::limits {

// Members of one graph: dense ids are 32 bits, and so are ids and counts that are rounded up to blocks,
// strides and piles of members, of at most kRoundUpMax.
inline constexpr std::uint64_t kMembersMax = 0xFFFF0000ull;
inline constexpr std::uint64_t kRoundUpMax = 1u << 16;
static_assert(kMembersMax % kRoundUpMax == 0 && kMembersMax + kRoundUpMax - 1 <= 0xFFFFFFFFull);
// Shards of one graph. Above kShardProcessesMax shards, several share a process.
inline constexpr std::uint32_t kShardsMax = 4096;
inline constexpr std::uint32_t kShardProcessesMax = 64;
// Links held by one shard: offsets into its lists are 32 bits. More links want more shards.
inline constexpr std::uint64_t kLinksPerShardMax = 0xFFFFFFFEull;

// Storage. A follower block holds this many consecutive sources (one 64-bit presence word);
// a member block this many consecutive members.
inline constexpr std::uint32_t kSourcesPerBlock = 64;
inline constexpr std::uint32_t kMembersPerBlock = 1024;
// How many blocks of kSize members (or strides, or piles) hold so many; the last one may not be full.
template <std::uint32_t kSize>
constexpr std::uint32_t BlocksOf(std::uint32_t members_count) {
  static_assert(kSize <= kRoundUpMax, "rounding up stays below 2^32");
  return (members_count + kSize - 1) / kSize;
}
inline constexpr std::uint64_t kBlockBytesMax = 1ull << 31;
inline constexpr std::uint32_t kExternalIdBytesMax = 256;
inline constexpr std::uint32_t kGraphNameBytesMax = 63;

// Online changes. A batch is one message, and becomes one version of the graph.
inline constexpr std::uint32_t kChangesPerBatchMax = 10'000;
inline constexpr std::uint32_t kRequestIdBytesMax = 64;
// A record of changes: a batch's worst case, every change a new member with the longest name.
inline constexpr std::uint32_t kChangeRecordBytesMax = 16u << 20;
// Versions, changed links and new members that one shard has beside its blocks: they are in memory too, some
// 150 bytes each.
inline constexpr std::uint64_t kUnfoldedChangesMax = 1u << 20;
static_assert(std::uint64_t{kChangesPerBatchMax} * (kExternalIdBytesMax + 64) < kChangeRecordBytesMax);

// Runs.
// A run that would go on after so many steps of all its messages together fails: its result is one reply. The
// last injections of all its messages are at steps that sum to at most this.
inline constexpr std::uint32_t kStepsMax = 1u << 20;
inline constexpr std::uint32_t kReplicasMax = 10'000;
// Where steps are kept by replica, the first ones are: of ten thousand replicas that is up to 143 MB.
inline constexpr std::uint32_t kKeptStepsMax = 128;
// Replicas in flight: as many as have this many members together, but some in any case, and not too many.
inline constexpr std::uint64_t kLaneMembersMax = 1ull << 22;
inline constexpr std::uint32_t kLanesMin = 4;
inline constexpr std::uint32_t kLanesMax = 32;
// Replicas that are ready share a turn while they have at most this many forward events to deliver together.
inline constexpr std::uint32_t kTurnEventsMax = 1u << 13;
// Runs that may go on at once; so many keep receipts until their coordinator has read them.
inline constexpr std::uint32_t kRunsAtOnceMax = 64;
// They are listed in a run's plan and result, which are single messages.
inline constexpr std::uint32_t kSeedMembersMax = 50'000;

// Messages of one run, and what changes its rules.
inline constexpr std::uint32_t kMessagesMax = 64;
inline constexpr std::uint32_t kInterventionsMax = 256;
inline constexpr std::uint32_t kInjectionsMax = 4096;
inline constexpr std::uint32_t kGroupCommunitiesMax = 1000;
inline constexpr std::uint32_t kDelayStepsMax = 1u << 16;
// Steps of a day that delays follow: of a second each.
inline constexpr std::uint32_t kRhythmStepsMax = 86'400;
// Monitors, and members that an intervention lists: a run's plan is a single message.
inline constexpr std::uint32_t kListedMembersMax = 1u << 20;
// Links that a replica adds and drops on a shard: they are in memory, kChangedLinkBytes each, about.
inline constexpr std::uint64_t kChangedLinksMax = 1ull << 24;
inline constexpr std::uint64_t kChangedLinkBytes = 48;
// Coins that a shard throws for new links between two steps at which something happens: some minutes.
inline constexpr std::uint64_t kGrowthDrawsMax = 1ull << 37;
static_assert(std::uint64_t{kReplicasMax} * kMessagesMax < 1ull << 32, "frames number both in 32 bits");

// Traffic. Messages are propagated in waves, two of them at a time.
inline constexpr std::uint64_t kTrafficMessagesMax = 10'000'000'000;
inline constexpr std::uint32_t kWaveMessages = 1u << 16;
inline constexpr std::uint32_t kWavesInFlight = 2;
// Forward events of a wave's step that a shard may send, and of all its steps that a worker remembers. A
// worker that would need more fails the traffic: smaller waves would do.
inline constexpr std::uint64_t kWaveEventsMax = 1ull << 27;
// Messages of a wave whose receivers a shard keeps as a set of its own, when their lists outgrow that set.
inline constexpr std::uint32_t kLargeMessages = 64;

// Exchange. Forward events travel in frames of at most this many bytes of payload, beside a header before
// them and a checksum behind.
inline constexpr std::uint32_t kFramePayloadBytesMax = 1u << 20;
inline constexpr std::uint32_t kFrameOverheadBytes = 44;
inline constexpr std::uint32_t kFrameBytesMax = kFrameOverheadBytes + kFramePayloadBytesMax;
// Frames of a run that begins at once may come before its plan: so many bytes of it are kept, and of all
// such.
inline constexpr std::uint64_t kEarlyBytesOfRunMax = 4u << 20;
inline constexpr std::uint64_t kEarlyBytesMax = 64u << 20;
// A sorted id costs at most 5 bytes, so a frame always has room for this many.
inline constexpr std::uint32_t kFrameEventsMax = kFramePayloadBytesMax / 5;

static_assert(kShardProcessesMax <= kShardsMax);
static_assert(kLanesMin <= kLanesMax && kLanesMax <= kReplicasMax);
static_assert(kSourcesPerBlock == 64, "presence of sources in a block is one 64-bit word");
static_assert(kFrameBytesMax <= (4u << 20), "a frame fits the default gRPC message limit");

}  // namespace lawine::limits

#endif  // LAWINE_ENGINE_BASE_LIMITS_H_
