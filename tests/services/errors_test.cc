// Errors as they arrive at a caller, over a connection.
#include "services/common/errors.h"

#include <gmock/gmock.h>

#include <memory>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/common/rpc.h"
#include "services/coordinator/graphs/graphs.h"
#include "tests/services/memory_registry.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;

// Answers with one error.
class Refuser final : public pbi::RegistryService::Service {
 public:
  explicit Refuser(absl::Status error)
      : error_(std::move(error)), bound_(*StartServer({.address = "127.0.0.1:0"}, {this})) {}
  ~Refuser() override { StopServer(*bound_.server, absl::ZeroDuration()); }

  grpc::Status Register(grpc::ServerContext*, const pbi::RegisterRequest*, pbi::RegisterResponse*) override {
    return WithRequestId(ToGrpc(error_), std::string(64, 'r'));
  }
  grpc::Status Call() const {
    const auto stub = pbi::RegistryService::NewStub(OpenChannel(bound_.address));
    grpc::ClientContext context;
    SetDeadline(context, absl::Seconds(20));
    pbi::RegisterResponse response;
    return stub->Register(&context, pbi::RegisterRequest(), &response);
  }

 private:
  const absl::Status error_;
  const BoundServer bound_;
};

absl::Status Arrived(const absl::Status& error) { return FromGrpc(Refuser(error).Call()); }

std::string Repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(ErrorsTest, LongTextsArriveShortAndNothingElseIsLost) {
  for (const std::string letter : {"x", "\xC3\xA9", "\xE2\x82\xAC", "\n"}) {
    const std::string text = Repeated(letter, 20'000);
    const absl::Status found =
        Arrived(WithRetry(WithReason(absl::UnavailableError(text), "AWAY"), absl::Seconds(1)));
    EXPECT_TRUE(absl::IsUnavailable(found)) << found.code();
    EXPECT_EQ(ReasonOf(found), "AWAY");
    EXPECT_THAT(std::string(found.message()), EndsWith(letter + "..."));
    EXPECT_LE(found.message().size(), 1'000u);
    EXPECT_EQ((found.message().size() - 3) % letter.size(), 0u) << "half a letter";
  }
}

TEST(ErrorsTest, LongFieldsArriveToo) {
  const Refuser refuser(FieldError(Repeated("field.", 2'000), Repeated("\xC3\xA9", 20'000)));
  const grpc::Status status = refuser.Call();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(FromGrpc(status)), "INVALID_FIELD");
  EXPECT_THAT(FieldViolations(status), SizeIs(1));
}

// Only what nobody foresaw is INTERNAL.
TEST(ErrorsTest, EveryCodeHasAReasonOfItsOwn) {
  std::set<std::string> reasons;
  for (int code = 1; code <= 16; ++code) {
    const absl::Status error(static_cast<absl::StatusCode>(code), "no");
    const bool unforeseen = absl::IsUnknown(error) || absl::IsInternal(error);
    EXPECT_EQ(ReasonOf(error) == "INTERNAL", unforeseen) << error;
    EXPECT_TRUE(unforeseen || reasons.insert(ReasonOf(error)).second) << error;
  }
}

TEST(ErrorsTest, ShortTextsArriveWhole) {
  const std::string text(1'000, 'x');
  EXPECT_EQ(Arrived(absl::NotFoundError(text)).message(), text);
  EXPECT_EQ(Arrived(FieldError("field", "is wrong")).message(), "field: is wrong");
}

TEST(ErrorsTest, WhatIsNotAmongManyGraphsIsNotFound) {
  MemoryRegistry registry;
  WorkerDirectory workers;
  ThreadPool pool(1);
  Graphs graphs(registry, workers, pool);
  for (int i = 100; i < 300; ++i) {
    pbi::GraphRecord record;
    record.mutable_info()->set_name(absl::StrCat(std::string(60, 'g'), i));
    ASSERT_TRUE(graphs.Update(record, {}).ok());
  }
  const absl::Status error = graphs.Find("h").status();
  EXPECT_THAT(std::string(error.message()), HasSubstr("ggg100, "));
  EXPECT_THAT(std::string(error.message()), EndsWith(" more"));
  const absl::Status found = Arrived(error);
  EXPECT_EQ(found.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(found), "NOT_FOUND");
  EXPECT_EQ(found.message(), error.message());
}

TEST(ErrorsTest, ManyShardsThatAreMissingAreCounted) {
  Placement placement;
  for (std::uint32_t shard = 0; shard < 4'000; ++shard) {
    placement.missing.push_back(shard);
    placement.problems.push_back(absl::StrCat("shard ", shard, " on worker w-1: its files are damaged"));
  }
  const absl::Status found = Arrived(placement.Check("g"));
  EXPECT_TRUE(absl::IsUnavailable(found));
  EXPECT_THAT(std::string(found.message()), HasSubstr("shards 0, 1, 2"));
  EXPECT_THAT(std::string(found.message()), EndsWith("make the graph again."));
}

TEST(ErrorsTest, AFieldThatCannotBeTakenNowHasItsPathAndItsCode) {
  const absl::Status found = Arrived(AboutField("a.b", absl::FailedPreconditionError("it is taken")));
  EXPECT_EQ(found.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(found.message(), "a.b: it is taken");
  EXPECT_EQ(FieldOf(found), "a.b");
  EXPECT_EQ(ReasonOf(found), "WRONG_STATE");
  EXPECT_EQ(AboutField("c", found).message(), "c: it is taken");
  EXPECT_EQ(FieldOf(InPart("in", found)), "in.a.b");
  EXPECT_EQ(InPart("in", found).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace lawine
