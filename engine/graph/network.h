// One generated network. Contract, method and costs: see the top of network.cc.
#ifndef LAWINE_ENGINE_GRAPH_NETWORK_H_
#define LAWINE_ENGINE_GRAPH_NETWORK_H_

#include <memory>

#include "engine/base/executor.h"
#include "engine/graph/generator.h"
#include "engine/graph/link_source.h"
#include "engine/graph/preset.h"

namespace lawine {

// REQUIRES: `spec` is resolved and of `preset`, which is one network.
std::shared_ptr<const LinkSource> MakeNetwork(const Preset& preset, const GeneratorSpec& spec,
                                              Executor& executor);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_NETWORK_H_
