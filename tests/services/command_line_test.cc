// Words of the command line, and what they are taken for.
#include "services/cli/commands/command_line.h"

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/commands/integer_flag.h"
#include "services/cli/commands/simulate_flags.h"
#include "services/cli/connection/exit_code.h"
#include "services/cli/scenarios/scenario_library.h"
#include "services/common/json/message_json.h"

namespace lawine::cli {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<ParsedCommand> Parse(const std::vector<const char*>& words) {
  std::vector<const char*> arguments = {"lawine"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  CommandLine command_line;
  return command_line.Parse(static_cast<int>(arguments.size()), arguments.data());
}

std::string UsageError(const std::vector<const char*>& words) {
  const auto command = Parse(words);
  EXPECT_EQ(ExitCodeOf(command.status()), ExitCode::kUsage);
  return std::string(command.status().message());
}

TEST(CommandLine, TakesSharedFlagsBeforeAndAfterTheCommand) {
  for (const auto& command : {Parse({"--data", "/tmp/d/", "-o", "json", "run", "list"}),
                              Parse({"run", "list", "--data", "/tmp/d/", "-o", "json"})}) {
    ASSERT_TRUE(command.ok()) << command.status();
    EXPECT_EQ(command->options.data, "/tmp/d");
    EXPECT_TRUE(command->options.json);
    EXPECT_NE(command->action, nullptr);
  }
}

TEST(CommandLine, RefusesADataDirectoryWithoutAName) {
  EXPECT_THAT(UsageError({"--data", "", "graph", "list"}),
              HasSubstr("--data: expected a directory, found ''"));
}

TEST(CommandLine, HelpIsAWordToo) {
  for (const auto& command : {Parse({"help"}), Parse({"help", "graph", "create"}), Parse({"help", "run"})}) {
    ASSERT_TRUE(command.ok()) << command.status();
    EXPECT_EQ(command->action, nullptr);
  }
}

TEST(CommandLine, SuggestsTheCommandThatWasMeant) {
  EXPECT_THAT(UsageError({"grpah", "list"}), HasSubstr("unknown command 'grpah'; did you mean graph?"));
  EXPECT_THAT(UsageError({"run", "lsit"}), HasSubstr("unknown command 'lsit'; did you mean list?"));
  EXPECT_THAT(UsageError({"run", "lsit"}), HasSubstr("see lawine run --help"));
  EXPECT_THAT(UsageError({"simulate", "hyves", "--forwad", "1"}), HasSubstr("did you mean --forward?"));
  EXPECT_THAT(UsageError({"run"}), HasSubstr("expected a command after 'lawine run'"));
  EXPECT_THAT(UsageError({}), HasSubstr("expected a command after 'lawine'"));
}

TEST(CommandLine, RefusesTwoSeedRules) {
  EXPECT_FALSE(Parse({"simulate", "hyves", "--random", "1", "--audience", "300"}).ok());
  EXPECT_FALSE(Parse({"simulate", "hyves", "--forward", "much"}).ok());
  EXPECT_TRUE(Parse({"simulate", "hyves", "--random", "1"}).ok());
}

TEST(CommandLine, TakesWholeNumbersInDecimalDigitsAlone) {
  for (const std::vector<const char*>& command : std::vector<std::vector<const char*>>{
           {"--replicas", "simulate", "g"},
           {"--replica", "simulate", "g"},
           {"--run-seed", "simulate", "g"},
           {"--audience", "simulate", "g"},
           {"--highest-audience", "simulate", "g"},
           {"--random", "simulate", "g"},
           {"--page-rank", "simulate", "g"},
           {"--core", "simulate", "g"},
           {"--community", "simulate", "g"},
           {"--max-steps", "simulate", "g"},
           {"--steps-to-percent", "simulate", "g"},
           {"--graphml-members", "simulate", "g"},
           {"--points", "sweep", "--field", "f"},
           {"--replicas", "sweep", "--field", "f"},
           {"--replicas", "marginal", "g"},
           {"--replicas", "compare", "f"},
           {"--run-seed", "compare", "f"},
           {"--messages", "traffic", "g"},
           {"--run-seed", "traffic", "g"},
           {"--max-steps", "traffic", "g"},
           {"--members", "graph", "create", "g", "--preset", "hyves"},
           {"--graph-seed", "graph", "create", "g", "--preset", "hyves"},
           {"--shards", "graph", "create", "g", "--preset", "hyves"},
           {"--pages", "graph", "create", "g", "--preset", "hyves"},
           {"--groups", "graph", "create", "g", "--preset", "hyves"},
           {"--header-lines", "graph", "import", "g", "f"},
           {"--shards", "graph", "import", "g", "f"},
           {"--batch", "graph", "change", "g", "f"},
           {"--community", "graph", "add-member", "g", "1"},
           {"--followers", "member", "g", "1"},
           {"--members", "run", "receipts", "1"},
           {"--limit", "run", "list"},
           {"--workers", "up"},
       }) {
    for (const char* wrong : {"18446744073709551616", "99999999999999999999999", "-1", "+1", "0x10", "1e3",
                              "1.5", " 1", "1 ", "ten", ""}) {
      std::vector<const char*> words(command.begin() + 1, command.end());
      words.insert(words.end(), {command[0], wrong});
      EXPECT_THAT(UsageError(words),
                  ::testing::StartsWith(absl::StrCat(command[0], ": expected a whole number from ")))
          << wrong;
      EXPECT_THAT(UsageError(words), HasSubstr(absl::StrCat(", found '", wrong, "'")));
    }
    std::vector<const char*> words(command.begin() + 1, command.end());
    words.insert(words.end(), {command[0], "010"});
    EXPECT_TRUE(Parse(words).ok()) << command[0];
  }
  EXPECT_THAT(UsageError({"simulate", "g", "--replicas", "4294967296"}),
              HasSubstr("--replicas: expected a whole number from 0 to 4294967295, found '4294967296'"));
  EXPECT_TRUE(Parse({"simulate", "g", "--run-seed", "18446744073709551615"}).ok());
}

TEST(IntegerFlag, ZerosBeforeItDoNotMakeItOctal) {
  CLI::App app;
  std::optional<std::uint64_t> seed;
  std::uint32_t limit = 100;
  AddInteger(app, "--seed", seed, "S", "Key");
  AddInteger(app, "--limit", limit, "N", "At most", 1, 1000);
  app.parse("--seed 010 --limit 0017");
  EXPECT_EQ(seed, 10u);
  EXPECT_EQ(limit, 17u);
  EXPECT_THROW(app.parse("--limit 0"), CLI::ValidationError);
  EXPECT_THROW(app.parse("--limit 1001"), CLI::ValidationError);
}

TEST(CommandLine, CompletesEveryCommand) {
  const std::string script = CommandLine().BashCompletion();
  for (const char* word : {"'lawine graph'", "'lawine run watch'", "--highest-audience", "completion"}) {
    EXPECT_THAT(script, HasSubstr(word));
  }
}

TEST(ScenarioShow, IsJsonWhereThatIsAskedFor) {
  Interrupt interrupt;
  for (const LibraryScenario& scenario : ScenarioLibrary()) {
    const auto command = Parse({"scenario", "show", std::string(scenario.name).c_str(), "-o", "json"});
    ASSERT_TRUE(command.ok()) << command.status();
    Session session{command->options, interrupt};
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(command->action(session), absl::OkStatus());
    std::fflush(stdout);
    EXPECT_TRUE(Json::accept(::testing::internal::GetCapturedStdout())) << scenario.name;
  }
}

TEST(SimulateFlags, AreTheWholeScenarioWithoutAFile) {
  SimulateFlags flags;
  flags.graph = "hyves";
  flags.seed_members = "17,anna";
  flags.forward = "0.25";
  const auto scenario = BuildScenario(flags);
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  EXPECT_THAT(scenario->seed_members().ids(), ::testing::ElementsAre("17", "anna"));
  EXPECT_EQ(scenario->model().forward().probability(), 0.25);
  EXPECT_FALSE(scenario->has_run_seed());
}

TEST(SimulateFlags, OneReplicaIsAnEnsembleOfOne) {
  SimulateFlags flags;
  flags.graph = "hyves";
  flags.replica = 17;
  const auto scenario = BuildScenario(flags);
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  EXPECT_EQ(scenario->first_replica(), 17u);
  EXPECT_EQ(scenario->replicas(), 1u);
  EXPECT_FALSE(Parse({"simulate", "hyves", "--replica", "1", "--replicas", "2"}).ok());
  flags.replica = 10'000;
  EXPECT_THAT(std::string(BuildScenario(flags).status().message()),
              HasSubstr("first_replica: expected 0 to 9999, found 10000"));
}

TEST(SimulateFlags, AreCheckedLikeAFile) {
  SimulateFlags flags;
  EXPECT_THAT(std::string(BuildScenario(flags).status().message()), HasSubstr("graph: expected"));
  flags.graph = "hyves";
  flags.forward = "1.5";
  EXPECT_THAT(std::string(BuildScenario(flags).status().message()),
              HasSubstr("model.forward.probability: expected 0 to 1, found 1.5"));
}

}  // namespace
}  // namespace lawine::cli
