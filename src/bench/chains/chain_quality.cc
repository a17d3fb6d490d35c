#include "bench/chains/chain_quality.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "bench/chains/clue_match.h"
#include "knowledge/name_folding.h"
#include "reasoning/named_countries.h"

namespace gre {
namespace {

constexpr double kNone = Prediction::kUnknown;

// The statements of one class, or all.
std::vector<std::string> TextsOf(const ChainRecord& chain, std::span<const StepClass> wanted) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < chain.classes.size(); ++i) {
    if (std::ranges::find(wanted, chain.classes[i]) != wanted.end()) {
      texts.push_back(chain.statements[i].text);
    }
  }
  return texts;
}

std::vector<std::string> AllTexts(const ChainRecord& chain) {
  std::vector<std::string> texts;
  texts.reserve(chain.statements.size());
  for (const Statement& statement : chain.statements) texts.push_back(statement.text);
  return texts;
}

// Folded texts, those of one step joined: a feature and its region may stand in two clauses.
std::vector<std::string> FoldedSteps(const ChainRecord& chain, const StepClass* only) {
  std::map<size_t, std::string> steps;
  for (size_t i = 0; i < chain.statements.size(); ++i) {
    if (only != nullptr && (chain.classes.empty() || chain.classes[i] != *only)) continue;
    std::string& step = steps[chain.statements[i].step];
    step.append(step.empty() ? "" : " ").append(FoldName(chain.statements[i].text));
  }
  std::vector<std::string> folded;
  folded.reserve(steps.size());
  for (auto& [step, text] : steps) folded.push_back(std::move(text));
  return folded;
}

std::vector<double> CluesMet(const TruthRecord& truth, std::span<const std::string> folded) {
  std::vector<double> met;
  met.reserve(truth.indicators.size());
  for (const std::string& indicator : truth.indicators) {
    const Clue clue(indicator);
    met.push_back(std::ranges::any_of(folded, [&](const std::string& t) { return clue.IsIn(t); }));
  }
  return met;
}

bool ConcludesWithCountry(const Chain& chain) {
  return std::ranges::any_of(chain, [](const ChainStep& step) {
    return step.hypothesis && !CountriesNamedIn(*step.hypothesis).empty();
  });
}

double ValueOfEmpty(const ChainQualityOptions& options) {
  return options.empty == ChainQualityOptions::Empty::kZero ? 0 : kNone;
}

class Measurer {
 public:
  Measurer(const ChainScorers& scorers, const ChainQualityOptions& options)
      : scorers_(scorers), options_(options) {}

  Result<RecordChainQuality> Measure(const TruthRecord& truth, const Prediction& prediction,
                                     const ChainRecord& chain, std::vector<size_t>& unmatched) {
    RecordChainQuality record;
    record.truth = chain.truth;
    record.prediction = chain.prediction;
    if (prediction.point) {
      record.concludes_country = ConcludesWithCountry(chain.chain);
      record.contradictions = FindContradictions(chain.chain, *prediction.point);
    }
    MeasureClues(truth, chain, record);
    if (!chain.unclassified.empty()) return record;
    for (const StepClass step_class : chain.classes) {
      ++record.statements[static_cast<size_t>(step_class)];
    }
    record.specifics = FindUnsupportedSpecifics(chain.statements, chain.classes);
    GRE_RETURN_IF_ERROR(MeasureParts(truth, chain, record));
    GRE_RETURN_IF_ERROR(MatchSteps(truth, chain, record, unmatched));
    return record;
  }

 private:
  void MeasureClues(const TruthRecord& truth, const ChainRecord& chain,
                    RecordChainQuality& record) const {
    if (truth.indicators.empty()) return;
    const std::vector<double> met = CluesMet(truth, FoldedSteps(chain, nullptr));
    const auto count = static_cast<double>(met.size());
    record.anywhere_recall = std::accumulate(met.begin(), met.end(), 0.0) / count;
    record.clue_weighted = record.anywhere_recall;
    if (truth.indicator_weights.size() == met.size()) {
      const double total =
          std::accumulate(truth.indicator_weights.begin(), truth.indicator_weights.end(), 0.0);
      record.clue_weighted =
          std::inner_product(met.begin(), met.end(), truth.indicator_weights.begin(), 0.0) / total;
    }
    if (!chain.unclassified.empty()) return;
    constexpr StepClass kBackground = StepClass::kBackground;
    const std::vector<double> background = CluesMet(truth, FoldedSteps(chain, &kBackground));
    record.background_recall = std::accumulate(background.begin(), background.end(), 0.0) / count;
  }

