// The best that one thread can do with plain arrays, as far as we know how: push where few forward, pull
// where many do, memory asked for ahead, coins and digests in batches. The forward model only.
//
// A pull looks from the receivers' side: each member without the message searches its followees for one that
// forwarded and stops at the first. Deliveries are then known without reading them: they are the sum of the
// forwarders' audiences. After Beamer, Asanovic, Patterson: "Direction-Optimizing Breadth-First Search",
// 2012.
#ifndef LAWINE_BENCH_END_TO_END_PULL_CASCADE_H_
#define LAWINE_BENCH_END_TO_END_PULL_CASCADE_H_

#include <cstdint>
#include <memory>

#include "bench/end_to_end/measurement.h"
#include "bench/end_to_end/plain_cascade.h"
#include "bench/end_to_end/plain_graph.h"

namespace lawine::bench {

class PullProgram {
 public:
  // `followees` is `followers` transposed; both must outlive the program. What does not depend on the message
  // is made here, once, as the engine makes it while loading.
  PullProgram(const PlainRows& followers, const PlainRows& followees);
  ~PullProgram();

  // On the calling thread. REQUIRES: all links carry; one message at a time.
  Measured Spread(const PlainMessage& message);

 private:
  class Cascade;
  std::unique_ptr<Cascade> cascade_;
};

}  // namespace lawine::bench

#endif  // LAWINE_BENCH_END_TO_END_PULL_CASCADE_H_
