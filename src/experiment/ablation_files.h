#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/records.h"
#include "core/result.h"
#include "experiment/ablation_records.h"
#include "experiment/ablation_scores.h"

namespace gre {

// What stages of an ablation leave for others, as JSON texts. Reading errors say what was expected.

std::string FormatAnswers(const ModelAnswers& answers);
Result<ModelAnswers> ParseAnswers(std::string_view json);

// `photos`: those that the candidates are of; others are an error.
std::string FormatCandidates(std::span<const Candidate> candidates);
Result<std::vector<Candidate>> ParseCandidates(std::string_view json,
                                               std::span<const PhotoRecord> photos);

std::string FormatVerdictScores(const VerdictScores& scores);
Result<VerdictScores> ParseVerdictScores(std::string_view json);

}  // namespace gre
