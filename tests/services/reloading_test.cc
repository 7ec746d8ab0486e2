#include "services/common/reloading.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <string>
#include <thread>

#include "services/common/memory_file.h"
#include "services/common/process.h"

namespace lawine {
namespace {

TEST(ReloadDecisionTest, WhatIsInUseIsNotNew) {
  ReloadDecision<std::string> decision("a");
  EXPECT_FALSE(decision.IsNew("a"));
  EXPECT_TRUE(decision.IsNew("b"));
  decision.Used("b");
  EXPECT_FALSE(decision.IsNew("b"));
  EXPECT_TRUE(decision.IsNew("a"));
}

// Files are replaced one after the other: between two of them nothing fits.
TEST(ReloadDecisionTest, WhatIsWrongForAMomentIsNotTold) {
  ReloadDecision<std::string> decision("a");
  EXPECT_FALSE(decision.Refused("half"));
  EXPECT_TRUE(decision.IsNew("half"));
  EXPECT_FALSE(decision.Refused("other half"));
  decision.Used("whole");
  EXPECT_FALSE(decision.Refused("half"));
}

TEST(ReloadDecisionTest, WhatStaysWrongIsToldOnce) {
  ReloadDecision<std::string> decision("a");
  EXPECT_FALSE(decision.Refused("wrong"));
  EXPECT_TRUE(decision.Refused("wrong"));
  EXPECT_FALSE(decision.IsNew("wrong"));
  EXPECT_TRUE(decision.IsNew("wrong too"));
}

TEST(ReloadDecisionTest, AnotherReasonWhyThereIsNoContentIsToldToo) {
  ReloadDecision<std::string> decision("a");
  const absl::StatusOr<std::string> absent = absl::NotFoundError("absent");
  const absl::StatusOr<std::string> pipe = absl::InvalidArgumentError("a pipe");
  for (const auto& found : {absent, pipe}) {
    EXPECT_TRUE(decision.IsNew(found));
    EXPECT_FALSE(decision.Refused(found));
    EXPECT_TRUE(decision.Refused(found));
    EXPECT_FALSE(decision.IsNew(found));
  }
  EXPECT_FALSE(decision.IsNew("a"));
}

TEST(MemoryFileTest, ReadersSeeOneContentOrTheNext) {
  MemoryFile file;
  const std::string first(200'000, 'a');
  const std::string second(100'000, 'b');
  ASSERT_EQ(file.Replace(first), absl::OkStatus());
  const std::string path = file.path();
  std::atomic<bool> over{false};
  std::thread writer([&] {
    for (int i = 0; i < 200; ++i) EXPECT_EQ(file.Replace(i % 2 == 0 ? second : first), absl::OkStatus());
    over = true;
  });
  do {
    const auto content = ReadFile(path);
    EXPECT_TRUE(content.ok() && (*content == first || *content == second));
  } while (!over);
  writer.join();
}

// Files that belong together are all prepared before one of them is shown.
TEST(MemoryFileTest, WhatIsPreparedIsNotSeenBeforeItIsShown) {
  MemoryFile file;
  ASSERT_EQ(file.Replace("a"), absl::OkStatus());
  for (const char* content : {"never shown", "b"}) {
    ASSERT_EQ(file.Prepare(content), absl::OkStatus());
    EXPECT_EQ(ReadFile(file.path()).value(), "a");
  }
  ASSERT_EQ(file.Show(), absl::OkStatus());
  EXPECT_EQ(ReadFile(file.path()).value(), "b");
}

TEST(MemoryFileTest, WithoutDescriptorsTheContentStaysAndIsReplacedLater) {
  MemoryFile file;
  ASSERT_EQ(file.Replace("a"), absl::OkStatus());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const absl::Status prepared = file.Prepare("b");
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(absl::IsUnavailable(prepared)) << prepared;
  EXPECT_EQ(ReadFile(file.path()).value(), "a");
  ASSERT_EQ(file.Replace("b"), absl::OkStatus());
  EXPECT_EQ(ReadFile(file.path()).value(), "b");
}

TEST(MemoryFileTest, EachContentHasATimeOfItsOwn) {
  MemoryFile file;
  ASSERT_EQ(file.Replace("a"), absl::OkStatus());
  struct stat before {};
  ASSERT_EQ(stat(file.path().c_str(), &before), 0);
  ASSERT_EQ(file.Replace("b"), absl::OkStatus());
  struct stat after {};
  ASSERT_EQ(stat(file.path().c_str(), &after), 0);
  EXPECT_NE(before.st_mtime, after.st_mtime);
}

}  // namespace
}  // namespace lawine
