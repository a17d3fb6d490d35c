#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/chains/step_classifier.h"
#include "bench/chains/unsupported_specifics.h"
#include "bench/matching.h"
#include "bench/records.h"
#include "bench/scoring.h"
#include "core/result.h"
#include "metrics/bootstrap.h"
#include "reasoning/chain.h"
#include "reasoning/contradictions.h"

namespace gre {

// How good chains are (docs/metrics.md): GREval's three parts, MME-CoT's precision and recall,
// EarthWhere's clue-weighted score, contradictions with the answer, unsupported specifics.

// One photo's chain, cut into statements.
struct ChainRecord {
  size_t truth = 0;       // index
  size_t prediction = 0;  // index
  Chain chain;
  std::vector<Statement> statements;
  std::vector<StepClass> classes;  // of the statements; empty when `unclassified` is not
  std::string unclassified;        // why a judge's answer could not be used
};

// The chains of the matched predictions that hold text, classed by the rules.
std::vector<ChainRecord> ReadChains(std::span<const Prediction> predictions,
                                    const Matching& matching);

// The captions and inferences of one chain that match no key step.
struct UnmatchedSteps {
  size_t truth = 0;                // index
  const ChainRecord* chain = {};   // borrowed
  std::vector<size_t> statements;  // indices into those of the chain
};

// What needs a model. A function that is missing leaves its figures uncomputed; `no_*` says why.
struct ChainScorers {
  using Texts = std::span<const std::string>;
  // Cosine similarities, row by row: [texts.size(), references.size()].
  std::function<Result<std::vector<float>>(Texts texts, Texts references)> similarity = {};
  // BERTScore F of texts against references.
  std::function<Result<double>(Texts texts, Texts references)> inference = {};
  std::string embedder = {};  // its name
  std::string no_embedder = "no embedder was given";
  // Mean RefCLIPScore of captions with the photo of a record and its reference captions; NaN
  // without the photo. Called for records with reference captions.
  std::function<Result<double>(const TruthRecord& truth, Texts captions)> caption = {};
  std::string clip = {};  // its name
  std::string no_clip = "no CLIP model and photos were given";
  // Which of the statements are reasonable though they were not annotated (MME-CoT), chain by
  // chain; the error of a chain says why nothing is known of it. Called once, with all chains.
  using Verdicts = Result<std::vector<bool>>;
  std::function<Result<std::vector<Verdicts>>(std::span<const UnmatchedSteps> open)> reasonable =
      {};
};

struct ChainQualityOptions {
  // Weights of background, caption and inference in the combination, any scale. GRE's (its Eq. 6)
  // are unpublished: equal ones are an assumption.
  double weights[3] = {1, 1, 1};
  bool weights_assumed = true;
  // What a part is worth whose class has no statement in the chain.
  enum class Empty { kZero, kLeaveOut } empty = Empty::kZero;
  // From this cosine on, a statement matches a key step; without an embedder the statement must
  // hold the key step's words in a row.
  double match_cosine = 0.6;
  BootstrapOptions bootstrap = {.resamples = 10000};
};

// One figure over the records that it applies to.
struct ChainFigure {
  Estimate estimate;
  size_t empty = 0;          // applicable records whose chain has no statement of the class
  std::string not_computed;  // why there is no figure at all; else empty
};

struct RecordChainQuality {
  size_t truth = 0;
  size_t prediction = 0;
  size_t statements[3] = {0, 0, 0};  // of each class
  // NaN: not applicable or not computed.
  double background_recall = Prediction::kUnknown;
  double anywhere_recall = Prediction::kUnknown;
  double caption_score = Prediction::kUnknown;
  double inference_score = Prediction::kUnknown;
  double combined = Prediction::kUnknown;
  double clue_weighted = Prediction::kUnknown;
  double precision = Prediction::kUnknown;
  double recall = Prediction::kUnknown;
  double f1 = Prediction::kUnknown;
  // What precision counts: captions and inferences, those that match a key step, and those that do
  // not but that the judge calls reasonable.
  size_t steps = 0;
  size_t steps_matched = 0;
  size_t steps_reasonable = 0;
  std::string unjudged;            // why the judge's verdicts could not be used; no precision then
  bool concludes_country = false;  // its last hypothesis names one, and there is a point
  std::vector<Contradiction> contradictions;
  std::vector<UnsupportedSpecific> specifics;
};

struct ChainQuality {
  size_t records = 0;        // matched predictions
  size_t without_chain = 0;  // of them: no text, or nothing in it
  size_t unclassified = 0;   // chains that the judge's answer did not class; in no figure by class
  size_t statements[3] = {0, 0, 0};
  size_t chains_without[3] = {0, 0, 0};  // classed chains that have no such statement

  ChainFigure background;  // recall of indicators in background statements
  ChainFigure anywhere;    // recall of indicators in the whole chain
  ChainFigure caption;     // RefCLIPScore
  ChainFigure inference;   // BERTScore F
  ChainFigure combined;
  ChainFigure clue_weighted;
  bool clue_weights_given = false;  // otherwise all clues weigh the same
  // Without a judge of what is reasonable, matches alone count: a lower bound of MME-CoT's.
  ChainFigure precision;
  ChainFigure recall;
  ChainFigure f1;
  bool judged = false;          // there was a judge
  size_t unjudged = 0;          // chains whose verdicts could not be used; without precision and F1
  size_t steps[3] = {0, 0, 0};  // over all chains with a precision: counted, matched, reasonable

  size_t with_point = 0;          // chains beside a readable answer: what contradictions are out of
  size_t concluding_country = 0;  // of them: chains whose conclusion names a country
  size_t contradicted = 0;        // of them: chains with at least one contradiction
  std::vector<std::pair<ContradictionKind, size_t>> contradictions;  // chains by kind
  size_t with_specifics = 0;
  std::vector<std::pair<UnsupportedSpecific::Kind, size_t>> specifics;  // chains by kind

  std::vector<RecordChainQuality> per_record;
};

// Fails only where a scorer does.
Result<ChainQuality> MeasureChains(std::span<const TruthRecord> truth,
                                   std::span<const Prediction> predictions,
                                   const Matching& matching, std::span<const ChainRecord> chains,
                                   const ChainScorers& scorers, const ChainQualityOptions& options);

}  // namespace gre
