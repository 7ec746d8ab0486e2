#include "engine/graph/preset_figures.h"

#include <array>

namespace lawine {
namespace {

constexpr PresetFigure kHyvesFigures[] = {
    {Figure::kMean, 100'000'000, false,
     "106 among members who have friends (Corten, PLOS ONE 2012, e34760), and a share has none"},
    {Figure::kMedian, 62'000'000, false, "shape of the distribution"},
    {Figure::kP99, 600'000'000, false, "shape of the distribution"},
    {Figure::kLargest, 5'300'000'000, false, "shape of the distribution"},
    {Figure::kIsolated, 56'600, false, "\"a substantial share\" (Corten 2012); what makes 106 into 100"},
    {Figure::kReciprocity, 1'000'000, true, "friendships are mutual"},
    {Figure::kClustering, 95'000, false, "no measurement used"},
    {Figure::kClusteringNear100, 90'000, false, "below Facebook's .14"},
    {Figure::kAssortativity, 50'000, false, "mildly positive, as in friendship networks"},
    {Figure::kInsideCommunities, 360'000, false, "no measurement used"},
    {Figure::kGrowthPerDay, 1'000, false, "5 to 8 M members in about two years"},
    {Figure::kForwardRate, 3'000, false, "most cascades die within a hop (Goel, Watts, Goldstein 2012)"},
    {Figure::kDelayHours, 4'000'000, false, "no measurement known; people look a few times a day"},
};

constexpr PresetFigure kFacebookNlFigures[] = {
    {Figure::kMean, 130'000'000, true, "Facebook, worldwide, 2009"},
    {Figure::kMedian, 68'000'000, true,
     "median / mean as worldwide in 2011, 99 / 190 (Ugander et al., arXiv:1111.4503)"},
    {Figure::kP99, 990'000'000, false, "shape of the distribution"},
    {Figure::kLargest, 5'000'000'000, false, "the limit of friends, as it is remembered"},
    {Figure::kIsolated, 10'000, false, "no measurement used"},
    {Figure::kReciprocity, 1'000'000, true, "friendships are mutual"},
    {Figure::kClustering, 200'000, false, "falls with the number of friends, as Ugander et al. show"},
    {Figure::kClusteringNear100, 140'000, true,
     "worldwide, 2011, at 100 friends (Ugander et al., arXiv:1111.4503)"},
    {Figure::kAssortativity, 226'000, false,
     "as it is remembered of Facebook worldwide in 2011; not checked against a source"},
    {Figure::kInsideCommunities, 400'000, false, "no measurement used"},
    {Figure::kGrowthPerDay, 5'000, false, "doubles in half a year"},
    {Figure::kForwardRate, 2'000, false, "most cascades die within a hop (Goel, Watts, Goldstein 2012)"},
    {Figure::kDelayHours, 4'000'000, false, "no measurement known; people look a few times a day"},
};

constexpr PresetFigure kLinkedInNlFigures[] = {
    {Figure::kMean, 60'000'000, false, "no measurement used"},
    {Figure::kMedian, 25'000'000, false, "larger hubs than among friends"},
    {Figure::kP99, 530'000'000, false, "larger hubs than among friends"},
    {Figure::kLargest, 10'000'000'000, false, "larger hubs than among friends"},
    {Figure::kIsolated, 30'000, false, "no measurement used"},
    {Figure::kReciprocity, 1'000'000, true, "ties are mutual"},
    {Figure::kClustering, 190'000, false, "colleagues know each other"},
    {Figure::kClusteringNear100, 55'000, false, "hubs link many companies"},
    {Figure::kAssortativity, 50'000, false, "mildly positive"},
    {Figure::kInsideCommunities, 330'000, false, "no measurement used"},
    {Figure::kGrowthPerDay, 2'000, false, "no measurement used"},
    {Figure::kForwardRate, 1'000, false, "less than among friends"},
    {Figure::kDelayHours, 12'000'000, false, "no measurement known; people look a few times a day"},
};

constexpr PresetFigure kTwitterNlFigures[] = {
    {Figure::kMean, 35'000'000, true, "worldwide, 2009"},
    {Figure::kMedian, 11'000'000, false, "shape of the distribution"},
    {Figure::kP99, 370'000'000, false, "shape of the distribution"},
    {Figure::kLargest, 25'000'000'000, false, "a tenth of the members"},
    {Figure::kIsolated, 50'000, false, "no measurement used"},
    {Figure::kReciprocity, 360'000, true,
     "22% of linked pairs are mutual (Kwak et al., WWW 2010): 36% of links"},
    {Figure::kClustering, 20'000, false, "no measurement used"},
    {Figure::kClusteringNear100, 10'000, false, "no measurement used"},
    {Figure::kAssortativity, 0, false, "followers of the followed are alike to others"},
    {Figure::kInsideCommunities, 120'000, false, "no measurement used"},
    {Figure::kGrowthPerDay, 10'000, false, "grew fastest of the four in 2009"},
    {Figure::kForwardRate, 1'000, false, "most tweets are never passed on"},
    {Figure::kDelayHours, 1'000'000, false,
     "half of retweets within the hour, as it is remembered; not checked against a source"},
};

constexpr PresetFigure kHyves300Figures[] = {
    {Figure::kMean, 300'000'000, false, "three times what was measured: a stress preset"},
    {Figure::kMedian, 186'000'000, false, "shape of the distribution"},
    {Figure::kP99, 1'800'000'000, false, "shape of the distribution"},
    {Figure::kLargest, 15'900'000'000, false, "shape of the distribution"},
    {Figure::kIsolated, 56'600, false, "\"a substantial share\" (Corten 2012); what makes 106 into 100"},
    {Figure::kReciprocity, 1'000'000, true, "friendships are mutual"},
    {Figure::kClustering, 95'000, false, "as hyves"},
    {Figure::kClusteringNear100, 90'000, false, "as hyves"},
    {Figure::kAssortativity, 50'000, false, "mildly positive, as in friendship networks"},
    {Figure::kInsideCommunities, 360'000, false, "no measurement used"},
    {Figure::kGrowthPerDay, 1'000, false, "5 to 8 M members in about two years"},
    {Figure::kForwardRate, 3'000, false, "most cascades die within a hop (Goel, Watts, Goldstein 2012)"},
    {Figure::kDelayHours, 4'000'000, false, "no measurement known; people look a few times a day"},
};
constexpr PresetFigure kOwnFigures[] = {
    {Figure::kMean, 20'000'000, false, "a small start"},
    {Figure::kMedian, 12'000'000, false, "shape of the distribution"},
    {Figure::kP99, 120'000'000, false, "shape of the distribution"},
    {Figure::kLargest, 180'000'000, false, "shape of the distribution, at 1,000 members"},
    {Figure::kIsolated, 100'000, false, "who signs up and looks no further"},
    {Figure::kReciprocity, 1'000'000, false, "friendships are mutual"},
    {Figure::kClustering, 250'000, false, "people of one club or trade"},
    {Figure::kClusteringNear100, 130'000, false, "people of one club or trade"},
    {Figure::kAssortativity, 40'000, false, "too small a network to tell"},
    {Figure::kInsideCommunities, 420'000, false, "no measurement used"},
    {Figure::kGrowthPerDay, 20'000, false, "doubles in five weeks"},
    {Figure::kForwardRate, 10'000, false, "what one joined for"},
    {Figure::kDelayHours, 12'000'000, false, "looked at once or twice a day"},
};

struct PresetFigures {
  std::string_view preset;
  std::span<const PresetFigure> figures;
};
constexpr PresetFigures kFigures[] = {{"hyves", kHyvesFigures},
                                      {"hyves-300", kHyves300Figures},
                                      {"facebook-nl", kFacebookNlFigures},
                                      {"linkedin-nl", kLinkedInNlFigures},
                                      {"twitter-nl", kTwitterNlFigures},
                                      {"own", kOwnFigures}};

constexpr std::array<std::string_view, 13> kNames = {
    "mean audience",      "median audience",          "99% have at most", "largest audience",
    "isolated members",   "returned links",           "clustering",       "clustering near 100",
    "assortativity",      "links inside communities", "growth a day",     "everyday forwarding rate",
    "delay, median hours"};

}  // namespace

std::string_view FigureName(Figure figure) { return kNames[static_cast<std::size_t>(figure)]; }

std::span<const PresetFigure> FiguresOf(const Preset& preset) {
  for (const PresetFigures& figures : kFigures) {
    if (figures.preset == preset.name) return figures.figures;
  }
  return {};
}

}  // namespace lawine
