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
// Every list is of these photos in their order; those of dev may be empty.
Result<ModelAnswers> ParseAnswers(std::string_view json, std::span<const PhotoRecord> dev,
                                  std::span<const PhotoRecord> test);

// `photos`: those that the candidates are of; others are an error.
std::string FormatCandidates(std::span<const Candidate> candidates);
Result<std::vector<Candidate>> ParseCandidates(std::string_view json,
                                               std::span<const PhotoRecord> photos);

std::string FormatVerdicts(std::span<const JudgedCandidate> candidates);
Result<std::vector<JudgedCandidate>> ParseVerdicts(std::string_view json);

}  // namespace gre
