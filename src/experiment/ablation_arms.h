#pragma once

#include <string>
#include <vector>

#include "experiment/ablation_scores.h"

namespace gre {

// The arms of the ablation by name (experiment/ablation.h says what each is).

inline constexpr char kHeadArm[] = "image_head";
inline constexpr char kBaseArm[] = "base";

// Of each seed, in the order in which they are answered for.
const std::vector<std::string>& SeedArms();
// Those of them that judge chains.
const std::vector<std::string>& JudgingArms();
// Whether a seed's arm is there to be compared with only.
bool IsControl(const std::string& arm);
// Which arms are compared.
std::vector<ComparedArms> Comparisons();

}  // namespace gre
