#include "services/worker/run_host.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

std::vector<const ShardImage*> Pointers(const Images& images) {
  std::vector<const ShardImage*> pointers;
  for (const auto& image : images) pointers.push_back(image.get());
  return pointers;
}

}  // namespace

ActiveRun::ActiveRun(RunSpec spec, Images images, SendFrames send)
    : spec_(std::move(spec)),
      images_(std::move(images)),
      send_(std::move(send)),
      machine_(spec_, images_[0]->graph().partition, Pointers(images_),
               [this](std::string frame) { Collect(std::move(frame)); }) {}

void ActiveRun::Collect(std::string frame) {
  frame_bytes_ += frame.size();
  frames_.push_back(std::move(frame));
  if (frame_bytes_ >= limits::kFramePayloadBytesMax) Flush();
}

void ActiveRun::Flush() {
  if (!frames_.empty() && send_status_.ok()) send_status_ = send_(std::exchange(frames_, {}));
  frame_bytes_ = 0;
}

void ActiveRun::OnFrames(std::span<const std::string_view> frames) {
  absl::Status status;
  for (const std::string_view frame : frames) status.Update(machine_.Receive(frame));
  MutexLock lock(mutex_);
  if (!status.ok() && receive_status_.ok()) receive_status_ = std::move(status);
  changed_.NotifyAll();
}

absl::Status ActiveRun::Step(bool start, Executor& executor) {
  LAWINE_RETURN_IF_ERROR(start ? machine_.Start(executor) : machine_.Advance(executor));
  Flush();
  return send_status_;
}

absl::StatusOr<bool> ActiveRun::WaitReady(absl::Duration timeout) {
  const absl::Time end = absl::Now() + timeout;
  MutexLock lock(mutex_);
  for (;;) {
    LAWINE_RETURN_IF_ERROR(receive_status_);
    if (machine_.Ready()) return true;
    const absl::Duration left = end - absl::Now();
    if (left <= absl::ZeroDuration()) return false;
    changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
  }
}

absl::Status RunHost::Add(const std::shared_ptr<ActiveRun>& run) {
  MutexLock lock(mutex_);
  if (runs_.size() >= kRunsMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("this worker takes part in ", kRunsMax, " runs already: try later"));
  }
  if (!runs_.emplace(run->spec().run_id, run).second) {
    return absl::AlreadyExistsError(absl::StrCat("run ", run->spec().run_id, " is going on already"));
  }
  return absl::OkStatus();
}

void RunHost::Remove(std::uint64_t run_id) {
  MutexLock lock(mutex_);
  runs_.erase(run_id);
}

std::size_t RunHost::runs_count() const {
  MutexLock lock(mutex_);
  return runs_.size();
}

void RunHost::Deliver(std::span<const std::string_view> frames) {
  const auto run_id = frames.empty() ? std::nullopt : RunOfFrame(frames[0]);
  std::shared_ptr<ActiveRun> run;
  {
    MutexLock lock(mutex_);
    const auto it = runs_.find(run_id.value_or(0));
    if (it == runs_.end()) return;
    run = it->second;
  }
  run->OnFrames(frames);
}

void RunHost::Keep(KeptReceipts receipts) {
  DropReceipts(receipts.run_id);
  MutexLock lock(mutex_);
  receipts_.push_back(std::make_shared<const KeptReceipts>(std::move(receipts)));
  if (receipts_.size() > kReceiptsKept) receipts_.pop_front();
}

std::shared_ptr<const KeptReceipts> RunHost::FindReceipts(std::uint64_t run_id) const {
  MutexLock lock(mutex_);
  for (const auto& kept : receipts_) {
    if (kept->run_id == run_id) return kept;
  }
  return nullptr;
}

void RunHost::DropReceipts(std::uint64_t run_id) {
  MutexLock lock(mutex_);
  std::erase_if(receipts_, [run_id](const auto& kept) { return kept->run_id == run_id; });
}

void RunHost::DropReceiptsOf(const std::string& graph) {
  MutexLock lock(mutex_);
  std::erase_if(receipts_,
                [&graph](const auto& kept) { return kept->shards[0]->manifest().graph.name == graph; });
}

}  // namespace lawine
