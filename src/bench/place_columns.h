#pragma once

#include <span>

#include "bench/records.h"
#include "bench/scoring.h"
#include "knowledge/gazetteer.h"

namespace gre {

// Appends "nearest_country", "region", "sub_region" and "city": whether answer and truth have the
// nearest populated place's names in common, as OSV-5M scores them (knowledge/admin_match.h). Not
// applicable where the truth is no point or its place lacks the name.
void AddPlaceColumns(std::span<const TruthRecord> truth, std::span<const Prediction> predictions,
                     const Gazetteer& gazetteer, const ScoreConventions& conventions,
                     RecordScores& scores);

}  // namespace gre
