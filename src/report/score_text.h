#pragma once

#include <span>
#include <string>

#include "bench/scoring.h"

namespace gre {

struct NamedScores {
  std::string name;  // of the system
  const Scores* scores = nullptr;
};

// Scores for people: figures with intervals, one column a system, then what became of the records
// and the conventions. At most 100 columns wide for up to three systems.
std::string ScoreText(std::span<const NamedScores> systems, const ScoreConventions& conventions);

}  // namespace gre
