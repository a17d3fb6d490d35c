#pragma once

#include <span>
#include <vector>

#include "core/result.h"
#include "training/parallel/collective.h"
#include "training/policy/rollouts.h"

namespace gre {

// All groups of `draws` in their order, from the own ones of each process: the i-th was drawn by
// process i % size. Those of others have their completions and rewards but no prompt, and `here`
// is false.
Result<std::vector<RolloutGroup>> ExchangeGroups(Collective& collective,
                                                 std::span<const PromptDraw> draws,
                                                 std::vector<RolloutGroup> own);

}  // namespace gre
