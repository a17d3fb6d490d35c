#pragma once

#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "generation/training_plan.h"

namespace gre {

// `gre train plan` (generation/training_plan.h). A recipe is GRPO's when it has a section [grpo].
// The recipe is checked as training checks it; the base's weights and the photos need not be there.
Result<TrainingPlan> PlanTraining(const std::string& config_path,
                                  const std::vector<std::string>& overrides,
                                  const TrainingPlanOptions& options,
                                  const CancellationToken& cancellation);

}  // namespace gre
