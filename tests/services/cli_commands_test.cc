// Commands as they are given, each on a cluster of this process.
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/connection/exit_code.h"
#include "services/common/process.h"
#include "tests/support/temp_directory.h"

namespace lawine::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CliCommandsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(directory_.path() / "files");
    ASSERT_EQ(WriteFileAtomically(path_, "earlier"), absl::OkStatus());
  }
  // On data without graphs and runs at first.
  absl::Status Run(std::vector<std::string> words) {
    words.insert(words.begin(), {"lawine", "--quiet", "--data", directory_.path() / "data"});
    std::vector<const char*> arguments;
    for (const std::string& word : words) arguments.push_back(word.c_str());
    CommandLine command_line;
    const auto command = command_line.Parse(static_cast<int>(arguments.size()), arguments.data());
    if (!command.ok()) return command.status();
    Interrupt interrupt;
    Session session{command->options, interrupt};
    return command->action(session);
  }
  const TempDirectory directory_;
  const std::string path_ = directory_.path() / "files" / "keep.csv";
};

TEST_F(CliCommandsTest, AClusterIsAHostAndAPort) {
  for (const std::string cluster : {"nowhere", "127.0.0.1:99999"}) {
    EXPECT_EQ(Run({"graph", "list", "--cluster", cluster}).message(),
              "--cluster: expected HOST:PORT with a port from 1 to 65535, found '" + cluster + "'");
  }
}

TEST_F(CliCommandsTest, WhatCannotBeDoneLeavesFilesAsTheyWere) {
  const std::vector<std::vector<std::string>> commands = {
      {"simulate", "nosuch", "--csv", path_},
      {"simulate", "nosuch", "--per-replica", path_},
      {"simulate", "nosuch", "--receipts", path_},
      {"simulate", "nosuch", "--graphml", path_},
      {"simulate", "nosuch", "--report", path_},
      {"sweep", "nosuch", "--field", "model.forward.probability", "--from", "0.1", "--to", "0.2", "--csv",
       path_},
      {"marginal", "nosuch", "--random", "2", "--csv", path_},
      {"compare", "forward-limit", "--graph", "nosuch", "--differences", path_},
      {"traffic", "nosuch", "--messages", "10", "--forward", "0.1", "--rows", path_},
      {"run", "receipts", "999", "--csv", path_},
      {"run", "trace", "999", "--chrome", path_},
      {"report", "999", "--out", path_},
      {"graph", "backup", "nosuch", "--out", path_},
  };
  for (const auto& command : commands) {
    EXPECT_FALSE(Run(command).ok()) << absl::StrJoin(command, " ");
    EXPECT_EQ(ReadFile(path_).value_or("gone"), "earlier") << absl::StrJoin(command, " ");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path() / "files"), {}), 1);
  }
}

TEST_F(CliCommandsTest, TwoOutputsToOneFileAreRefused) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"simulate", "nosuch", "--csv", path_, "--receipts", path_},
           {"marginal", "nosuch", "--random", "2", "--csv", path_, "--report", path_},
           {"run", "receipts", "999", "--csv", path_, "--graphml", path_},
       }) {
    EXPECT_EQ(ExitCodeOf(Run(command)), ExitCode::kUsage) << absl::StrJoin(command, " ");
  }
}

TEST_F(CliCommandsTest, QuietOnesPrintNoRemarks) {
  const std::string links = directory_.path() / "links.txt";
  ASSERT_EQ(WriteFileAtomically(links, "1 2\n"), absl::OkStatus());
  testing::internal::CaptureStdout();
  EXPECT_EQ(Run({"graph", "import", "g", links, "--undirected"}), absl::OkStatus());
  EXPECT_EQ(Run({"simulate", "g", "--random", "1"}), absl::OkStatus());
  std::fflush(stdout);
  const std::string said = testing::internal::GetCapturedStdout();
  EXPECT_THAT(said, HasSubstr("import of 1 row, "));
  EXPECT_THAT(said, Not(HasSubstr("The first rows mean")));
  EXPECT_THAT(said, Not(HasSubstr("one realisation of chance")));
}

TEST_F(CliCommandsTest, WrongInputIsWrongUsage) {
  const std::string links = directory_.path() / "links.txt", cut = directory_.path() / "cut.txt.gz",
                    backup = directory_.path() / "g.graph";
  ASSERT_EQ(WriteFileAtomically(links, "1 2\n"), absl::OkStatus());
  ASSERT_EQ(WriteFileAtomically(cut, std::string("\x1F\x8B\x08\0\0\0\0\0\0\x03", 10)), absl::OkStatus());
  testing::internal::CaptureStdout();
  ASSERT_EQ(Run({"graph", "import", "g", links, "--undirected"}), absl::OkStatus());
  ASSERT_EQ(Run({"graph", "backup", "g", "--out", backup}), absl::OkStatus());
  const std::string whole = ReadFile(backup).value_or("");
  ASSERT_EQ(WriteFileAtomically(backup, whole.substr(0, whole.size() / 2)), absl::OkStatus());
  const std::string scenario = directory_.path() / "scenario.json";
  ASSERT_EQ(WriteFileAtomically(scenario, R"({"graph": "g", "model": {"forward": {}, "link_kinds": [3]}})"),
            absl::OkStatus());
  const std::string later = directory_.path() / "later.json";
  ASSERT_EQ(WriteFileAtomically(later, R"({"graph": "g", "graph_version": 9})"), absl::OkStatus());
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"graph", "import", "h", cut, "--undirected"},
           {"graph", "restore", backup, "--name", "h"},
           {"simulate", "--scenario", scenario},
           {"simulate", "--scenario", later},
           {"traffic", "g", "--messages", "0"},
       }) {
    const absl::Status status = Run(command);
    EXPECT_EQ(ExitCodeOf(status), ExitCode::kUsage) << absl::StrJoin(command, " ") << ": " << status;
  }
  testing::internal::GetCapturedStdout();
}

TEST_F(CliCommandsTest, OneChangeIsToldOfInWordsOfTheCommandLine) {
  const std::string links = directory_.path() / "links.txt";
  ASSERT_EQ(WriteFileAtomically(links, "1 2\n"), absl::OkStatus());
  testing::internal::CaptureStdout();
  ASSERT_EQ(Run({"graph", "import", "g", links, "--undirected"}), absl::OkStatus());
  testing::internal::GetCapturedStdout();
  EXPECT_THAT(std::string(Run({"graph", "follow", "g", "1", "1"}).message()), Not(HasSubstr("change")));
  EXPECT_THAT(std::string(Run({"graph", "follow", "g", "9", "1"}).message()), StartsWith("follower: "));
}

}  // namespace
}  // namespace lawine::cli
