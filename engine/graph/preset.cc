#include "engine/graph/preset.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/graph/profile.h"

namespace lawine {
namespace {

// Inverse distribution functions of audiences, in thousandths of the mean, at the knots of
// degree_sampler.h. Assumed shapes, computed once outside the engine: log-normal bodies (shape parameter
// .95 for Hyves, 1.18 for Facebook, 1.3 for LinkedIn, 1.2 for whom Twitter users follow) and a Lomax
// distribution with exponent 1.6 for Twitter audiences; tails bent towards the largest value, the smallest
// networks kept off zero.
constexpr std::uint32_t kHyvesQuantiles[] = {
    20,    106,   145,   178,   209,   238,   268,   298,   328,   359,   391,   425,   460,   497,
    536,   578,   622,   1181,  1855,  2670,  3645,  4800,  6153,  7722,  9523,  11569, 13865, 16408,
    19184, 22165, 25306, 28548, 31818, 35039, 38132, 41030, 43681, 46052, 48131, 52944};

constexpr std::uint32_t kFacebookQuantiles[] = {
    20,    54,    80,    103,   125,   148,   171,   195,   220,   246,   274,   303,   335,   368,
    405,   444,   487,   1080,  1892,  2970,  4362,  6113,  8258,  10809, 13742, 16974, 20365, 23726,
    26863, 29621, 31918, 33747, 35153, 36207, 36985, 37553, 37967, 38267, 38486, 42335};

constexpr std::uint32_t kLinkedInQuantiles[] = {
    77,    77,    77,    77,    92,    111,    130,    150,    171,    194,    218,    244,   272,   303,
    336,   372,   412,   990,   1838,  3027,   4639,   6770,   9531,   13046,  17452,  22893, 29512, 37428,
    46715, 57357, 69206, 81946, 95095, 108053, 120210, 131068, 140334, 147931, 153962, 169358};

constexpr std::uint32_t kTwitterAudienceQuantiles[] = {
    29,     29,     29,     37,     51,     65,     81,     97,     114,    133,
    153,    175,    198,    224,    251,    282,    315,    801,    1550,   2706,
    4489,   7237,   11476,  18010,  28079,  43579,  67373,  103673, 158244, 237590,
    344980, 471657, 591880, 679582, 730166, 755078, 766339, 771226, 773308, 850639};

constexpr std::uint32_t kTwitterFolloweeQuantiles[] = {
    116,   116,   116,   116,   118,   140,   162,   185,   209,   235,   262,   290,   321,   354,
    389,   428,   470,   1056,  1869,  2960,  4384,  6199,  8464,  11229, 14525, 18347, 22634, 27253,
    32001, 36633, 40910, 44655, 47780, 50285, 52231, 53708, 54812, 55631, 56234, 61857};

constexpr std::string_view kNetworksOf2009[] = {"hyves", "facebook-nl", "linkedin-nl", "twitter-nl"};

constexpr Preset kPresets[] = {
    {.name = "hyves",
     .title = "Hyves, the Netherlands, April 2009",
     .generator_version = 1,
     .network = kNetworkHyves,
     .members = 6'000'000,
     .links_per_member_milli = 100'000,
     .isolated_ppm = 56'600,
     .community_ppm = 500'000,
     .first_inside_ppm = 0,
     .alike_ppm = 0,
     .mutual_ppm = kMillion,
     .audience_quantiles = kHyvesQuantiles,
     .followee_quantiles = {},
     .networks = {},
     .sources =
         "Measured: 106 friends among members who have any and a substantial share without (Corten, PLOS "
         "ONE 2012, e34760); 6 M members (TechCrunch, April 2009). Assumed: a mean of 100 over all "
         "members, so 5.66% isolated; the shape of the distribution; communities."},
    {.name = "hyves-300",
     .title = "Hyves with personal networks of 300, a stress preset",
     .generator_version = 1,
     .network = kNetworkHyves,
     .members = 6'000'000,
     .links_per_member_milli = 300'000,
     .isolated_ppm = 56'600,
     .community_ppm = 500'000,
     .first_inside_ppm = 0,
     .alike_ppm = 0,
     .mutual_ppm = kMillion,
     .audience_quantiles = kHyvesQuantiles,
     .followee_quantiles = {},
     .networks = {},
     .sources =
         "Measured: 6 M members (TechCrunch, April 2009). Assumed: a mean of 300, three times what was "
         "measured; everything else as in the preset hyves."},
    {.name = "facebook-nl",
     .title = "Facebook, the Netherlands, April 2009",
     .generator_version = 2,
     .network = kNetworkFacebook,
     .members = 1'300'000,
     .links_per_member_milli = 130'000,
     .isolated_ppm = 10'000,
     .community_ppm = 510'000,
     .first_inside_ppm = 154'000,
     .alike_ppm = 850'000,
     .mutual_ppm = kMillion,
     .audience_quantiles = kFacebookQuantiles,
     .followee_quantiles = {},
     .networks = {},
     .sources =
         "Measured: 1.3 M members (TechCrunch, April 2009); a mean of 130 friends (Facebook, worldwide, "
         "2009); a median about half the mean (99 and 190, worldwide, 2011). Assumed: 1% isolated; the "
         "tail, with a largest network near the limit of 5,000 friends; communities."},
    {.name = "linkedin-nl",
     .title = "LinkedIn, the Netherlands, April 2009",
     .generator_version = 2,
     .network = kNetworkLinkedIn,
     .members = 911'000,
     .links_per_member_milli = 60'000,
     .isolated_ppm = 30'000,
     .community_ppm = 350'000,
     .first_inside_ppm = 167'000,
     .alike_ppm = 400'000,
     .mutual_ppm = kMillion,
     .audience_quantiles = kLinkedInQuantiles,
     .followee_quantiles = {},
     .networks = {},
     .sources = "Measured: 911,000 members (TechCrunch, April 2009). Assumed: a mean of 60 ties, larger hubs "
                "than in friendship networks, 3% isolated; communities."},
    {.name = "twitter-nl",
     .title = "Twitter, the Netherlands, April 2009",
     .generator_version = 1,
     .network = kNetworkTwitter,
     .members = 250'000,
     .links_per_member_milli = 35'000,
     .isolated_ppm = 50'000,
     .community_ppm = 500'000,
     .first_inside_ppm = 0,
     .alike_ppm = 0,
     .mutual_ppm = 360'000,
     .audience_quantiles = kTwitterAudienceQuantiles,
     .followee_quantiles = kTwitterFolloweeQuantiles,
     .networks = {},
     .sources =
         "Measured: 250,000 members (TechCrunch, April 2009); 35 links a member and 36% of them reciprocated "
         "(worldwide, 2009). Assumed: 5% without any link; the largest audience a tenth of the "
         "members; most who have large audiences follow many; communities."},
    {.name = "nl-2009",
     .title = "Hyves, Facebook, LinkedIn and Twitter, the Netherlands, April 2009",
     .generator_version = 1,
     .network = kNetworkUnknown,
     .members = 8'461'000,
     .links_per_member_milli = 98'382,
     .isolated_ppm = 0,
     .community_ppm = 0,
     .first_inside_ppm = 0,
     .alike_ppm = 0,
     .mutual_ppm = kMillion,
     .audience_quantiles = {},
     .followee_quantiles = {},
     .networks = kNetworksOf2009,
     .sources =
         "Measured: members of each network (TechCrunch, April 2009). Assumed: of Facebook's accounts 70%, "
         "of "
         "LinkedIn's and Twitter's 60% belong to members of Hyves, who are among the 40% that are active; "
         "everything else as in the four presets."},
    {.name = "own",
     .title = "A network of one's own, as with Ning",
     .generator_version = 1,
     .network = kNetworkOwn,
     .members = 1'000,
     .links_per_member_milli = 20'000,
     .isolated_ppm = 100'000,
     .community_ppm = 500'000,
     .first_inside_ppm = 200'000,
     .alike_ppm = 0,
     .mutual_ppm = kMillion,
     .audience_quantiles = kHyvesQuantiles,
     .followee_quantiles = {},
     .networks = {},
     .sources = "Assumed: all of it; a small start of people of whom many know each other."},
};

}  // namespace

std::span<const Preset> Presets() { return kPresets; }

absl::StatusOr<const Preset*> FindPreset(std::string_view name) {
  std::string known;
  for (const Preset& preset : kPresets) {
    if (preset.name == name) return &preset;
    if (!known.empty()) known += ", ";
    known += preset.name;
  }
  return absl::NotFoundError(
      absl::StrCat("expected the name of a preset, found '", std::string(name), "'; choose one of: ", known));
}

}  // namespace lawine
