// Requests that make no sense: each is refused with a code, a reason, the field where there is one, and a
// message that helps; and the cluster goes on as if nothing had happened.
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "services/common/rpc.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;

class BadRequestsTest : public LongRunTest {
 protected:
  void SetUp() override {
    LongRunTest::SetUp();
    digest_ = SmallDigest();
  }
  void TearDown() override { EXPECT_EQ(SmallDigest(), digest_) << "a refused request changed something"; }

  // Both ways to run a scenario must refuse it alike.
  template <class Change>
  grpc::Status Refusal(const Change& change) {
    pb::CreateRunRequest request = Request(1);
    change(*request.mutable_scenario());
    const grpc::Status created = client().CreateRun(request).status;
    EXPECT_EQ(Text(client().Simulate(request.scenario()).status), Text(created));
    return created;
  }
  template <class Change>
  grpc::Status SeedsRefusal(const Change& change) {
    return Refusal([&](pb::Scenario& scenario) {
      scenario.clear_seed_members();
      change(*scenario.mutable_seed_members());
    });
  }

  std::string digest_;
};

TEST_F(BadRequestsTest, ProbabilitiesOutsideZeroToOne) {
  for (const double p :
       {2.0, -1.0, -0.0000001, 1.0000001, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_THAT(Refusal([p](pb::Scenario& s) { s.mutable_model()->mutable_forward()->set_probability(p); }),
                IsBadField("model.forward.probability", "between 0 and 1"));
  }
}

TEST_F(BadRequestsTest, ScenariosThatContradictThemselves) {
  EXPECT_THAT(Refusal([](pb::Scenario& s) { s.clear_graph(); }), IsBadField("graph", "name of a graph"));
  EXPECT_THAT(Refusal([](pb::Scenario& s) { s.set_graph("h"); }),
              IsRefused(StatusCode::NOT_FOUND, "there are: g"));
  EXPECT_THAT(Refusal([](pb::Scenario& s) { s.mutable_model()->clear_forward(); }),
              IsBadField("model", "found none"));
  for (const std::uint32_t replicas : {0u, 10'001u, ~0u}) {
    EXPECT_THAT(Refusal([&](pb::Scenario& s) { s.set_replicas(replicas); }),
                IsBadField("replicas", "1 to 10000"));
  }
  EXPECT_THAT(Refusal([](pb::Scenario& s) { s.mutable_stop()->set_max_steps(~0u); }),
              IsBadField("stop.max_steps", "at most"));
  EXPECT_THAT(Refusal([](pb::Scenario& s) { s.mutable_message()->set_kind(std::string(65, 'x')); }),
              IsBadField("message.kind", "64 bytes"));
  EXPECT_THAT(
      Refusal([](pb::Scenario& s) { s.mutable_message()->set_sentiment(static_cast<pb::Sentiment>(77)); }),
      IsBadField("message.sentiment", "77"));
}

TEST_F(BadRequestsTest, SeedMembersThatAreNone) {
  for (const char* id :
       {"20000", "18446744073709551616", "99999999999999999999999999", "-1", "", "x", "1.5", " 1", "007"}) {
    EXPECT_THAT(SeedsRefusal([id](pb::SeedMembers& s) { s.add_ids(id); }),
                IsBadField("seed_members.ids", id));
  }
  EXPECT_THAT(SeedsRefusal([](pb::SeedMembers& s) {
                for (int i = 0; i < 2; ++i) s.add_ids("5");
              }),
              IsBadField("seed_members.ids", "'5' again"));
  EXPECT_THAT(SeedsRefusal([](pb::SeedMembers& s) { s.add_ids(std::string(100'000, '9')); }),
              IsBadField("seed_members.ids", "999"));
  EXPECT_THAT(SeedsRefusal([](pb::SeedMembers& s) { s.add_ids(std::string("1\0", 2)); }),
              IsBadField("seed_members.ids", ""));
}

TEST_F(BadRequestsTest, SeedRulesThatContradictEachOther) {
  EXPECT_THAT(SeedsRefusal([](pb::SeedMembers&) {}), IsBadField("seed_members", "found none"));
  EXPECT_THAT(SeedsRefusal([](pb::SeedMembers& s) {
                s.add_ids("1");
                s.set_random(true);
              }),
              IsBadField("seed_members", "exactly one"));
  EXPECT_THAT(SeedsRefusal([](pb::SeedMembers& s) {
                s.set_audience(3);
                s.set_highest_audience(true);
              }),
              IsBadField("seed_members", "exactly one"));
  EXPECT_THAT(SeedsRefusal([](pb::SeedMembers& s) { s.set_random(false); }),
              IsBadField("seed_members.random", "found false"));
  EXPECT_THAT(SeedsRefusal([](pb::SeedMembers& s) {
                s.add_ids("1");
                s.set_count(1);
              }),
              IsBadField("seed_members.count", "ids"));
  EXPECT_THAT(SeedsRefusal([](pb::SeedMembers& s) {
                s.set_random(true);
                s.set_count(0);
              }),
              IsBadField("seed_members.count", "found 0"));
  for (const std::uint32_t count : {20'001u, 10'000'000u, ~0u}) {
    EXPECT_THAT(SeedsRefusal([&](pb::SeedMembers& s) {
                  s.set_random(true);
                  s.set_count(count);
                }),
                IsBadField("seed_members.count", absl::StrCat("found ", count)));
  }
}

TEST_F(BadRequestsTest, RunsThatAreNotThere) {
  for (const char* name : {"runs/999", "runs/0", "runs/18446744073709551615"}) {
    EXPECT_THAT(client().GetRun(name).status, IsRefused(StatusCode::NOT_FOUND, name));
    EXPECT_THAT(client().Watch(name).status, IsRefused(StatusCode::NOT_FOUND, name));
    EXPECT_THAT(client().Receipts(name).status, IsRefused(StatusCode::NOT_FOUND, name));
  }
  for (const char* name : {"", "runs/", "run/1", "runs/x", "runs/-1", "runs/18446744073709551616"}) {
    EXPECT_THAT(client().GetRun(name).status, IsBadField("name", "runs/ and a number"));
    EXPECT_THAT(client().Cancel(name), IsBadField("name", "runs/ and a number"));
    EXPECT_THAT(client().DeleteRun(name), IsBadField("name", "runs/ and a number"));
  }
  pb::CreateRunRequest request = Request(2);
  request.set_record_receipts(true);
  EXPECT_THAT(client().CreateRun(request).status, IsBadField("record_receipts", "single replica"));
  request.set_request_id(std::string(65, 'x'));
  EXPECT_THAT(client().CreateRun(request).status, IsBadField("request_id", "64 bytes"));
}

TEST_F(BadRequestsTest, GraphsThatCannotBe) {
  const auto refusal = [&](const auto& change) {
    pb::CreateGraphRequest request;
    request.set_name("h");
    request.set_preset("hyves");
    request.set_members(1'000);
    request.set_links_per_member(10);
    change(request);
    return client().CreateGraph(request).status;
  };
  for (const char* name : {"", "-x", "1x", "Hyves", "a/b", "../x", "a b", "g.", "a\n"}) {
    EXPECT_THAT(refusal([&](auto& r) { r.set_name(name); }), IsBadField("name", "")) << name;
  }
  EXPECT_THAT(refusal([](auto& r) { r.set_name(std::string(64, 'a')); }), IsBadField("name", "63"));
  EXPECT_THAT(refusal([](auto& r) { r.set_name("g"); }), IsRefused(StatusCode::ALREADY_EXISTS, "'g' exists"));
  EXPECT_THAT(refusal([](auto& r) { r.set_preset("myspace"); }), IsBadField("preset", "hyves"));
  EXPECT_THAT(refusal([](auto& r) { r.clear_preset(); }), IsBadField("preset", "hyves"));
  EXPECT_THAT(refusal([](auto& r) { r.set_members(0); }), IsBadField("members", "found 0"));
  EXPECT_THAT(refusal([](auto& r) { r.set_members(~0u); }), IsBadField("members", "at most"));
  EXPECT_THAT(refusal([](auto& r) {
                r.set_preset("nl-2009");
                r.clear_links_per_member();
              }),
              IsBadField("members", "found 1000"));
  for (const double mean : {0.0, -1.0, 0.0001, 1e9, std::nan(""), 999.0}) {
    EXPECT_THAT(refusal([&](auto& r) { r.set_links_per_member(mean); }), IsBadField("links_per_member", ""))
        << mean;
  }
  for (const std::uint32_t shards : {0u, 4'097u, ~0u}) {
    EXPECT_THAT(refusal([&](auto& r) { r.set_shards(shards); }),
                IsBadField("shards", absl::StrCat("found ", shards)));
  }
  EXPECT_THAT(client().DeleteGraph("h"), IsRefused(StatusCode::NOT_FOUND, "there are: g"));
  EXPECT_THAT(client().DeleteGraph("../x"), IsRefused(StatusCode::NOT_FOUND, "there are: g"));
  EXPECT_THAT(client().GetGraph("").status, IsRefused(StatusCode::NOT_FOUND, "there are: g"));
}

TEST_F(BadRequestsTest, PageTokensThatAreNone) {
  for (const char* token : {"zzz", "AAAA", "g", "graphs/", "graphs/G", "runs/1", "-1"}) {
    grpc::ClientContext graphs_context;
    SetDeadline(graphs_context, kCallTimeout);
    pb::ListGraphsRequest graphs_request;
    graphs_request.set_page_token(token);
    pb::ListGraphsResponse graphs;
    EXPECT_THAT(client().graphs().ListGraphs(&graphs_context, graphs_request, &graphs),
                IsBadField("page_token", "an earlier page"))
        << token;
    grpc::ClientContext runs_context;
    SetDeadline(runs_context, kCallTimeout);
    pb::ListRunsRequest runs_request;
    runs_request.set_page_token(token);
    pb::ListRunsResponse runs;
    EXPECT_THAT(client().simulations().ListRuns(&runs_context, runs_request, &runs),
                IsBadField("page_token", "an earlier page"))
        << token;
  }
}

TEST_F(BadRequestsTest, MembersThatAreNone) {
  EXPECT_THAT(client().GetMember("g", "20000").status, IsRefused(StatusCode::NOT_FOUND, "no member '20000'"));
  EXPECT_THAT(client().GetMember("g", "x").status, IsBadField("id", "integer"));
  EXPECT_THAT(client().GetMember("h", "1").status, IsRefused(StatusCode::NOT_FOUND, "there are: g"));
}

class BadImportsTest : public BadRequestsTest {
 protected:
  grpc::Status Refusal(const pb::ImportOptions& options, const std::vector<FileToImport>& files) {
    const auto imported = client().Import(options, files);
    EXPECT_EQ(client().GraphNames(), std::vector<std::string>{"g"});
    return imported.status;
  }
  static pb::ImportOptions Directed() {
    pb::ImportOptions options;
    options.set_name("h");
    options.set_row("from,to");
    return options;
  }
};

TEST_F(BadImportsTest, BadLinesAreNamedByFileAndLine) {
  const std::string good = "# comment\n1 2\n2 3\n";
  for (const char* line : {"1\n", "1 x\n", "1 -2\n", "1 18446744073709551616\n", "1 2 3 x 5\n"}) {
    EXPECT_THAT(Refusal(Directed(), {{"a.txt", good}, {"b.txt", good + line}}),
                IsRefused(StatusCode::INVALID_ARGUMENT, "b.txt:4"));
  }
  EXPECT_THAT(Refusal(Directed(), {{"a.txt", good + std::string(200'000, '7')}}),
              IsRefused(StatusCode::INVALID_ARGUMENT, "a.txt:4"));
  pb::ImportOptions strings = Directed();
  strings.set_string_ids(true);
  EXPECT_THAT(Refusal(strings, {{"a.txt", "a b\nc \xFF\xFE\n"}}),
              IsRefused(StatusCode::INVALID_ARGUMENT, "a.txt:2"));
  EXPECT_THAT(Refusal(strings, {{"a.txt", "a b\nc " + std::string(257, 'x') + "\n"}}),
              IsRefused(StatusCode::INVALID_ARGUMENT, "a.txt:2"));
}

TEST_F(BadImportsTest, AttributesOfMembersAreNamedByFileAndLine) {
  const auto refusal = [&](const std::string& members) {
    return Refusal(Directed(), {{"m.csv", members, true}, {"a.txt", "1 2\n"}});
  };
  EXPECT_THAT(refusal("id,age\n1,30\n"),
              IsRefused(StatusCode::INVALID_ARGUMENT, "m.csv:1: expected columns"));
  EXPECT_THAT(refusal("id,network\n1,hyves\n2,myspace\n"),
              IsRefused(StatusCode::INVALID_ARGUMENT, "m.csv:3: expected a network"));
  EXPECT_THAT(Refusal(Directed(), {{"m.csv", "id\n1\n", true}}),
              IsBadField("part", "at least one file of links"));
}

TEST_F(BadImportsTest, FilesThatAreDamagedOrEmpty) {
  EXPECT_THAT(Refusal(Directed(), {{"a.gz", std::string("\x1F\x8B\x08\0\0\0\0\0\0\x03garbage", 17)}}),
              IsRefused(StatusCode::INVALID_ARGUMENT, "a.gz"));
  EXPECT_THAT(Refusal(Directed(), {{"cut.gz", std::string("\x1F\x8B\x08\0\0\0\0\0\0\x03", 10)}}),
              IsRefused(StatusCode::INVALID_ARGUMENT, "the file is cut off"));
  EXPECT_THAT(Refusal(Directed(), {{"a.txt", ""}}), IsRefused(StatusCode::INVALID_ARGUMENT, ""));
  EXPECT_THAT(Refusal(Directed(), {}), IsBadField("part", "at least one file of links"));
}

TEST_F(BadImportsTest, OptionsThatDoNotSayEnough) {
  const std::vector<FileToImport> file = {{"a.txt", "1 2\n"}};
  pb::ImportOptions options = Directed();
  options.clear_row();
  EXPECT_THAT(Refusal(options, file), IsBadField("row", "follower,followed"));
  options.set_row("from,from");
  EXPECT_THAT(Refusal(options, file), IsBadField("row", ""));
  options = Directed();
  options.set_name("../h");
  EXPECT_THAT(Refusal(options, file), IsBadField("name", ""));
  options = Directed();
  options.set_shards(5'000);
  EXPECT_THAT(Refusal(options, file), IsBadField("shards", "5000"));
  options = Directed();
  options.set_name("g");
  EXPECT_THAT(Refusal(options, file), IsRefused(StatusCode::ALREADY_EXISTS, "'g' exists"));
}

TEST_F(BadImportsTest, StreamsOutOfOrder) {
  for (const bool data_first : {true, false}) {
    grpc::ClientContext context;
    SetDeadline(context, kCallTimeout);
    const auto stream = client().graphs().ImportGraph(&context);
    pb::ImportGraphRequest request;
    *request.mutable_options() = Directed();
    if (!data_first) stream->Write(request);
    request.set_data("1 2\n");
    stream->Write(request);
    stream->WritesDone();
    EXPECT_THAT(stream->Finish(), IsBadField("part", "expected"));
  }
}

TEST_F(BadRequestsTest, OversizeMessages) {
  pb::CreateRunRequest request = Request(1);
  request.set_request_id(std::string(20 << 20, 'x'));
  EXPECT_EQ(client().CreateRun(request).status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
}

}  // namespace
}  // namespace lawine
