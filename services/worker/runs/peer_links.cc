#include "services/worker/runs/peer_links.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "services/common/rpc.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;
constexpr absl::Duration kConnectTimeout = absl::Seconds(5);
// A peer that is alive and takes nothing for this long will not.
constexpr absl::Duration kSendTimeout = absl::Minutes(5);

}  // namespace

// A stream, driven by gRPC's own threads: Send only waits while the message before is still on its way.
// REQUIRES: is over before it goes, and is not let go by one of gRPC's threads. With the last channel of a
// process that thread, in gRPC 1.51, ends the queue that it is still reading from.
class PeerLinks::Link final : public PeerLink, private grpc::ClientWriteReactor<pbi::ExchangeRequest> {
 public:
  Link(std::string node_id, std::string address, const std::shared_ptr<grpc::ChannelCredentials>& credentials)
      : node_id_(std::move(node_id)),
        address_(std::move(address)),
        channel_(OpenChannel(address_, credentials)),
        stub_(pbi::ExchangeService::NewStub(channel_)) {}

  absl::Status Open() {
    if (!channel_->WaitForConnected(absl::ToChronoTime(absl::Now() + kConnectTimeout))) {
      return Gone("does not answer");
    }
    MutexLock lock(mutex_);
    over_ = false;
    stub_->async()->Exchange(&context_, &response_, this);
    AddHold();  // messages come from other threads than gRPC's
    StartCall();
    return absl::OkStatus();
  }

  absl::Status Send(std::shared_ptr<const pbi::ExchangeRequest> frames) override {
    const absl::Time end = absl::Now() + kSendTimeout;
    MutexLock lock(mutex_);
    while (in_flight_ != nullptr && !broken_) {
      const absl::Duration left = end - absl::Now();
      if (left <= absl::ZeroDuration()) return Gone("does not read what it is sent");
      changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
    }
    LAWINE_RETURN_IF_ERROR(StatusLocked());
    in_flight_ = std::move(frames);
    StartWrite(in_flight_.get());
    return absl::OkStatus();
  }

  absl::Status status() const override {
    MutexLock lock(mutex_);
    return StatusLocked();
  }

  // Ends the stream; no Send succeeds after it.
  void Cancel(bool stopping = false) {
    context_.TryCancel();
    MutexLock lock(mutex_);
    broken_ = true;
    stopping_ = stopping_ || stopping;
    changed_.NotifyAll();
    if (!over_ && !std::exchange(released_, true)) RemoveHold();
  }
  // Nothing of gRPC uses it any more.
  bool Over() const {
    MutexLock lock(mutex_);
    return over_;
  }
  // Soon, once it is cancelled.
  void AwaitOver() {
    MutexLock lock(mutex_);
    while (!over_) changed_.Wait(mutex_);
  }
  // A peer that was restarted has dropped the connection, which shows here before the next Send finds out.
  bool Serves() const {
    MutexLock lock(mutex_);
    return !broken_ && channel_->GetState(false) == GRPC_CHANNEL_READY;
  }
  bool Serves(const std::string& address) const { return address == address_ && Serves(); }

  // The peer says nothing before its end of the stream, so that this is the end, whoever made it. OnDone is
  // held back while messages may come.
  void OnReadInitialMetadataDone(bool) override {
    MutexLock lock(mutex_);
    broken_ = true;
    changed_.NotifyAll();
  }
  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    in_flight_.reset();
    if (!ok) broken_ = true;
    changed_.NotifyAll();
  }
  void OnDone(const grpc::Status&) override {
    MutexLock lock(mutex_);
    broken_ = true;
    over_ = true;
    changed_.NotifyAll();
  }

 private:
  absl::Status StatusLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (stopping_) return absl::UnavailableError("this worker is stopping");
    return broken_ ? Gone("has closed its stream") : absl::OkStatus();
  }
  absl::Status Gone(const char* what) const {
    return absl::UnavailableError(absl::StrCat("worker ", node_id_, " at ", address_, " ", what));
  }

  const std::string node_id_;
  const std::string address_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<pbi::ExchangeService::Stub> stub_;
  grpc::ClientContext context_;
  pbi::ExchangeResponse response_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::shared_ptr<const pbi::ExchangeRequest> in_flight_ ABSL_GUARDED_BY(mutex_);
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;  // this worker is
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = true;
};

PeerLinks::PeerLinks(std::shared_ptr<grpc::ChannelCredentials> credentials)
    : credentials_(std::move(credentials)) {}

PeerLinks::~PeerLinks() {
  Close();
  MutexLock lock(mutex_);
  for (const auto& [node_id, link] : links_) link->AwaitOver();
  for (const auto& link : ended_) link->AwaitOver();
}

absl::StatusOr<std::shared_ptr<PeerLink>> PeerLinks::Connect(const std::string& node_id,
                                                             const std::string& address) {
  {
    MutexLock lock(mutex_);
    const auto it = links_.find(node_id);
    if (it != links_.end() && it->second->Serves(address)) return it->second;
  }
  auto link = std::make_shared<Link>(node_id, address, credentials_);
  if (absl::Status status = link->Open(); !status.ok()) return status;
  MutexLock lock(mutex_);
  auto& place = links_[node_id];
  // Somebody else may have connected meanwhile; one stream is enough.
  const bool served = place != nullptr && place->Serves(address);
  if (std::shared_ptr<Link> unused = served ? std::move(link) : std::exchange(place, std::move(link));
      unused != nullptr) {
    End(std::move(unused));
  }
  const std::shared_ptr<PeerLink> connected = place;
  std::erase_if(links_, [this](const auto& other) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (other.second->Serves()) return false;
    End(other.second);
    return true;
  });
  // Who uses one last is to be this: see Link.
  std::erase_if(ended_, [](const auto& some) { return some->Over() && some.use_count() == 1; });
  return connected;
}

void PeerLinks::End(std::shared_ptr<Link> link) {
  link->Cancel();
  ended_.push_back(std::move(link));
}

std::size_t PeerLinks::links_count() const {
  MutexLock lock(mutex_);
  return links_.size();
}

void PeerLinks::Close() {
  MutexLock lock(mutex_);
  for (const auto& [node_id, link] : links_) link->Cancel(true);
}

}  // namespace lawine
