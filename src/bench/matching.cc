#include "bench/matching.h"

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_map>

#include "dataset/photo_index.h"

namespace gre {
namespace {

constexpr size_t kNone = std::numeric_limits<size_t>::max();

Error Ambiguous(std::string_view stem, std::string_view kind, std::string_view a,
                std::string_view b) {
  std::string message = "the id '";
  message.append(stem).append("' is ambiguous: ").append(kind).append(" '").append(a);
  message.append("' and '").append(b);
  message.append("' differ only in folder or extension; give both files the same ids");
  return {ErrorCode::kInvalidInput, std::move(message)};
}

}  // namespace

Result<Matching> MatchPredictions(std::span<const TruthRecord> truth,
                                  std::span<const Prediction> predictions) {
  std::unordered_map<std::string_view, size_t> by_id;
  by_id.reserve(truth.size());
  for (size_t i = 0; i < truth.size(); ++i) by_id.emplace(truth[i].id, i);

  std::unordered_map<std::string_view, size_t> by_stem;  // built when an id is not found
  std::unordered_map<std::string_view, size_t> twice;    // stem -> second truth that has it
  const auto index_stems = [&] {
    if (!by_stem.empty()) return;
    for (size_t i = 0; i < truth.size(); ++i) {
      const std::string_view stem = IdStem(truth[i].id);
      if (!by_stem.emplace(stem, i).second) twice.emplace(stem, i);
    }
  };

  Matching matching;
  std::vector<size_t> chosen(truth.size(), kNone);  // prediction of a truth
  std::vector<bool> through_stem(truth.size());
  for (size_t i = 0; i < predictions.size(); ++i) {
    const Prediction& prediction = predictions[i];
    size_t index = kNone;
    bool stem_match = false;
    if (const auto exact = by_id.find(prediction.id); exact != by_id.end()) {
      index = exact->second;
    } else {
      index_stems();
      const std::string_view stem = IdStem(prediction.id);
      if (const auto found = by_stem.find(stem); found != by_stem.end()) {
        if (const auto other = twice.find(stem); other != twice.end()) {
          return Ambiguous(stem, "the truths", truth[found->second].id, truth[other->second].id);
        }
        index = found->second;
        stem_match = true;
      }
    }
    if (index == kNone) {
      matching.unmatched.push_back(i);
      continue;
    }
    size_t& first = chosen[index];
    if (first == kNone) {
      first = i;
      through_stem[index] = stem_match;
      continue;
    }
    if (predictions[first].id != prediction.id) {
      return Ambiguous(IdStem(prediction.id), "the predictions", predictions[first].id,
                       prediction.id);
    }
    size_t duplicate = i;
    if (predictions[first].outcome == Outcome::kEngineError &&
        prediction.outcome != Outcome::kEngineError) {
      std::swap(first, duplicate);
    }
    matching.duplicates.push_back(duplicate);
  }
  for (size_t i = 0; i < truth.size(); ++i) {
    if (chosen[i] == kNone) {
      matching.missing.push_back(i);
    } else {
      matching.pairs.push_back({i, chosen[i]});
      matching.by_stem += through_stem[i] ? 1 : 0;
    }
  }
  std::ranges::sort(matching.duplicates);
  return matching;
}

}  // namespace gre
