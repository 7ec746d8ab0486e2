#include "services/coordinator/runs/run_receipts.h"

#include <spdlog/spdlog.h>

#include "absl/cleanup/cleanup.h"
#include "services/common/rpc.h"
#include "services/coordinator/workers/fan_out.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kReadTimeout = absl::Hours(1);
constexpr absl::Duration kForgetTimeout = absl::Seconds(10);

}  // namespace

absl::Status ReadReceipts(const WorkerHandle& worker, std::uint64_t run_id, std::uint32_t message,
                          const std::function<bool(const pb::ListReceiptsResponse&)>& write,
                          Cancellation& cancellation, Cancellation* lease) {
  grpc::ClientContext context;
  SetDeadline(context, kReadTimeout);
  cancellation.Add(&context);
  if (lease != nullptr) lease->Add(&context);
  const absl::Cleanup remove = [&] {
    cancellation.Remove(&context);
    if (lease != nullptr) lease->Remove(&context);
  };
  pbi::ReadReceiptsRequest request;
  request.set_run_id(run_id);
  request.set_message(message);
  const auto reader = worker.stub->ReadReceipts(&context, request);
  pbi::ReadReceiptsResponse part;
  while (reader->Read(&part)) {
    pb::ListReceiptsResponse response;
    response.mutable_members()->Swap(part.mutable_members());
    response.mutable_receipt_steps()->Swap(part.mutable_receipt_steps());
    response.mutable_forward_steps_plus_one()->Swap(part.mutable_forward_steps_plus_one());
    response.mutable_numbers()->Swap(part.mutable_numbers());
    response.mutable_senders_plus_one()->Swap(part.mutable_senders_plus_one());
    response.mutable_deliveries()->Swap(part.mutable_deliveries());
    response.mutable_networks()->Swap(part.mutable_networks());
    response.mutable_account_kinds()->Swap(part.mutable_account_kinds());
    response.mutable_communities()->Swap(part.mutable_communities());
    if (write(response)) continue;
    context.TryCancel();
    reader->Finish();
    return absl::CancelledError("the reader is gone");
  }
  return worker.Said(reader->Finish());
}

void ForgetReceipts(std::span<const WorkerHandle> workers, std::uint64_t run_id) {
  pbi::DropRunRequest request;
  request.set_run_id(run_id);
  const absl::Status told = AskAll(workers, &WorkerStub::DropRun, request, kForgetTimeout).status();
  if (!told.ok()) {
    spdlog::warn("receipts of run {} may be kept a while longer: {}", run_id, std::string(told.message()));
  }
}

}  // namespace lawine
