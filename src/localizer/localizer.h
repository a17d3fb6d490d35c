#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "generation/text_generator.h"
#include "knowledge/place_namer.h"
#include "localizer/confidence.h"
#include "localizer/consensus.h"
#include "localizer/locate_result.h"
#include "localizer/sample.h"
#include "localizer/search_area.h"
#include "reasoning/prompt_template.h"

namespace gre {

struct LocalizerOptions {
  int samples = 8;                // chains a photo; at least 1
  SamplingOptions sampling = {};  // its seed is the run's seed
  bool always_answer = false;     // give the point also beside an abstention
  // Abstain below this confidence. Unset: what the calibration says; nothing without one.
  std::optional<double> abstain_below = std::nullopt;
  std::optional<SearchArea> within =
      std::nullopt;  // prior: points outside do not count, refusals do
};

// Samples for a photo and how they are drawn, where the user does not say: 8 chains of a model that
// runs here, 1 of a remote one; a single chain is greedy.
int DefaultSampleCount(EngineKind engine);
SamplingOptions DefaultSampling(EngineKind engine, int samples);

struct LocateRequest {
  std::string file;  // names the photo in the result and seeds its randomness
  std::shared_ptr<const RgbImage> image;
  std::optional<LatLng> metadata_gps;  // passed on, never shown to the model
};

// A photo whose place is known, for calibration.
struct LabelledPhoto {
  LocateRequest photo;
  std::string country_code;                    // ISO 3166-1 alpha-2
  std::optional<LatLng> point = std::nullopt;  // absent: only the country is known
  bool ordinary = false;                       // no street-level photo
  double weight = 1;                           // of CalibrationExample
};

// Finds out where photos were taken: asks the model for chains, reads them and decides.
//
// The answer is the sampled point with the highest expected GeoScore over all samples, never a
// point that nobody proposed. Instead of a guess the result is an abstention, with its reason and
// the alternatives, when (in this order)
//   - no sample gives a point: the model declined, or nothing could be read;
//   - no point lies in the search area;
//   - at least half of the samples declined;
//   - the confidence is under the threshold;
//   - without calibration: three or more points of which no third mean the same place.
// Confidence: the calibrated probability that the answered country is right; 1 when the search area
// is one country; without calibration CautiousConfidence.
//
// Not thread-safe (the generator is not); the referenced objects must outlive it.
class Localizer {
 public:
  // Fails when an option is out of range or the template does not take "area" as its one value.
  static Result<Localizer> Create(TextGenerator& generator, const PlaceNamer& namer,
                                  PromptTemplate prompt, std::optional<Calibration> calibration,
                                  LocalizerOptions options);

  // One result a photo, in order; a photo that fails does not disturb the others. `stream` may be
  // empty; its request_index is the photo's.
  std::vector<LocateResult> Locate(std::span<const LocateRequest> photos,
                                   const StreamCallback& stream,
                                   const CancellationToken& cancellation);

  // What FitCalibration learns from: answers every photo as --always-answer would, without a search
  // area, and compares with the truth. An error for a photo that the engine failed on, nullopt for
  // one that the model gave no point for.
  std::vector<Result<std::optional<CalibrationExample>>> Judge(
      std::span<const LabelledPhoto> photos, const CancellationToken& cancellation);

  // The decision alone: fills status, reason, answer, alternatives, chain and dispersion of
  // `result` from the samples. Used again on stored replies.
  void Decide(std::vector<Sample> samples, LocateResult& result) const;

 private:
  Localizer(TextGenerator& generator, const PlaceNamer& namer, PromptTemplate prompt,
            RenderedPrompt rendered, std::optional<Calibration> calibration,
            LocalizerOptions options);

  [[nodiscard]] GenerationRequest MakeRequest(const LocateRequest& photo) const;
  [[nodiscard]] LocateResult MakeResult(const LocateRequest& photo,
                                        Result<GenerationResult> generated) const;
  // `voters`: the samples that confidence is measured on; `inside`: those whose points count.
  [[nodiscard]] LocateAnswer MakeAnswer(std::span<const Sample> voters,
                                        std::span<const Sample> inside, size_t chosen) const;
  // Empty: the answer stands. `place_share`: of the points, those that mean the answered place.
  [[nodiscard]] std::string ReasonToAbstain(std::span<const Sample> voters,
                                            const LocateAnswer& answer,
                                            std::span<const PointCluster> clusters,
                                            double place_share) const;
  // One alternative a cluster, but for the one that holds the `answered` sample.
  void AddAlternatives(std::span<const Sample> samples, std::span<const PointCluster> clusters,
                       std::optional<size_t> answered, size_t total, LocateResult& result) const;

  TextGenerator* generator_;
  const PlaceNamer* namer_;
  PromptTemplate prompt_;
  RenderedPrompt rendered_;
  std::optional<Calibration> calibration_;
  LocalizerOptions options_;
};

}  // namespace gre
