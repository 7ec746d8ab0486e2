#include "services/worker/peer_links.h"

#include <atomic>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/rpc.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;
constexpr absl::Duration kConnectTimeout = absl::Seconds(5);

}  // namespace

class PeerLinks::Link {
 public:
  Link(std::string node_id, std::string address)
      : node_id_(std::move(node_id)),
        address_(std::move(address)),
        channel_(OpenChannel(address_)),
        stub_(pbi::ExchangeService::NewStub(channel_)) {}
  ~Link() {
    MutexLock lock(mutex_);
    if (writer_ == nullptr) return;
    context_.TryCancel();
    writer_->Finish();
  }

  absl::Status Open() {
    if (!channel_->WaitForConnected(absl::ToChronoTime(absl::Now() + kConnectTimeout))) {
      return Gone("does not answer");
    }
    MutexLock lock(mutex_);
    writer_ = stub_->Exchange(&context_, &response_);
    return absl::OkStatus();
  }

  absl::Status Send(const pbi::ExchangeRequest& frames) {
    MutexLock lock(mutex_);
    if (!broken_ && writer_->Write(frames)) return absl::OkStatus();
    if (cancelled_) return absl::UnavailableError("this worker is stopping");
    broken_ = true;
    return Gone("has closed its stream");
  }

  void Cancel() {
    cancelled_ = true;
    context_.TryCancel();
  }
  // A peer that was restarted has dropped the connection, which shows here before the next Write finds out.
  bool Serves(const std::string& address) const {
    return address == address_ && !broken_ && channel_->GetState(false) == GRPC_CHANNEL_READY;
  }

 private:
  absl::Status Gone(const char* what) const {
    return absl::UnavailableError(absl::StrCat("worker ", node_id_, " at ", address_, " ", what));
  }

  const std::string node_id_;
  const std::string address_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<pbi::ExchangeService::Stub> stub_;
  std::atomic<bool> broken_{false};
  std::atomic<bool> cancelled_{false};  // by us
  grpc::ClientContext context_;
  Mutex mutex_;
  pbi::ExchangeResponse response_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::ClientWriter<pbi::ExchangeRequest>> writer_ ABSL_GUARDED_BY(mutex_);
};

PeerLinks::PeerLinks() = default;
PeerLinks::~PeerLinks() = default;

absl::Status PeerLinks::Connect(const std::string& node_id, const std::string& address) {
  {
    MutexLock lock(mutex_);
    const auto it = links_.find(node_id);
    if (it != links_.end() && it->second->Serves(address)) return absl::OkStatus();
  }
  auto link = std::make_shared<Link>(node_id, address);
  if (absl::Status status = link->Open(); !status.ok()) return status;
  MutexLock lock(mutex_);
  auto& place = links_[node_id];
  // Somebody else may have connected meanwhile; one stream is enough.
  if (place == nullptr || !place->Serves(address)) place = std::move(link);
  return absl::OkStatus();
}

absl::Status PeerLinks::Send(const std::string& node_id, const pbi::ExchangeRequest& frames) {
  std::shared_ptr<Link> link;
  {
    MutexLock lock(mutex_);
    link = links_.at(node_id);
  }
  return link->Send(frames);
}

void PeerLinks::Close() {
  MutexLock lock(mutex_);
  for (const auto& [node_id, link] : links_) link->Cancel();
}

}  // namespace lawine
