#include "services/common/silence_limit.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "lawine/v1/changes.grpc.pb.h"
#include "services/common/errors.h"
#include "services/common/rpc.h"
#include "tests/support/patience.h"

namespace lawine {
namespace {

using Response = v1::ApplyChangesResponse;
using Request = v1::ApplyChangesRequest;

// Answers every message, each after `work`.
class Listener final : public v1::ChangeService::Service {
 public:
  Listener(absl::Duration silence_max, absl::Duration work) : silence_max_(silence_max), work_(work) {}
  grpc::Status ApplyChanges(grpc::ServerContext* context,
                            grpc::ServerReaderWriter<Response, Request>* stream) override {
    SilenceLimit silence(*context, "say something", silence_max_);
    Request request;
    while (silence.Read(*stream, request)) {
      absl::SleepFor(work_);
      stream->Write(Response());
    }
    return ToGrpc(silence.status());
  }

 private:
  const absl::Duration silence_max_;
  const absl::Duration work_;
};

// One call of a service, and the service's server.
class OneCall {
 protected:
  OneCall(v1::ChangeService::Service& service, absl::Duration timeout)
      : bound_(*StartServer({.address = "127.0.0.1:0"}, {&service})) {
    SetDeadline(context_, timeout);
    stream_ = stub_->ApplyChanges(&context_);
  }
  ~OneCall() { StopServer(*bound_.server, absl::ZeroDuration()); }

  const BoundServer bound_;
  const std::unique_ptr<v1::ChangeService::Stub> stub_ =
      v1::ChangeService::NewStub(OpenChannel(bound_.address));
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<Request, Response>> stream_;
};

class Speaker : public OneCall {
 public:
  explicit Speaker(Listener& listener) : OneCall(listener, absl::Minutes(2)) {}

  void Say() { EXPECT_TRUE(stream_->Write(Request())); }
  void SayNoMore() { EXPECT_TRUE(stream_->WritesDone()); }
  bool Hear() {
    Response response;
    return stream_->Read(&response);
  }
  grpc::Status End() { return stream_->Finish(); }
};

TEST(SilenceLimitTest, WhoSaysNothingIsTold) {
  Listener listener(absl::Milliseconds(200), absl::ZeroDuration());
  Speaker speaker(listener);
  EXPECT_FALSE(speaker.Hear());
  const grpc::Status status = speaker.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << status.error_message();
  EXPECT_EQ(status.error_message(), "nothing has come for 0.2 s: say something");
}

// Waits for the first message only.
class FirstReader final : public v1::ChangeService::Service {
 public:
  grpc::Status ApplyChanges(grpc::ServerContext* context,
                            grpc::ServerReaderWriter<Response, Request>* stream) override {
    SilenceLimit silence(*context);
    Request request;
    return ToGrpc(silence.ReadFirst(*stream, request, "a word"));
  }
};

class SilentCall : public OneCall {
 public:
  explicit SilentCall(FirstReader& reader) : OneCall(reader, absl::Minutes(2)) {}
  grpc::Status End() {
    stream_->WritesDone();
    return stream_->Finish();
  }
};

TEST(SilenceLimitTest, WhoEndsBeforeAnythingWasSaidIsToldWhatWasExpected) {
  FirstReader reader;
  const grpc::Status status = SilentCall(reader).End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "part: expected a word first, found the end");
}

TEST(SilenceLimitTest, AlsoLater) {
  Listener listener(absl::Seconds(kWaitFactor), absl::ZeroDuration());
  Speaker speaker(listener);
  speaker.Say();
  EXPECT_TRUE(speaker.Hear());
  EXPECT_FALSE(speaker.Hear());
  EXPECT_EQ(speaker.End().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

// Sends parts for as long as they go through.
class Talker final : public v1::ChangeService::Service {
 public:
  Talker(absl::Duration unread_max, bool wanted) : unread_max_(unread_max), wanted_(wanted) {}
  grpc::Status ApplyChanges(grpc::ServerContext* context,
                            grpc::ServerReaderWriter<Response, Request>* stream) override {
    SilenceLimit silence(*context, "", SilenceLimit::kSilenceMax, unread_max_);
    Response part;
    part.set_request_id(std::string(kStreamPartBytes, 'x'));
    for (int i = 0; i < kPartsMax && silence.Write(*stream, part, [this] { return wanted_; }); ++i) {
    }
    ended_.set_value(silence.status());
    return ToGrpc(silence.status());
  }
  absl::Status AwaitEnd() { return ended_.get_future().get(); }

  static constexpr int kPartsMax = 1'000;

 private:
  const absl::Duration unread_max_;
  const bool wanted_;
  std::promise<absl::Status> ended_;
};

// A call of which nobody reads what comes.
class Unread : public OneCall {
 public:
  explicit Unread(Talker& talker) : OneCall(talker, absl::Minutes(5)) {}
  ~Unread() { context_.TryCancel(); }
  // All that was sent.
  grpc::Status Read() {
    Response response;
    while (stream_->Read(&response)) {
    }
    return stream_->Finish();
  }
};

TEST(UnreadStreamTest, IsEndedAndTold) {
  Talker talker(absl::Milliseconds(200), /*wanted=*/false);
  Unread unread(talker);
  const absl::Status ended = talker.AwaitEnd();
  EXPECT_TRUE(absl::IsDeadlineExceeded(ended)) << ended;
  EXPECT_EQ(ended.message(),
            "what was sent has not been read for 0.2 s: expected a caller that reads; repeat the call");
  EXPECT_EQ(unread.Read().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST(UnreadStreamTest, IsEndedSoonerWhereOthersWaitForIt) {
  Talker talker(absl::Hours(1), /*wanted=*/true);
  Unread unread(talker);
  const absl::Status ended = talker.AwaitEnd();
  EXPECT_TRUE(absl::IsUnavailable(ended)) << ended;
}

TEST(UnreadStreamTest, OneThatIsReadGoesOn) {
  Talker talker(absl::Seconds(30), /*wanted=*/true);
  Unread unread(talker);
  const grpc::Status status = unread.Read();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(talker.AwaitEnd().ok());
}

// What has come waits for the server, not the other way round.
TEST(SilenceLimitTest, TheServersOwnTimeDoesNotCount) {
  Listener listener(absl::Seconds(kWaitFactor), absl::Seconds(kWaitFactor + 1));
  Speaker speaker(listener);
  for (int i = 0; i < 2; ++i) speaker.Say();
  speaker.SayNoMore();
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(speaker.Hear()) << i;
  EXPECT_FALSE(speaker.Hear());
  const grpc::Status status = speaker.End();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

}  // namespace
}  // namespace lawine
