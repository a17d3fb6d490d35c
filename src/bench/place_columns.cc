#include "bench/place_columns.h"

#include <limits>

#include "knowledge/admin_match.h"

namespace gre {
namespace {

constexpr double kNotApplicable = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kColumnNames[] = {"nearest_country", "region", "sub_region", "city"};

}  // namespace

void AddPlaceColumns(std::span<const TruthRecord> truth, std::span<const Prediction> predictions,
                     const Gazetteer& gazetteer, const ScoreConventions& conventions,
                     RecordScores& scores) {
  // Rows with a true point; where there is no answer the truth stands in and is not looked at.
  std::vector<size_t> rows;
  std::vector<bool> answered;
  std::vector<LatLng> truths;
  std::vector<LatLng> answers;
  for (size_t row = 0; row < scores.records.size(); ++row) {
    const Matching::Pair& pair = scores.records[row];
    const std::optional<LatLng>& point = truth[pair.truth].point;
    const bool has_answer =
        pair.prediction != RecordScores::kNoPrediction && predictions[pair.prediction].point;
    if (!point || (!has_answer && conventions.unparsed == ScoreConventions::Unparsed::kDrop)) {
      continue;
    }
    rows.push_back(row);
    answered.push_back(has_answer);
    truths.push_back(*point);
    answers.push_back(has_answer ? *predictions[pair.prediction].point : *point);
  }
  const std::vector<AdminNames> true_names = AdminNamesOf(truths, gazetteer);
  const std::vector<AdminNames> answer_names = AdminNamesOf(answers, gazetteer);
  const size_t first = scores.columns.size();
  for (const char* name : kColumnNames) {
    scores.columns.push_back(
        {name, true, std::vector<double>(scores.records.size(), kNotApplicable)});
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const AdminMatch match = MatchAdmin(answer_names[i], true_names[i]);
    for (size_t level = 0; level < match.size(); ++level) {
      if (!match[level]) continue;
      scores.columns[first + level].values[rows[i]] = answered[i] && *match[level] ? 1 : 0;
    }
  }
}

}  // namespace gre
