#pragma once

#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "bench/chains/chain_quality.h"

namespace gre {

// How the figures were made; every table and file states it.
struct ChainConventions {
  std::string classifier;  // "rules", "judge MODEL (prompt HASH)"
  std::string verdicts;    // "judge MODEL (prompt HASH)"; empty: nobody says what is reasonable
  std::string matching;    // of key steps: "cosine >= 0.6 by all-MiniLM-L6-v2", "equal text"
  std::string embedder;    // empty: none
  std::string clip;        // empty: none
  ChainQualityOptions options;
};

// The object "chain_quality" of a score file (docs/metrics.md). Figures that were not computed are
// null beside the reason. With `per_record` also every record's figures and findings under the
// truth's id.
nlohmann::ordered_json ChainQualityJson(const ChainQuality& quality,
                                        const ChainConventions& conventions,
                                        std::span<const TruthRecord> truth, bool per_record);

// The same for people, at most 100 columns wide but for reasons.
std::string ChainQualityText(const ChainQuality& quality, const ChainConventions& conventions);

}  // namespace gre