  [[nodiscard]] double EmptyValue() const { return ValueOfEmpty(options_); }

  Status MeasureParts(const TruthRecord& truth, const ChainRecord& chain,
                      RecordChainQuality& record) const {
    constexpr StepClass kCaption[] = {StepClass::kCaption};
    constexpr StepClass kInference[] = {StepClass::kInference};
    if (record.statements[0] == 0 && !truth.indicators.empty()) {
      record.background_recall = EmptyValue();
    }
    if (scorers_.caption && !truth.captions.empty()) {
      const std::vector<std::string> captions = TextsOf(chain, kCaption);
      record.caption_score = EmptyValue();
      if (!captions.empty()) {
        GRE_ASSIGN_OR_RETURN(record.caption_score, scorers_.caption(truth, captions));
      }
    }
    if (scorers_.inference && !truth.key_steps.empty()) {
      const std::vector<std::string> inferences = TextsOf(chain, kInference);
      record.inference_score = EmptyValue();
      if (!inferences.empty()) {
        GRE_ASSIGN_OR_RETURN(record.inference_score,
                             scorers_.inference(inferences, truth.key_steps));
      }
    }
    Combine(truth, record);
    return {};
  }

  // Only where all three parts are measured and annotated, so that records stay comparable.
  void Combine(const TruthRecord& truth, RecordChainQuality& record) const {
    if (!scorers_.caption || !scorers_.inference) return;
    if (truth.indicators.empty() || truth.captions.empty() || truth.key_steps.empty()) return;
    const bool photo_is_missing = record.statements[1] > 0 && std::isnan(record.caption_score);
    if (photo_is_missing) return;
    const double parts[3] = {record.background_recall, record.caption_score,
                             record.inference_score};
    double sum = 0;
    double weight = 0;
    for (size_t i = 0; i < 3; ++i) {
      if (std::isnan(parts[i])) continue;
      sum += options_.weights[i] * parts[i];
      weight += options_.weights[i];
    }
    if (weight > 0) record.combined = sum / weight;
  }

  // MME-CoT: recall = key steps that the chain holds, precision = captions and inferences that hold
  // a key step or are reasonable (background does not count).
  Status MatchSteps(const TruthRecord& truth, const ChainRecord& chain, RecordChainQuality& record,
                    std::vector<size_t>& unmatched) const {
    if (truth.key_steps.empty()) return {};
    GRE_ASSIGN_OR_RETURN(const std::vector<bool> matches,
                         Matches(AllTexts(chain), truth.key_steps));
    const size_t keys = truth.key_steps.size();
    std::vector<bool> key_found(keys);
    for (size_t i = 0; i < chain.statements.size(); ++i) {
      bool any = false;
      for (size_t key = 0; key < keys; ++key) {
        const bool is_match = matches[i * keys + key];
        any = any || is_match;
        key_found[key] = key_found[key] || is_match;
      }
      if (chain.classes[i] == StepClass::kBackground) continue;
      ++record.steps;
      record.steps_matched += any ? 1 : 0;
      if (!any) unmatched.push_back(i);
    }
    const auto found = std::ranges::count(key_found, true);
    record.recall = static_cast<double>(found) / static_cast<double>(keys);
    return {};
  }

  // [texts.size() * keys.size()], row by row.
  [[nodiscard]] Result<std::vector<bool>> Matches(std::span<const std::string> texts,
                                                  std::span<const std::string> keys) const {
    std::vector<bool> matches;
    if (texts.empty()) return matches;
    matches.reserve(texts.size() * keys.size());
    if (scorers_.similarity) {
      GRE_ASSIGN_OR_RETURN(const std::vector<float> cosines, scorers_.similarity(texts, keys));
      for (const float cosine : cosines) matches.push_back(cosine >= options_.match_cosine);
      return matches;
    }
    std::vector<std::string> folded;
    folded.reserve(keys.size());
    for (const std::string& key : keys) folded.push_back(FoldName(key));
    for (const std::string& text : texts) {
      const std::string statement = FoldName(text);
      for (const std::string& key : folded) {
        matches.push_back(HoldsName(statement, key));
      }
    }
    return matches;
  }

  const ChainScorers& scorers_;
  const ChainQualityOptions& options_;
};

