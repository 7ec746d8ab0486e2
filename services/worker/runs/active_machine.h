// A machine that runs here, what it stands on, and a way to wait for it: the same for runs and for traffic.
#ifndef LAWINE_SERVICES_WORKER_RUNS_ACTIVE_MACHINE_H_
#define LAWINE_SERVICES_WORKER_RUNS_ACTIVE_MACHINE_H_

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/limits.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/spread/frame.h"
#include "services/worker/runs/peer_links.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {

// Where frames of one attempt at a run go.
class FrameSink {
 public:
  explicit FrameSink(RunAttempt attempt) : attempt_(attempt) {}
  virtual ~FrameSink() = default;
  RunAttempt attempt() const { return attempt_; }
  // From any thread: frames have come. Those for other runs are dropped.
  virtual void OnFrames(std::span<const std::string_view> frames) = 0;

 private:
  const RunAttempt attempt_;
};

template <class Machine>
class ActiveMachine : public FrameSink {
 public:
  using Make = std::function<std::unique_ptr<Machine>(std::vector<const ShardImage*> shards,
                                                      std::function<void(std::string frame)> send)>;

  ActiveMachine(RunAttempt attempt, Images images, RunPeers peers, const Make& make)
      : FrameSink(attempt), images_(std::move(images)), peers_(std::move(peers)) {
    std::vector<const ShardImage*> shards;
    for (const auto& image : images_) shards.push_back(image.get());
    machine_ = make(std::move(shards), [this](std::string frame) { Collect(std::move(frame)); });
  }

  Machine& machine() { return *machine_; }
  const Images& images() const { return images_; }

  void OnFrames(std::span<const std::string_view> frames) override {
    absl::Status status;
    for (const std::string_view frame : frames) status.Update(machine_->Receive(frame));
    MutexLock lock(mutex_);
    if (!status.ok() && receive_status_.ok()) receive_status_ = std::move(status);
    changed_.NotifyAll();
  }
  // From any thread: there may be something to do.
  void Notify() {
    MutexLock lock(mutex_);
    changed_.NotifyAll();
  }

  // What turn(machine) sends goes out with its end. Driving thread only.
  template <class Turn>
  absl::Status Take(Turn&& turn) {
    LAWINE_RETURN_IF_ERROR(turn(*machine_));
    Flush();
    return send_status_;
  }
  // Waits until the machine can go on, or is done. False when `timeout` passed first, or what went wrong.
  absl::StatusOr<bool> WaitReady(absl::Duration timeout) {
    const absl::Time end = absl::Now() + timeout;
    MutexLock lock(mutex_);
    for (;;) {
      LAWINE_RETURN_IF_ERROR(receive_status_);
      if (machine_->done() || machine_->Ready()) return true;
      const absl::Duration left = end - absl::Now();
      if (left <= absl::ZeroDuration()) {
        // Others may wait for what was lost with a stream, and nobody would send any more.
        LAWINE_RETURN_IF_ERROR(peers_.status());
        return false;
      }
      changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
    }
  }

 private:
  void Collect(std::string frame) {
    frame_bytes_ += frame.size();
    frames_.push_back(std::move(frame));
    if (frame_bytes_ >= limits::kFramePayloadBytesMax) Flush();
  }
  void Flush() {
    if (!frames_.empty() && send_status_.ok()) send_status_ = peers_.Send(std::exchange(frames_, {}));
    frame_bytes_ = 0;
  }

  const Images images_;
  const RunPeers peers_;
  // Driving thread only.
  std::vector<std::string> frames_;  // of this turn, to be sent together
  std::size_t frame_bytes_ = 0;
  absl::Status send_status_;
  std::unique_ptr<Machine> machine_;
  Mutex mutex_;
  CondVar changed_;
  absl::Status receive_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_RUNS_ACTIVE_MACHINE_H_
