// Checkpoints of a run of one replica: what each shard had come to after a step, and what everybody knew
// before it was closed. Format of one shard's, version 1 (coded as state_codec.h says):
//
//   u32  magic "LWC1"
//   u64  run, run seed, graph digest (high, low)
//   ...  numbers: shard, step, messages
//   ...  by message: number of steps closed that happened for it; of each, how many steps after the one
//        before it is (the first: after step 0), and its counts, of the whole graph
//   ...  numbers: bytes of frames and events that the worker had sent before it sent this step's; with one of
//        its shards, 0 with the others
//   ...  by message: whether the step happens for it, its counts, who acts (a list, from the shard's first
//        member), the next pending step; all of this shard
//   ...  what the process has come to (CascadeShard, ModelShard)
//   u32  CRC-32C of everything before
//
// Frames of others are not kept: whoever goes on from here sends what it had sent, in frames of its own
// attempt. Totals, triggers and outcomes are added up again from the steps closed.
#ifndef LAWINE_ENGINE_SPREAD_RUN_CHECKPOINT_H_
#define LAWINE_ENGINE_SPREAD_RUN_CHECKPOINT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace lawine {

struct RunCheckpoint {
  std::uint32_t step = 0;
  std::vector<std::string> shards;  // parallel to the machine's
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_RUN_CHECKPOINT_H_
