// gRPC's three C++ APIs at what workers do with them: four peers, each with a server and a stream to every
// other, exchange one frame each way and wait for all, as at the end of every step. One process, so times are
// those of gRPC and the loopback. The answer decides how services/worker/runs/peer_links.h is written.
#include <array>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "benchmark/benchmark.h"
#include "engine/base/check.h"
#include "engine/base/mutex.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/common/rpc.h"

namespace lawine::bench {
namespace {

namespace pbi = ::lawine::internal::v1;
constexpr std::size_t kPeers = 4;

// Counts: frames that came, writes that are done, streams that are open.
class Counter {
 public:
  void Add() {
    MutexLock lock(mutex_);
    ++count_;
    changed_.NotifyAll();
  }
  // Waits for `count` and takes them.
  void Take(std::size_t count) {
    MutexLock lock(mutex_);
    while (count_ < count) changed_.Wait(mutex_);
    count_ -= count;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::size_t count_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One worker's exchange. Each API has its own.
class Peer {
 public:
  virtual ~Peer() = default;
  const std::string& address() const { return address_; }
  virtual void Connect(const std::string& to) = 0;
  // To all that are connected.
  virtual void Send(const pbi::ExchangeRequest& frame) = 0;
  virtual void Close() = 0;
  Counter& received() { return received_; }

 protected:
  std::string address_;
  Counter received_;
};

class SyncPeer final : public Peer, private pbi::ExchangeService::Service {
 public:
  SyncPeer() : server_(*StartServer({.address = "127.0.0.1:0"}, {this})) { address_ = server_.address; }
  void Connect(const std::string& to) override {
    auto& stream = streams_.emplace_back(std::make_unique<Stream>());
    stream->stub = pbi::ExchangeService::NewStub(OpenChannel(to));
    stream->writer = stream->stub->Exchange(&stream->context, &stream->response);
  }
  void Send(const pbi::ExchangeRequest& frame) override {
    for (const auto& stream : streams_) LAWINE_CHECK(stream->writer->Write(frame));
  }
  void Close() override {
    for (const auto& stream : streams_) {
      stream->context.TryCancel();
      stream->writer->Finish();
    }
    StopServer(*server_.server, absl::Seconds(1));
  }

 private:
  struct Stream {
    std::unique_ptr<pbi::ExchangeService::Stub> stub;
    grpc::ClientContext context;
    pbi::ExchangeResponse response;
    std::unique_ptr<grpc::ClientWriter<pbi::ExchangeRequest>> writer;
  };
  grpc::Status Exchange(grpc::ServerContext*, grpc::ServerReader<pbi::ExchangeRequest>* reader,
                        pbi::ExchangeResponse*) override {
    pbi::ExchangeRequest frame;
    while (reader->Read(&frame)) received_.Add();
    return grpc::Status::OK;
  }
  BoundServer server_;
  std::vector<std::unique_ptr<Stream>> streams_;
};

class CallbackPeer final : public Peer, private pbi::ExchangeService::CallbackService {
 public:
  CallbackPeer() : server_(*StartServer({.address = "127.0.0.1:0"}, {this})) { address_ = server_.address; }
  void Connect(const std::string& to) override {
    auto& stream = streams_.emplace_back(std::make_unique<Stream>());
    stream->stub = pbi::ExchangeService::NewStub(OpenChannel(to));
    stream->stub->async()->Exchange(&stream->context, &stream->response, stream.get());
    stream->StartCall();
    stream->written.Add();
  }
  void Send(const pbi::ExchangeRequest& frame) override {
    for (const auto& stream : streams_) {
      stream->written.Take(1);
      stream->frame = frame;
      stream->StartWrite(&stream->frame);
    }
  }
  void Close() override {
    for (const auto& stream : streams_) {
      stream->written.Take(1);
      stream->context.TryCancel();
      stream->done.Take(1);
    }
    StopServer(*server_.server, absl::Seconds(1));
  }

 private:
  struct Stream final : grpc::ClientWriteReactor<pbi::ExchangeRequest> {
    void OnWriteDone(bool) override { written.Add(); }
    void OnDone(const grpc::Status&) override { done.Add(); }
    std::unique_ptr<pbi::ExchangeService::Stub> stub;
    grpc::ClientContext context;
    pbi::ExchangeResponse response;
    pbi::ExchangeRequest frame;
    Counter written, done;
  };
  class Reader final : public grpc::ServerReadReactor<pbi::ExchangeRequest> {
   public:
    explicit Reader(Counter& received) : received_(received) { StartRead(&frame_); }
    void OnReadDone(bool ok) override {
      if (!ok) return Finish(grpc::Status::OK);
      received_.Add();
      StartRead(&frame_);
    }
    void OnDone() override { delete this; }

   private:
    Counter& received_;
    pbi::ExchangeRequest frame_;
  };
  grpc::ServerReadReactor<pbi::ExchangeRequest>* Exchange(grpc::CallbackServerContext*,
                                                          pbi::ExchangeResponse*) override {
    return new Reader(received_);
  }
  BoundServer server_;
  std::vector<std::unique_ptr<Stream>> streams_;
};

// Tags are pointers to functions of what has come to pass; one thread a peer waits for them.
class QueuePeer final : public Peer {
 public:
  QueuePeer() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
    for (std::unique_ptr<Reader>& reader : readers_) {
      reader = std::make_unique<Reader>(received_);
      service_.RequestExchange(&reader->context, &reader->stream, queue_.get(), queue_.get(), reader.get());
    }
    thread_ = std::thread([this] {
      void* tag = nullptr;
      for (bool ok = false; queue_->Next(&tag, &ok);) static_cast<Tag*>(tag)->Done(ok);
    });
  }
  void Connect(const std::string& to) override {
    auto& writer = writers_.emplace_back(std::make_unique<Writer>());
    writer->stub = pbi::ExchangeService::NewStub(OpenChannel(to));
    writer->stream =
        writer->stub->AsyncExchange(&writer->context, &writer->response, queue_.get(), writer.get());
  }
  void Send(const pbi::ExchangeRequest& frame) override {
    for (const auto& writer : writers_) {
      writer->written.Take(1);
      writer->stream->Write(frame, writer.get());
    }
  }
  void Close() override {
    for (const auto& writer : writers_) {
      writer->written.Take(1);
      writer->context.TryCancel();
    }
    server_->Shutdown(std::chrono::system_clock::now());
    queue_->Shutdown();
    thread_.join();
  }

 private:
  struct Tag {
    virtual ~Tag() = default;
    virtual void Done(bool ok) = 0;
  };
  struct Writer final : Tag {
    void Done(bool) override { written.Add(); }
    std::unique_ptr<pbi::ExchangeService::Stub> stub;
    grpc::ClientContext context;
    pbi::ExchangeResponse response;
    std::unique_ptr<grpc::ClientAsyncWriter<pbi::ExchangeRequest>> stream;
    Counter written;
  };
  struct Reader final : Tag {
    explicit Reader(Counter& counter) : received(counter), stream(&context) {}
    void Done(bool ok) override {
      if (!ok) return;
      if (open) received.Add();
      open = true;
      stream.Read(&frame, this);
    }
    Counter& received;
    grpc::ServerContext context;
    grpc::ServerAsyncReader<pbi::ExchangeResponse, pbi::ExchangeRequest> stream;
    pbi::ExchangeRequest frame;
    bool open = false;
  };
  pbi::ExchangeService::AsyncService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::array<std::unique_ptr<Reader>, kPeers - 1> readers_;
  std::vector<std::unique_ptr<Writer>> writers_;
  std::thread thread_;
};

// All peers step together, a thread each, as workers do.
template <class AnyPeer>
void ExchangeRound(benchmark::State& state) {
  std::array<std::unique_ptr<Peer>, kPeers> peers;
  for (auto& peer : peers) peer = std::make_unique<AnyPeer>();
  for (auto& from : peers) {
    for (auto& to : peers) {
      if (from != to) from->Connect(to->address());
    }
  }
  pbi::ExchangeRequest frame;
  frame.add_frames(std::string(static_cast<std::size_t>(state.range(0)), 'f'));
  const auto step = [&](Peer& peer) {
    peer.Send(frame);
    peer.received().Take(kPeers - 1);
  };
  std::array<Counter, kPeers> go, done;
  std::array<std::thread, kPeers> threads;
  bool stopping = false;  // changed before the counters are
  for (std::size_t p = 0; p < kPeers; ++p) {
    threads[p] = std::thread([&, p] {
      for (go[p].Take(1); !stopping; go[p].Take(1)) {
        step(*peers[p]);
        done[p].Add();
      }
    });
  }
  const auto round = [&] {
    for (Counter& counter : go) counter.Add();
    for (Counter& counter : done) counter.Take(1);
  };
  for (int i = 0; i < 20; ++i) round();
  for (auto _ : state) round();
  stopping = true;
  for (Counter& counter : go) counter.Add();
  for (std::thread& thread : threads) thread.join();
  for (auto& peer : peers) peer->Close();
  state.SetBytesProcessed(state.iterations() * state.range(0) * kPeers * (kPeers - 1));
}

BENCHMARK(ExchangeRound<SyncPeer>)->Arg(64)->Arg(64 << 10)->Arg(512 << 10)->UseRealTime();
BENCHMARK(ExchangeRound<QueuePeer>)->Arg(64)->Arg(64 << 10)->Arg(512 << 10)->UseRealTime();
BENCHMARK(ExchangeRound<CallbackPeer>)->Arg(64)->Arg(64 << 10)->Arg(512 << 10)->UseRealTime();

}  // namespace
}  // namespace lawine::bench
