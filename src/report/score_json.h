#pragma once

#include <string>

#include "bench/scoring.h"

namespace gre {

// The object that `gre bench score --json` prints (docs/score-schema.json). Figures without any
// applicable record are null. `indent` < 0: one line without line end.
std::string ScoreJson(const Scores& scores, const ScoreConventions& conventions, int indent = -1);

}  // namespace gre