// Asks the judge about what matched no key step.
Status Judge(const ChainScorers& scorers, std::span<const UnmatchedSteps> open,
             std::span<RecordChainQuality* const> records) {
  GRE_ASSIGN_OR_RETURN(const std::vector<ChainScorers::Verdicts> verdicts,
                       scorers.reasonable(open));
  for (size_t i = 0; i < records.size(); ++i) {
    if (!verdicts[i].ok()) {
      records[i]->unjudged = verdicts[i].error().message;
    } else {
      records[i]->steps_reasonable = static_cast<size_t>(std::ranges::count(*verdicts[i], true));
    }
  }
  return {};
}

// From the counts of steps and the recall.
void SetPrecision(RecordChainQuality& record, const ChainQualityOptions& options) {
  if (std::isnan(record.recall) || !record.unjudged.empty()) return;
  const auto good = static_cast<double>(record.steps_matched + record.steps_reasonable);
  record.precision =
      record.steps == 0 ? ValueOfEmpty(options) : good / static_cast<double>(record.steps);
  const double sum = record.precision + record.recall;
  record.f1 = sum > 0 ? 2 * record.precision * record.recall / sum : std::isnan(sum) ? kNone : 0;
}

// ---- over all records ---------------------------------------------------------------------------

class Summary {
 public:
  Summary(ChainQuality& quality, const ChainQualityOptions& options)
      : quality_(quality), options_(options) {}

  // `missing`: what no record has, for the reason.
  void Fill(ChainFigure& figure, double RecordChainQuality::*value, std::string not_computed,
            std::string_view missing) const {
    if (!not_computed.empty()) {
      figure.not_computed = std::move(not_computed);
      figure.estimate = {kNone, kNone, kNone, 0};
      return;
    }
    std::vector<double> values;
    values.reserve(quality_.per_record.size());
    for (const RecordChainQuality& record : quality_.per_record) values.push_back(record.*value);
    const MeanEstimate mean = EstimateFigures(values, 1, options_.bootstrap).columns.front();
    figure.estimate = {mean.value, mean.low, mean.high, mean.count};
    if (mean.count == 0) figure.not_computed = missing;
  }

  void CountClasses() {
    for (const RecordChainQuality& record : quality_.per_record) {
      const bool classed = record.statements[0] + record.statements[1] + record.statements[2] > 0;
      for (size_t i = 0; i < 3; ++i) {
        quality_.statements[i] += record.statements[i];
        quality_.chains_without[i] += classed && record.statements[i] == 0 ? 1 : 0;
      }
    }
  }

  void CountSteps() {
    for (const RecordChainQuality& record : quality_.per_record) {
      quality_.unjudged += record.unjudged.empty() ? 0 : 1;
      if (std::isnan(record.precision)) continue;
      quality_.steps[0] += record.steps;
      quality_.steps[1] += record.steps_matched;
      quality_.steps[2] += record.steps_reasonable;
    }
  }

  void CountFindings(std::span<const Prediction> predictions) {
    std::map<ContradictionKind, size_t> contradictions;
    std::map<UnsupportedSpecific::Kind, size_t> specifics;
    const auto kinds_of = [](const auto& findings, auto& counts) {
      std::map<std::decay_t<decltype(findings.front().kind)>, bool> kinds;
      for (const auto& finding : findings) kinds[finding.kind] = true;
      for (const auto& [kind, met] : kinds) ++counts[kind];
    };
    for (const RecordChainQuality& record : quality_.per_record) {
      quality_.with_point += predictions[record.prediction].point ? 1 : 0;
      quality_.concluding_country += record.concludes_country ? 1 : 0;
      quality_.contradicted += record.contradictions.empty() ? 0 : 1;
      quality_.with_specifics += record.specifics.empty() ? 0 : 1;
      kinds_of(record.contradictions, contradictions);
      kinds_of(record.specifics, specifics);
    }
    quality_.contradictions.assign(contradictions.begin(), contradictions.end());
    quality_.specifics.assign(specifics.begin(), specifics.end());
  }

 private:
  ChainQuality& quality_;
  const ChainQualityOptions& options_;
};

size_t CountEmpty(const ChainQuality& quality, std::span<const TruthRecord> truth,
                  StepClass step_class, std::vector<std::string> TruthRecord::*annotation) {
  return static_cast<size_t>(
      std::ranges::count_if(quality.per_record, [&](const RecordChainQuality& record) {
        const bool classed = record.statements[0] + record.statements[1] + record.statements[2] > 0;
        return classed && record.statements[static_cast<size_t>(step_class)] == 0 &&
               !(truth[record.truth].*annotation).empty();
      }));
}

}  // namespace

