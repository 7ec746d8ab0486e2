#include "services/worker/runs/run_host.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/worker/runs/planned_part.h"

namespace lawine {
namespace {

// Attempts of which frames are kept.
constexpr std::size_t kEarlyAttemptsMax = 4096;
// Attempts of which it is known that frames are not.
constexpr std::size_t kLostAttemptsMax = 16 * kEarlyAttemptsMax;
// Bringing a graph into memory may take as long as others wait for frames.
constexpr absl::Duration kEarlyKept = kStepTimeout;

}  // namespace

Listed::~Listed() { runs_.Remove(attempt_); }

absl::Status RunHost::Add(const std::shared_ptr<FrameSink>& run) {
  MutexLock lock(mutex_);
  if (closed_) return absl::UnavailableError("it is stopping and takes part in nothing new: try again");
  if (runs_.size() >= kRunsMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("this worker takes part in ", kRunsMax, " runs already: try later"));
  }
  const RunAttempt wanted = run->attempt();
  const auto later = runs_.lower_bound(wanted);
  if (later != runs_.end() && later->first.run == wanted.run) {
    return absl::FailedPreconditionError(absl::StrCat("attempt ", wanted.attempt, " at run ", wanted.run,
                                                      " is over: attempt ", later->first.attempt,
                                                      " has begun"));
  }
  if (const auto early = early_.find(wanted); early != early_.end()) {
    if (early->second.lost) {
      return absl::UnavailableError(
          absl::StrCat("what came of run ", wanted.run, " before it began is not all kept: begin it again"));
    }
    const std::vector<std::string_view> frames(early->second.frames.begin(), early->second.frames.end());
    run->OnFrames(frames);  // before anything that comes from now on
    early_bytes_ -= early->second.bytes;
    early_.erase(early);
  }
  runs_.emplace(wanted, run);
  return absl::OkStatus();
}

// Those of lower numbers, which began before, make room first: that something of theirs is lost stays known.
void RunHost::KeepEarly(RunAttempt attempt, std::span<const std::string_view> frames, absl::Time now) {
  const auto [it, is_new] = early_.try_emplace(attempt);
  Early& early = it->second;
  if (is_new) {
    early.since = now;
    early_order_.push_back(attempt);
  }
  for (const std::string_view frame : frames) {
    if (early.lost) break;
    early.bytes += frame.size();
    early_bytes_ += frame.size();
    early.frames.emplace_back(frame);
  }
  if (early.bytes > limits::kEarlyBytesOfRunMax) LoseEarly(attempt, early);
  for (auto old = early_.begin(); early_bytes_ > limits::kEarlyBytesMax && old != early_.end(); ++old) {
    if (old->second.bytes > 0) LoseEarly(old->first, old->second);
  }
  LoseOldest(now);
}

void RunHost::LoseEarly(RunAttempt attempt, Early& early) {
  early_bytes_ -= early.bytes;
  early = {.frames = {}, .lost = true, .since = early.since};
  lost_order_.push_back(attempt);
}

// A run that began without its first frames would wait for them: those that are too old are lost, not
// forgotten. What is known to be lost is forgotten oldest first, and only for want of room.
void RunHost::LoseOldest(absl::Time now) {
  while (!early_order_.empty()) {
    const auto oldest = early_.find(early_order_.front());
    const bool waits = oldest != early_.end() && !oldest->second.lost;
    const bool is_room = early_.size() - lost_order_.size() <= kEarlyAttemptsMax;
    if (waits && is_room && now - oldest->second.since <= kEarlyKept) break;
    if (waits) LoseEarly(oldest->first, oldest->second);
    early_order_.pop_front();
  }
  for (; lost_order_.size() > kLostAttemptsMax; lost_order_.pop_front()) early_.erase(lost_order_.front());
}

void RunHost::Remove(RunAttempt attempt) {
  MutexLock lock(mutex_);
  runs_.erase(attempt);
  if (runs_.empty()) changed_.NotifyAll();
}

void RunHost::Close() {
  MutexLock lock(mutex_);  // what is being added is added, or finds it closed
  closed_ = true;
}

bool RunHost::WaitIdle(absl::Time end) const {
  MutexLock lock(mutex_);
  for (absl::Duration left = end - absl::Now(); !runs_.empty() && left > absl::ZeroDuration();
       left = end - absl::Now()) {
    changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
  }
  return runs_.empty();
}

std::size_t RunHost::runs_count() const {
  MutexLock lock(mutex_);
  return runs_.size();
}

void RunHost::Deliver(std::span<const std::string_view> frames, absl::Time now) {
  const auto attempt = frames.empty() ? std::nullopt : RunOfFrame(frames[0]);
  std::shared_ptr<FrameSink> run;
  {
    MutexLock lock(mutex_);
    if (!attempt.has_value()) return;
    const auto it = runs_.find(*attempt);
    if (it == runs_.end()) return KeepEarly(*attempt, frames, now);
    run = it->second;
  }
  run->OnFrames(frames);
}

void RunHost::KeepLast(std::shared_ptr<const KeptReceipts> receipts, std::size_t most, ReceiptsByAge& kept) {
  kept.push_back(std::move(receipts));
  if (kept.size() > most) kept.pop_front();
}

void RunHost::Keep(KeptReceipts receipts) {
  DropReceipts(receipts.run_id);
  auto kept = std::make_shared<const KeptReceipts>(std::move(receipts));
  MutexLock lock(mutex_);
  if (kept->awaited) return KeepLast(std::move(kept), limits::kRunsAtOnceMax, awaited_);
  KeepLast(std::move(kept), kReceiptsKept, receipts_);
}

void RunHost::NoteRead(std::uint64_t run_id) {
  MutexLock lock(mutex_);
  const auto read = std::find_if(awaited_.begin(), awaited_.end(),
                                 [run_id](const auto& kept) { return kept->run_id == run_id; });
  if (read == awaited_.end()) return;
  KeepLast(*read, kReceiptsKept, receipts_);
  awaited_.erase(read);
}

std::shared_ptr<const KeptReceipts> RunHost::FindReceipts(std::uint64_t run_id) const {
  MutexLock lock(mutex_);
  for (const ReceiptsByAge* const all : {&receipts_, &awaited_}) {
    for (const auto& kept : *all) {
      if (kept->run_id == run_id) return kept;
    }
  }
  return nullptr;
}

void RunHost::DropReceipts(std::uint64_t run_id) {
  const auto of_run = [run_id](const auto& kept) { return kept->run_id == run_id; };
  MutexLock lock(mutex_);
  std::erase_if(receipts_, of_run);
  std::erase_if(awaited_, of_run);
}

void RunHost::DropReceiptsOf(const std::string& graph) {
  const auto of_graph = [&graph](const auto& kept) {
    return kept->shards[0]->manifest().graph.name == graph;
  };
  MutexLock lock(mutex_);
  std::erase_if(receipts_, of_graph);
  std::erase_if(awaited_, of_graph);
}

}  // namespace lawine
