#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "bench/scoring.h"

namespace gre {

// The object that `gre bench score --json` prints (docs/score-schema.json). Figures without any
// applicable record are null. `indent` < 0: one line without line end.
// `further`: an object whose members follow.
std::string ScoreJson(const Scores& scores, const ScoreConventions& conventions, int indent = -1,
                      const nlohmann::ordered_json* further = nullptr);

}  // namespace gre