std::vector<ChainRecord> ReadChains(std::span<const Prediction> predictions,
                                    const Matching& matching) {
  std::vector<ChainRecord> chains;
  for (const Matching::Pair& pair : matching.pairs) {
    const Prediction& prediction = predictions[pair.prediction];
    if (prediction.text.empty()) continue;
    ChainRecord record;
    record.truth = pair.truth;
    record.prediction = pair.prediction;
    record.chain = ParseChain(prediction.text);
    record.statements = SplitStatements(record.chain);
    if (record.statements.empty()) continue;
    for (const Statement& statement : record.statements) {
      record.classes.push_back(ClassifyStatement(statement));
    }
    chains.push_back(std::move(record));
  }
  return chains;
}

Result<ChainQuality> MeasureChains(std::span<const TruthRecord> truth,
                                   std::span<const Prediction> predictions,
                                   const Matching& matching, std::span<const ChainRecord> chains,
                                   const ChainScorers& scorers,
                                   const ChainQualityOptions& options) {
  ChainQuality quality;
  quality.records = matching.pairs.size();
  quality.without_chain = matching.pairs.size() - chains.size();
  quality.judged = static_cast<bool>(scorers.reasonable);
  quality.per_record.reserve(chains.size());
  std::vector<UnmatchedSteps> open;
  std::vector<RecordChainQuality*> judged;  // of `open`, one each
  Measurer measurer(scorers, options);
  for (const ChainRecord& chain : chains) {
    UnmatchedSteps unmatched{chain.truth, &chain, {}};
    quality.unclassified += chain.unclassified.empty() ? 0 : 1;
    quality.clue_weights_given |= !truth[chain.truth].indicator_weights.empty();
    auto record = measurer.Measure(truth[chain.truth], predictions[chain.prediction], chain,
                                   unmatched.statements);
    if (!record.ok()) {
      return std::move(record).error().Wrap(predictions[chain.prediction].id);
    }
    quality.per_record.push_back(std::move(*record));
    if (unmatched.statements.empty()) continue;
    open.push_back(std::move(unmatched));
    judged.push_back(&quality.per_record.back());
  }
  if (scorers.reasonable) GRE_RETURN_IF_ERROR(Judge(scorers, open, judged));
  for (RecordChainQuality& record : quality.per_record) SetPrecision(record, options);

  constexpr std::string_view kNoIndicators = "no scored record has annotated indicators";
  constexpr std::string_view kNoKeySteps = "no scored record has annotated key steps";
  constexpr std::string_view kNoCaptions = "no scored record has captions and a photo";
  constexpr std::string_view kNoCombination =
      "no scored record has annotated indicators, captions with a photo, and key steps";
  using Record = RecordChainQuality;
  Summary summary(quality, options);
  summary.CountSteps();
  const std::string no_clip = scorers.caption ? "" : scorers.no_clip;
  const std::string no_embedder = scorers.inference ? "" : scorers.no_embedder;
  summary.Fill(quality.background, &Record::background_recall, "", kNoIndicators);
  summary.Fill(quality.anywhere, &Record::anywhere_recall, "", kNoIndicators);
  summary.Fill(quality.clue_weighted, &Record::clue_weighted, "", kNoIndicators);
  summary.Fill(quality.caption, &Record::caption_score, no_clip, kNoCaptions);
  summary.Fill(quality.inference, &Record::inference_score, no_embedder, kNoKeySteps);
  summary.Fill(quality.combined, &Record::combined, no_clip.empty() ? no_embedder : no_clip,
               kNoCombination);
  const std::string_view no_precision =
      quality.unjudged > 0 ? "no chain has verdicts of the judge that could be used" : kNoKeySteps;
  summary.Fill(quality.precision, &Record::precision, "", no_precision);
  summary.Fill(quality.recall, &Record::recall, "", kNoKeySteps);
  summary.Fill(quality.f1, &Record::f1, "", no_precision);
  quality.background.empty =
      CountEmpty(quality, truth, StepClass::kBackground, &TruthRecord::indicators);
  quality.caption.empty = CountEmpty(quality, truth, StepClass::kCaption, &TruthRecord::captions);
  quality.inference.empty =
      CountEmpty(quality, truth, StepClass::kInference, &TruthRecord::key_steps);
  summary.CountClasses();
  summary.CountFindings(predictions);
  return quality;
}

}  // namespace gre
