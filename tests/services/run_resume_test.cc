// `lawine run resume` without a cluster: the run goes on in this process, and so does its end.
#include <initializer_list>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/commands/command_line.h"
#include "services/coordinator/runs/run_archive.h"
#include "tests/support/temp_directory.h"

namespace lawine::cli {
namespace {

using ::testing::HasSubstr;

class RunResumeTest : public ::testing::Test {
 protected:
  absl::Status Do(std::initializer_list<const char*> words) {
    std::vector<const char*> arguments = {"lawine", "--quiet", "--data", directory_.path().c_str()};
    arguments.insert(arguments.end(), words.begin(), words.end());
    CommandLine command_line;
    auto command = command_line.Parse(static_cast<int>(arguments.size()), arguments.data());
    if (!command.ok()) return command.status();
    Session session{command->options, interrupt_};
    return command->action(session);
  }

  // As if it had been paused before anything was done; without `seed` it starts where it did.
  std::string Pause(const std::string& seed) {
    const auto registry = RegistryStore::Open(directory_.path() / "coordinator" / "registry").value();
    RunArchive archive(*registry);
    internal::v1::RunRecord last;
    EXPECT_TRUE(archive
                    .ForEach([&last](internal::v1::RunRecord record, std::uint64_t) {
                      last = std::move(record);
                      return absl::OkStatus();
                    })
                    .ok());
    last.clear_result();
    last.mutable_run()->set_state(v1::RUN_STATE_PAUSED);
    last.mutable_run()->clear_end_time();
    if (!seed.empty()) {
      last.mutable_run()->mutable_scenario()->clear_seed_members();
      last.mutable_run()->mutable_scenario()->mutable_seed_members()->add_ids(seed);
    }
    EXPECT_TRUE(archive.Save(last).ok());
    return last.run().name();
  }

  Interrupt interrupt_;
  const TempDirectory directory_;
};

TEST_F(RunResumeTest, EndsAsTheRunDoes) {
  ASSERT_TRUE(
      Do({"graph", "create", "g", "--preset", "hyves", "--members", "1000", "--links-per-member", "10"})
          .ok());
  ASSERT_TRUE(Do({"simulate", "g", "--forward", "0.01"}).ok());
  const std::string run = Pause("");
  const absl::Status sound = Do({"run", "resume", run.c_str()});
  EXPECT_TRUE(sound.ok()) << sound;
  Pause("nobody");
  const absl::Status failed = Do({"run", "resume", run.c_str()});
  EXPECT_THAT(std::string(failed.message()), HasSubstr(run + " failed: "));
}

}  // namespace
}  // namespace lawine::cli
