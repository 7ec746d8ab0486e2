// What the importer reads of real graphs has the structure that is known of them: sizes of networks,
// clustering, assortativity, returned links. Counted here, from the links alone. The files are read from the
// folder that the environment variable LAWINE_TEST_DATA names.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/edge_file.h"

namespace lawine {
namespace {

// A simple graph of friendships.
class Friendships {
 public:
  void Add(MemberKey a, MemberKey b) {
    friends_[a].push_back(b);
    friends_[b].push_back(a);
  }
  void Finish() {
    for (auto& [member, friends] : friends_) {
      std::sort(friends.begin(), friends.end());
      friends.erase(std::unique(friends.begin(), friends.end()), friends.end());
    }
  }
  std::size_t members() const { return friends_.size(); }
  double Mean() const {
    double sum = 0;
    for (const auto& [member, friends] : friends_) sum += static_cast<double>(friends.size());
    return sum / static_cast<double>(members());
  }
  std::size_t Median() const {
    std::vector<std::size_t> degrees;
    for (const auto& [member, friends] : friends_) degrees.push_back(friends.size());
    std::sort(degrees.begin(), degrees.end());
    return degrees[degrees.size() / 2];
  }
  std::size_t Largest() const {
    std::size_t most = 0;
    for (const auto& [member, friends] : friends_) most = std::max(most, friends.size());
    return most;
  }
  // Correlation of the degrees at both ends of a link (Newman 2002).
  double Assortativity() const {
    double n = 0, sum = 0, squares = 0, products = 0;
    for (const auto& [member, friends] : friends_) {
      for (const MemberKey other : friends) {
        const auto a = static_cast<double>(friends.size());
        const auto b = static_cast<double>(friends_.at(other).size());
        n += 1, sum += a, squares += a * a, products += a * b;
      }
    }
    const double mean = sum / n;
    return (products / n - mean * mean) / (squares / n - mean * mean);
  }
  struct Clustering {
    double mean = 0;          // over members, 0 for those with one friend or none
    double transitivity = 0;  // of pairs of friends of the same member, the share that are friends
  };
  Clustering ClusteringOf() const {
    double shares = 0, closed = 0, pairs = 0;
    for (const auto& [member, friends] : friends_) {
      const auto degree = static_cast<double>(friends.size());
      if (friends.size() < 2) continue;
      double links = 0;
      for (const MemberKey other : friends) {
        const auto& theirs = friends_.at(other);
        std::vector<MemberKey> both;
        std::set_intersection(friends.begin(), friends.end(), theirs.begin(), theirs.end(),
                              std::back_inserter(both));
        links += static_cast<double>(both.size());
      }
      shares += links / (degree * (degree - 1));
      closed += links;
      pairs += degree * (degree - 1);
    }
    return {.mean = shares / static_cast<double>(members()), .transitivity = closed / pairs};
  }

 private:
  std::map<MemberKey, std::vector<MemberKey>> friends_;
};

class StructureTest : public testing::Test {
 protected:
  struct Graph {
    Friendships friends;
    double reciprocity = 0;  // of links, the share that is returned
  };

  void SetUp() override {
    const char* const folder = std::getenv("LAWINE_TEST_DATA");
    if (folder == nullptr || *folder == '\0') GTEST_SKIP() << "skipped: no data";
    folder_ = folder;
  }

  Graph Read(const char* file, bool undirected, const char* row) const {
    const absl::StatusOr<EdgeList> edges = ReadEdgeFile(
        folder_ / file, {.undirected = undirected, .columns = ParseEdgeColumns(row, undirected).value()});
    EXPECT_TRUE(edges.ok()) << edges.status();
    std::set<std::pair<MemberKey, MemberKey>> links;
    for (const KeyedLink& link : edges->links.unsorted()) {
      if (link.from != link.to) links.emplace(link.from, link.to);
    }
    Graph graph;
    double returned = 0;
    for (const auto& [from, to] : links) {
      graph.friends.Add(from, to);
      returned += links.contains({to, from}) ? 1 : 0;
    }
    graph.friends.Finish();
    graph.reciprocity = returned / static_cast<double>(links.size());
    return graph;
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(StructureTest, EgoFacebook) {
  const Friendships facebook = Read("facebook_combined.txt.gz", true, "member,member").friends;
  EXPECT_NEAR(facebook.Mean(), 43.7, .05);
  EXPECT_EQ(facebook.Median(), 25u);
  EXPECT_EQ(facebook.Largest(), 1'045u);
  EXPECT_NEAR(facebook.Assortativity(), .064, .0005);
  EXPECT_NEAR(facebook.ClusteringOf().mean, .606, .0005);
  EXPECT_NEAR(facebook.ClusteringOf().transitivity, .519, .0005);
}

TEST_F(StructureTest, Slashdot) {
  const Graph slashdot = Read("soc-Slashdot0902.txt.gz", false, "from,to");
  EXPECT_NEAR(slashdot.friends.Mean(), 12.3, .05);
  EXPECT_EQ(slashdot.friends.Largest(), 2'552u);
  EXPECT_NEAR(slashdot.reciprocity, .841, .0005);
  EXPECT_NEAR(slashdot.friends.Assortativity(), -.074, .0005);
  EXPECT_NEAR(slashdot.friends.ClusteringOf().mean, .060, .0005);
}

TEST_F(StructureTest, WikiVote) {
  const Graph wiki = Read("Wiki-Vote.txt.gz", false, "from,to");
  EXPECT_NEAR(wiki.friends.Mean(), 28.3, .05);
  EXPECT_EQ(wiki.friends.Largest(), 1'065u);
  EXPECT_NEAR(wiki.reciprocity, .056, .0005);
}

TEST_F(StructureTest, DeezerHungary) {
  const Friendships deezer = Read("deezer_HU_edges.csv.gz", true, "member,member").friends;
  EXPECT_NEAR(deezer.Mean(), 9.4, .05);
  EXPECT_EQ(deezer.Median(), 8u);
  EXPECT_EQ(deezer.Largest(), 112u);
  EXPECT_NEAR(deezer.ClusteringOf().mean, .116, .0005);
}

TEST_F(StructureTest, HiggsRetweets) {
  EXPECT_EQ(Read("higgs-retweet_network.edgelist.gz", false, "to,from,ignore").friends.Largest(), 14'061u);
}

}  // namespace
}  // namespace lawine
