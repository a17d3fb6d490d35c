#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/records.h"
#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/photo_records.h"
#include "experiment/ablation_records.h"
#include "generation/text_generator.h"
#include "knowledge/place_namer.h"
#include "localizer/confidence.h"
#include "reasoning/prompt_template.h"

namespace gre {

// What a model says of photos: places and verdicts. Photos go to it in batches; answers depend on
// model, photos and seed alone. An engine that fails on a photo is an error. Not thread-safe; what
// is borrowed must outlive it.
class AblationAsker {
 public:
  AblationAsker(TextGenerator& generator, std::string photo_root, const PromptTemplate& locate,
                uint64_t seed);

  // Answers in the photos' order, with `samples` chains each (one is greedy), with confidences and
  // radii where a calibration is given.
  Result<std::vector<Prediction>> Locate(std::span<const PhotoRecord> photos, int samples,
                                         const std::optional<Calibration>& calibration,
                                         const CancellationToken& cancellation);
  // Answers with confidences and radii fitted to their own truths, as `gre model calibrate` does.
  struct Fitted {
    // For these numbers of samples; nothing (and a warning) where the answers do not allow it,
    // being all right or all wrong.
    std::optional<Calibration> calibration;
    std::vector<std::vector<Prediction>> answers;  // by number of samples, without confidences
  };
  Result<Fitted> Fit(std::span<const PhotoRecord> photos, const std::vector<int>& samples,
                     const CancellationToken& cancellation);
  // `count` chains a photo at temperature 1, those without coordinates left out.
  Result<std::vector<Candidate>> Propose(std::span<const PhotoRecord> photos, int count,
                                         const CancellationToken& cancellation);

  // What was said of a candidate in `samples` verdicts at temperature 1.
  struct Verdicts {
    int yes = 0, no = 0;
    double unread = 0;  // share that could not be read
    // The probability of "True" after what stood before it in the reply, mean over the replies that
    // could be read: finer than counting, above all where all say the same. A verdict is one token
    // of the embedded model; where the engine does not tell probabilities, it is counted.
    double probability = 0.5;
  };
  Result<std::vector<Verdicts>> Judge(std::span<const Candidate> candidates,
                                      const AblationRecords& records, int samples,
                                      const CancellationToken& cancellation);

 private:
  // One a photo; nothing where the model gave no point.
  Result<std::vector<std::optional<CalibrationExample>>> Examples(
      std::span<const PhotoRecord> photos, int samples, const CancellationToken& cancellation);
  Result<std::vector<GenerationResult>> Generate(
      size_t count, const std::function<Result<GenerationRequest>(size_t)>& make,
      const CancellationToken& cancellation);

  TextGenerator& generator_;
  std::string photo_root_;
  const PromptTemplate& locate_;
  uint64_t seed_;
  PlaceNamer namer_;  // countries alone
};

}  // namespace gre
