// Imports over real processes: little memory gives the same graph as much, uploads that break off go on, and
// what is asked for twice is done once.
#include <optional>

#include "absl/strings/str_cat.h"
#include "services/common/rpc.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using grpc::StatusCode;
using ImportStream = grpc::ClientReaderWriter<pb::ImportGraphRequest, pb::ImportGraphResponse>;

pb::ImportOptions FourShards(const std::string& name) {
  pb::ImportOptions options;
  options.set_name(name);
  options.set_row("from,to");
  options.set_shards(4);
  return options;
}

// Repeated rows and self-links among them.
std::string RandomRows(std::size_t rows_count, std::uint64_t keys_max, const std::string& prefix,
                       const std::string& columns) {
  TestRandom random(3);
  std::string rows;
  for (std::size_t i = 0; i < rows_count; ++i) {
    absl::StrAppend(&rows, prefix, random.Below(keys_max), ",", prefix, random.Below(keys_max), columns,
                    "\n");
  }
  return rows;
}

TEST(ImportTest, LittleMemoryGivesTheSameGraphAndReport) {
  TestCluster much({.workers = 2});
  TestCluster little({.workers = 2, .coordinator_flags = {"--import-memory", "1MiB"}});
  // Half a megabyte holds 21,000 links.
  for (const bool words : {false, true}) {
    pb::ImportOptions options = FourShards(words ? "words" : "numbers");
    options.set_string_ids(words);
    if (words) options.set_row("from,to,probability,kind");
    const std::string rows = RandomRows(300'000, 5'000, words ? "member-" : "", words ? ",0.25,2" : "");
    const std::string members =
        words ? "id,community\nmember-17,4\nalone,5\n" : "id,community\n17,4\n70000,5\n";
    const std::vector<FileToImport> files = {{"rows", rows}, {"members", members, true}};
    const auto expected = much.client().Import(options, files);
    ASSERT_TRUE(expected.ok()) << Text(expected.status);
    const auto imported = little.client().Import(options, files);
    ASSERT_TRUE(imported.ok()) << Text(imported.status);
    EXPECT_EQ(imported.value.graph().digest(), expected.value.graph().digest());
    EXPECT_EQ(imported.value.graph().links(), expected.value.graph().links());
    EXPECT_GT(imported.value.report().duplicates_dropped(), 1'000u);
    EXPECT_EQ(imported.value.report().ShortDebugString(), expected.value.report().ShortDebugString());
    const auto verified = little.client().Verify(options.name());
    EXPECT_TRUE(verified.ok()) << Text(verified.status);
  }
}

TEST(ImportTest, MemoryThatNoMachineHasIsRefusedAtTheStart) {
  TestCluster cluster({.workers = 1});
  std::vector<std::string> command = cluster.CoordinatorCommand("127.0.0.1:0");
  command[2] = (cluster.CoordinatorData() / "other").string();
  command.insert(command.end(), {"--import-memory", "900TB"});
  ServerProcess process(command, cluster.LogStem("refused"));
  EXPECT_EQ(process.WaitUntilEnded(absl::Seconds(30)), 1) << process.Said();
  EXPECT_THAT(process.Said(), testing::HasSubstr("import memory: expected at most"));
}

class ResumedImportTest : public LongRunTest {
 protected:
  static pb::ImportOptions Options(const std::string& name) {
    pb::ImportOptions options = FourShards(name);
    options.set_request_id("upload-" + name);
    options.set_resumable(true);
    return options;
  }

  // One call. Begin returns what the first answer says.
  struct Call {
    grpc::ClientContext context;
    std::unique_ptr<ImportStream> stream;
  };
  std::unique_ptr<Call> Begin(const pb::ImportOptions& options, pb::ImportGraphResponse& first) {
    auto call = std::make_unique<Call>();
    SetDeadline(call->context, kCallTimeout);
    call->stream = client().graphs().ImportGraph(&call->context);
    pb::ImportGraphRequest request;
    *request.mutable_options() = options;
    EXPECT_TRUE(call->stream->Write(request));
    first.Clear();
    if (call->stream->Read(&first)) return call;
    last_ = call->stream->Finish();
    return nullptr;
  }
  // Until the call before it has ended, a call is told to try again.
  std::unique_ptr<Call> BeginAgain(const pb::ImportOptions& options, pb::ImportGraphResponse& first) {
    std::unique_ptr<Call> call;
    EXPECT_TRUE(Eventually(absl::Seconds(30), [&] {
      call = Begin(options, first);
      return call != nullptr || last_.error_code() != StatusCode::ABORTED;
    })) << Text(last_);
    return call;
  }
  static void Send(Call& call, const std::string& data) {
    pb::ImportGraphRequest request;
    for (std::size_t at = 0; at < data.size(); at += kStreamPartBytes) {
      request.set_data(data.substr(at, kStreamPartBytes));
      call.stream->Write(request);
    }
  }
  static void BeginFile(Call& call, const std::string& name) {
    pb::ImportGraphRequest request;
    request.set_begin_file(name);
    call.stream->Write(request);
  }
  // What follows the position.
  static void SendFrom(Call& call, const pb::ImportPosition& position,
                       const std::vector<FileToImport>& files) {
    for (std::size_t f = 0; f < files.size(); ++f) {
      if (f + 1 < position.files()) continue;
      const bool begun = f + 1 == position.files();
      if (!begun) BeginFile(call, files[f].name);
      Send(call, files[f].content.substr(begun ? position.bytes() : 0));
    }
  }
  static Answer<pb::ImportGraphResponse> End(Call& call) {
    call.stream->WritesDone();
    Answer<pb::ImportGraphResponse> answer;
    pb::ImportGraphResponse response;
    while (call.stream->Read(&response)) {
      if (response.has_graph()) answer.value = response;
    }
    answer.status = call.stream->Finish();
    return answer;
  }
  static void BreakOff(Call& call) {
    absl::SleepFor(absl::Milliseconds(500));  // so that most of what was sent has been read
    call.context.TryCancel();
    EXPECT_EQ(call.stream->Finish().error_code(), StatusCode::CANCELLED);
  }

  grpc::Status last_;  // of the last call that ended before it said anything
};

TEST_F(ResumedImportTest, GoesOnWhereItBrokeOff) {
  const std::string first_file = RandomRows(50'000, 3'000, "", "");
  const std::string second_file = RandomRows(200'000, 4'000, "", "");
  const auto whole = client().Import(FourShards("whole"), {{"a", first_file}, {"b", second_file}});
  ASSERT_TRUE(whole.ok()) << Text(whole.status);

  const pb::ImportOptions options = Options("parts");
  pb::ImportGraphResponse response;
  auto call = Begin(options, response);
  ASSERT_NE(call, nullptr) << Text(last_);
  EXPECT_EQ(response.position().files(), 0u);
  // What was on its way when a call broke off may be lost: the next one sends it.
  const auto arrives_in_calls = [&](const std::vector<FileToImport>& files) {
    return Eventually(absl::Seconds(60), [&] {
      SendFrom(*call, response.position(), files);
      BreakOff(*call);
      call = BeginAgain(options, response);
      return call == nullptr || (response.position().files() == files.size() &&
                                 response.position().bytes() == files.back().content.size());
    });
  };
  EXPECT_TRUE(arrives_in_calls({{"a", first_file.substr(0, 123'457)}}));
  ASSERT_NE(call, nullptr) << Text(last_);
  EXPECT_TRUE(arrives_in_calls({{"a", first_file}, {"b", second_file.substr(0, 1'000'001)}}));
  ASSERT_NE(call, nullptr) << Text(last_);
  SendFrom(*call, response.position(), {{"a", first_file}, {"b", second_file}});
  const auto parts = End(*call);
  ASSERT_TRUE(parts.ok()) << Text(parts.status);
  EXPECT_EQ(parts.value.graph().digest(), whole.value.graph().digest());
  EXPECT_EQ(parts.value.report().ShortDebugString(), whole.value.report().ShortDebugString());

  // The same once more: it is there already.
  call = Begin(options, response);
  ASSERT_NE(call, nullptr) << Text(last_);
  EXPECT_EQ(response.graph().digest(), whole.value.graph().digest());
  EXPECT_TRUE(End(*call).ok());
}

TEST_F(ResumedImportTest, OtherOptionsAreAnotherImport) {
  pb::ImportOptions options = Options("parts");
  pb::ImportGraphResponse response;
  auto call = Begin(options, response);
  ASSERT_NE(call, nullptr) << Text(last_);
  BeginFile(*call, "a");
  Send(*call, "1,2\n");
  BreakOff(*call);
  options.set_row("follower,followed");
  EXPECT_EQ(BeginAgain(options, response), nullptr);
  EXPECT_THAT(last_, IsBadField("request_id", "other options"));
  options = Options("parts");
  options.clear_request_id();
  EXPECT_EQ(Begin(options, response), nullptr);
  EXPECT_THAT(last_, IsBadField("request_id", "resumable"));
}

TEST_F(ResumedImportTest, ACoordinatorThatIsGoneForgetsAndAsksForEverything) {
  const pb::ImportOptions options = Options("parts");
  pb::ImportGraphResponse response;
  auto call = Begin(options, response);
  ASSERT_NE(call, nullptr) << Text(last_);
  BeginFile(*call, "a");
  Send(*call, "1,2\n2,3\n");
  cluster().coordinator().Kill();
  EXPECT_FALSE(call->stream->Finish().ok());
  cluster().RestartCoordinator();
  call = BeginAgain(options, response);
  ASSERT_NE(call, nullptr) << Text(last_);
  EXPECT_EQ(response.position().files(), 0u);
  BeginFile(*call, "a");
  Send(*call, "1,2\n2,3\n");
  const auto made = End(*call);
  ASSERT_TRUE(made.ok()) << Text(made.status);
  EXPECT_EQ(made.value.graph().links(), 2u);
}

TEST_F(ResumedImportTest, OnlySoManyGoOnAtOnceAndABrokenOneGivesWay) {
  pb::ImportGraphResponse response;
  auto first = Begin(Options("one"), response);
  auto second = Begin(Options("two"), response);
  ASSERT_TRUE(first != nullptr && second != nullptr);
  EXPECT_EQ(Begin(Options("three"), response), nullptr);
  EXPECT_THAT(last_, IsRefused(StatusCode::RESOURCE_EXHAUSTED, "at most 2 imports at once"));
  EXPECT_GT(DetailsOf(last_).retry_seconds, 0);
  for (Call* call : {first.get(), second.get()}) {  // who says nothing for a minute gives way, too
    BeginFile(*call, "a");
    Send(*call, "1,2\n");
  }
  BreakOff(*first);
  std::unique_ptr<Call> third;
  EXPECT_TRUE(Eventually(absl::Seconds(30), [&] {
    third = Begin(Options("three"), response);
    return third != nullptr;
  })) << Text(last_);
  first = Begin(Options("one"), response);
  EXPECT_EQ(first, nullptr) << "there is no room for a third";
  BeginFile(*third, "a");
  Send(*third, "1,2\n");
  EXPECT_TRUE(End(*third).ok());
  first = Begin(Options("one"), response);
  ASSERT_NE(first, nullptr) << Text(last_);
  EXPECT_EQ(response.position().files(), 0u) << "what it had sent gave way to the third";
}

TEST_F(ResumedImportTest, CallersThatSendNothingAreToldAndMakeWay) {
  pb::ImportGraphResponse response;
  auto first = Begin(Options("one"), response);
  auto second = Begin(Options("two"), response);
  ASSERT_TRUE(first != nullptr && second != nullptr);
  for (Call* call : {first.get(), second.get()}) {
    EXPECT_FALSE(call->stream->Read(&response));
    const grpc::Status status = call->stream->Finish();
    EXPECT_EQ(status.error_code(), StatusCode::DEADLINE_EXCEEDED) << Text(status);
    EXPECT_THAT(status.error_message(), testing::HasSubstr("nothing has come for 60 s: repeat the call"));
  }
  auto third = BeginAgain(Options("three"), response);
  ASSERT_NE(third, nullptr) << Text(last_);
  BeginFile(*third, "a");
  Send(*third, "1,2\n");
  const auto made = End(*third);
  EXPECT_TRUE(made.ok()) << Text(made.status);
}

}  // namespace
}  // namespace lawine
