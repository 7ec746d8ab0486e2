// Files that commands write, over earlier ones.
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/connection/exit_code.h"
#include "services/common/process.h"
#include "tests/support/temp_directory.h"

namespace lawine::cli {
namespace {

class CliFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(directory_.path() / "files");
    ASSERT_EQ(WriteFileAtomically(path_, "earlier"), absl::OkStatus());
  }
  // On a cluster of this process, without graphs and runs at first.
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

TEST_F(CliFilesTest, WhatCannotBeDoneLeavesThemAsTheyWere) {
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

TEST_F(CliFilesTest, TwoOutputsToOneFileAreRefused) {
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"simulate", "nosuch", "--csv", path_, "--receipts", path_},
           {"marginal", "nosuch", "--random", "2", "--csv", path_, "--report", path_},
           {"run", "receipts", "999", "--csv", path_, "--graphml", path_},
       }) {
    EXPECT_EQ(ExitCodeOf(Run(command)), ExitCode::kUsage) << absl::StrJoin(command, " ");
  }
}

}  // namespace
}  // namespace lawine::cli
