#include "bench/matching.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <unordered_map>

#include "dataset/photo_id.h"

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

// The truths that a stem may stand for.
class StemIndex {
 public:
  // Of the truths that `is_open`.
  StemIndex(std::span<const TruthRecord> truth, const std::vector<bool>& is_open) : truth_(truth) {
    for (size_t i = 0; i < truth.size(); ++i) {
      if (!is_open[i]) continue;
      const IdParts parts = SplitId(truth[i].id);
      by_path_[parts.without_extension].push_back(i);
      std::vector<size_t>& same_stem = by_stem_[parts.stem];
      if (same_stem.size() < 2) same_stem.push_back(i);  // two are ambiguous already
    }
  }

  // At most two are of interest.
  [[nodiscard]] std::vector<size_t> Find(std::string_view id) const {
    const IdParts parts = SplitId(id);
    std::vector<size_t> found;
    if (parts.folder.empty()) {
      if (const auto all = by_stem_.find(parts.stem); all != by_stem_.end()) found = all->second;
      return found;
    }
    if (const auto plain = by_path_.find(parts.stem); plain != by_path_.end()) {
      found = plain->second;
    }
    if (const auto near = by_path_.find(parts.without_extension); near != by_path_.end()) {
      std::ranges::copy_if(near->second, std::back_inserter(found), [&](size_t i) {
        return parts.extension.empty() || SplitId(truth_[i].id).extension.empty();
      });
    }
    return found;
  }

 private:
  std::span<const TruthRecord> truth_;
  std::unordered_map<std::string_view, std::vector<size_t>> by_path_;  // without extension
  std::unordered_map<std::string_view, std::vector<size_t>> by_stem_;
};

}  // namespace

Result<Matching> MatchPredictions(std::span<const TruthRecord> truth,
                                  std::span<const Prediction> predictions) {
  std::unordered_map<std::string_view, size_t> by_id;
  by_id.reserve(truth.size());
  for (size_t i = 0; i < truth.size(); ++i) by_id.emplace(truth[i].id, i);

  Matching matching;
  std::vector<size_t> chosen(truth.size(), kNone);  // prediction of a truth
  const auto choose = [&](size_t index, size_t prediction) {
    size_t& first = chosen[index];
    if (first == kNone) {
      first = prediction;
      return;
    }
    size_t duplicate = prediction;
    if (predictions[first].outcome == Outcome::kEngineError &&
        predictions[prediction].outcome != Outcome::kEngineError) {
      std::swap(first, duplicate);
    }
    matching.duplicates.push_back(duplicate);
  };

  std::vector<size_t> left;
  std::vector<bool> is_open(truth.size(), true);
  for (size_t i = 0; i < predictions.size(); ++i) {
    if (const auto exact = by_id.find(predictions[i].id); exact != by_id.end()) {
      choose(exact->second, i);
      is_open[exact->second] = false;
    } else {
      left.push_back(i);
    }
  }
  if (!left.empty()) {
    const StemIndex stems(truth, is_open);
    for (const size_t i : left) {
      const std::string& id = predictions[i].id;
      const std::vector<size_t> found = stems.Find(id);
      if (found.empty()) {
        matching.unmatched.push_back(i);
        continue;
      }
      if (found.size() > 1) {
        return Ambiguous(IdStem(id), "the truths", truth[found[0]].id, truth[found[1]].id);
      }
      const size_t first = chosen[found.front()];
      if (first != kNone && predictions[first].id != id) {
        return Ambiguous(IdStem(id), "the predictions", predictions[first].id, id);
      }
      matching.by_stem += first == kNone ? 1 : 0;
      choose(found.front(), i);
    }
  }
  for (size_t i = 0; i < truth.size(); ++i) {
    if (chosen[i] == kNone) {
      matching.missing.push_back(i);
    } else {
      matching.pairs.push_back({i, chosen[i]});
    }
  }
  std::ranges::sort(matching.duplicates);
  return matching;
}

}  // namespace gre
