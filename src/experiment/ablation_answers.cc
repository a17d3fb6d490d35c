#include "experiment/ablation_answers.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include "core/log.h"
#include "core/strings.h"
#include "image/decode.h"
#include "knowledge/borders.h"
#include "localizer/localizer.h"
#include "reasoning/reply.h"
#include "rewards/rewards.h"

namespace gre {
namespace {

constexpr size_t kBatch = 64;  // photos
constexpr int kMaxNewTokens = 96;

Result<std::shared_ptr<const RgbImage>> Load(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(RgbImage image, DecodeImageFile(path));
  return std::make_shared<const RgbImage>(std::move(image));
}

double SumOfLogs(const Completion& completion) {
  double sum = 0;
  for (const float value : completion.logprobs) sum += value;
  return sum;
}

// The probability of "True" that a reply was drawn with. It ends with three tokens: the verdict,
// "</answer>" and the end of the turn.
double ProbabilityOfTrue(const Completion& completion, bool verdict) {
  constexpr size_t kFromEnd = 3;
  if (completion.logprobs.size() < kFromEnd || completion.finish_reason != FinishReason::kStop) {
    return verdict ? 1 : 0;
  }
  const double drawn = std::exp(completion.logprobs[completion.logprobs.size() - kFromEnd]);
  return verdict ? drawn : 1 - drawn;
}

Prediction ToPrediction(const LocateResult& result) {
  Prediction prediction;
  prediction.id = result.file;
  prediction.outcome = result.answer ? Outcome::kParsed : Outcome::kUnparsed;
  if (!result.answer) return prediction;
  prediction.point = result.answer->point;
  prediction.abstained = result.status == LocateStatus::kAbstained;
  if (result.answer->confidence_source == ConfidenceSource::kCalibration) {
    prediction.confidence = result.answer->confidence;
    prediction.radius_p50_km = result.answer->radius_p50_km;
    prediction.radius_p90_km = result.answer->radius_p90_km;
  }
  return prediction;
}

LocalizerOptions OptionsOf(EngineKind kind, int samples, uint64_t seed) {
  LocalizerOptions options;
  options.samples = samples;
  options.sampling = DefaultSampling(kind, samples);
  options.sampling.max_new_tokens = kMaxNewTokens;
  options.sampling.seed = seed;
  options.always_answer = true;
  return options;
}

SamplingOptions Drawing(uint64_t seed) {
  SamplingOptions sampling;
  sampling.temperature = 1;
  sampling.max_new_tokens = kMaxNewTokens;
  sampling.seed = seed;
  return sampling;
}

GenerationRequest MakeRequest(std::string id, std::shared_ptr<const RgbImage> image,
                              const RenderedPrompt& prompt, const SamplingOptions& sampling,
                              int samples) {
  GenerationRequest request;
  request.id = std::move(id);
  request.images.push_back(std::move(image));
  request.messages.push_back(
      {Role::kUser, {ContentPart::Image(0), ContentPart::Text(prompt.user)}});
  request.sampling = sampling;
  request.num_samples = samples;
  return request;
}

Error Interrupted() { return {ErrorCode::kCancelled, "interrupted; the same command goes on"}; }

}  // namespace

AblationAsker::AblationAsker(TextGenerator& generator, std::string photo_root,
                             const PromptTemplate& locate, uint64_t seed)
    : generator_(generator), photo_root_(std::move(photo_root)), locate_(locate), seed_(seed) {}

Result<std::vector<Prediction>> AblationAsker::Locate(std::span<const PhotoRecord> photos,
                                                      int samples,
                                                      const std::optional<Calibration>& calibration,
                                                      const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(Localizer localizer,
                       Localizer::Create(generator_, namer_, locate_, calibration,
                                         OptionsOf(generator_.info().kind, samples, seed_)));
  std::vector<Prediction> predictions;
  for (size_t begin = 0; begin < photos.size(); begin += kBatch) {
    std::vector<LocateRequest> batch;
    for (const PhotoRecord& photo :
         photos.subspan(begin, std::min(kBatch, photos.size() - begin))) {
      GRE_ASSIGN_OR_RETURN(auto image, Load(Concat({photo_root_, "/", photo.image})));
      batch.push_back({photo.image, std::move(image), std::nullopt});
    }
    for (const LocateResult& result : localizer.Locate(batch, {}, cancellation)) {
      if (cancellation.IsCancelled()) return Interrupted();
      if (result.error) return Error(*result.error).Wrap(result.file);
      predictions.push_back(ToPrediction(result));
    }
  }
  return predictions;
}

Result<std::vector<std::optional<CalibrationExample>>> AblationAsker::Examples(
    std::span<const PhotoRecord> photos, int samples, const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(Localizer localizer,
                       Localizer::Create(generator_, namer_, locate_, std::nullopt,
                                         OptionsOf(generator_.info().kind, samples, seed_)));
  std::map<PhotoKind, double> weights;  // both kinds count the same
  for (const PhotoRecord& photo : photos) ++weights[photo.kind];
  const auto kinds = static_cast<double>(weights.size());
  for (auto& [kind, weight] : weights) {
    weight = static_cast<double>(photos.size()) / (kinds * weight);
  }
  std::vector<std::optional<CalibrationExample>> examples;
  for (size_t begin = 0; begin < photos.size(); begin += kBatch) {
    std::vector<LabelledPhoto> batch;
    for (const PhotoRecord& photo :
         photos.subspan(begin, std::min(kBatch, photos.size() - begin))) {
      GRE_ASSIGN_OR_RETURN(auto image, Load(Concat({photo_root_, "/", photo.image})));
      batch.push_back({{photo.image, std::move(image), std::nullopt},
                       photo.country_code,
                       photo.point,
                       photo.kind == PhotoKind::kTravel,
                       weights.at(photo.kind)});
    }
    for (const auto& example : localizer.Judge(batch, cancellation)) {
      if (cancellation.IsCancelled()) return Interrupted();
      if (!example.ok()) return example.error();
      examples.push_back(*example);
    }
  }
  return examples;
}

Result<AblationAsker::Fitted> AblationAsker::Fit(std::span<const PhotoRecord> photos,
                                                 const std::vector<int>& samples,
                                                 const CancellationToken& cancellation) {
  Fitted fitted;
  fitted.calibration.emplace();
  for (const int count : samples) {
    GRE_ASSIGN_OR_RETURN(const auto examples, Examples(photos, count, cancellation));
    std::vector<CalibrationExample> answered;
    std::vector<Prediction>& answers = fitted.answers.emplace_back();
    for (size_t i = 0; i < photos.size(); ++i) {
      Prediction& answer = answers.emplace_back();
      answer.id = photos[i].image;
      answer.outcome = examples[i] ? Outcome::kParsed : Outcome::kUnparsed;
      if (!examples[i]) continue;
      answer.point = examples[i]->answer;
      answered.push_back(*examples[i]);
    }
    CalibrationFitOptions options;
    options.samples = count;
    const Result<CalibrationFit> fit = FitCalibration(answered, options);
    if (!fit.ok()) {
      LogWarning(Concat({"no confidences: ", fit.error().message}));
      fitted.calibration.reset();
    }
    if (fit.ok() && fitted.calibration) fitted.calibration->Add(*fit);
  }
  return fitted;
}

Result<std::vector<GenerationResult>> AblationAsker::Generate(
    size_t count, const std::function<Result<GenerationRequest>(size_t)>& make,
    const CancellationToken& cancellation) {
  std::vector<GenerationResult> results;
  for (size_t begin = 0; begin < count; begin += kBatch) {
    std::vector<GenerationRequest> batch;
    for (size_t i = begin; i < std::min(count, begin + kBatch); ++i) {
      GRE_ASSIGN_OR_RETURN(GenerationRequest request, make(i));
      batch.push_back(std::move(request));
    }
    for (Result<GenerationResult>& result : generator_.Generate(batch, {}, cancellation)) {
      if (cancellation.IsCancelled()) return Interrupted();
      if (!result.ok()) return result.error();
      results.push_back(*std::move(result));
    }
  }
  return results;
}

Result<std::vector<Candidate>> AblationAsker::Propose(std::span<const PhotoRecord> photos,
                                                      int count,
                                                      const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(const RenderedPrompt prompt, locate_.Render({{"area", ""}}));
  const auto make = [&](size_t i) -> Result<GenerationRequest> {
    GRE_ASSIGN_OR_RETURN(auto image, Load(Concat({photo_root_, "/", photos[i].image})));
    return MakeRequest(photos[i].image, std::move(image), prompt, Drawing(seed_), count);
  };
  GRE_ASSIGN_OR_RETURN(const std::vector<GenerationResult> results,
                       Generate(photos.size(), make, cancellation));
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < photos.size(); ++i) {
    for (const Completion& completion : results[i].completions) {
      const ParsedAnswer answer = ParseReply(completion.text);
      if (!answer.point) continue;
      const auto tokens = static_cast<double>(std::max<size_t>(completion.logprobs.size(), 1));
      candidates.push_back({&photos[i], completion.text,
                            CountryCodeAt(*answer.point) == photos[i].country_code,
                            SumOfLogs(completion) / tokens});
    }
  }
  if (candidates.empty()) {
    return Error{ErrorCode::kInvalidInput,
                 Concat({"chains to be judged: expected some with coordinates, found none in ",
                         std::to_string(photos.size() * static_cast<size_t>(count)),
                         "; learn longer before"})};
  }
  return candidates;
}

Result<std::vector<AblationAsker::Verdicts>> AblationAsker::Judge(
    std::span<const Candidate> candidates, const AblationRecords& records, int samples,
    const CancellationToken& cancellation) {
  const auto make = [&](size_t i) -> Result<GenerationRequest> {
    const Candidate& candidate = candidates[i];
    GRE_ASSIGN_OR_RETURN(auto image, Load(Concat({photo_root_, "/", candidate.photo->image})));
    GRE_ASSIGN_OR_RETURN(const RenderedPrompt question, records.Question(candidate.reply));
    return MakeRequest(Concat({candidate.photo->image, " ", std::to_string(i)}), std::move(image),
                       question, Drawing(seed_), samples);
  };
  GRE_ASSIGN_OR_RETURN(const std::vector<GenerationResult> results,
                       Generate(candidates.size(), make, cancellation));
  std::vector<Verdicts> all;
  for (const GenerationResult& result : results) {
    Verdicts verdicts;
    double sum = 0;
    for (const Completion& completion : result.completions) {
      const ReplyParts parts = SplitReply(completion.text);
      const std::optional<bool> verdict = parts.answer ? ParseVerdict(*parts.answer) : std::nullopt;
      if (!verdict) continue;
      ++(*verdict ? verdicts.yes : verdicts.no);
      sum += ProbabilityOfTrue(completion, *verdict);
    }
    const int read = verdicts.yes + verdicts.no;
    verdicts.unread = 1 - static_cast<double>(read) / samples;
    if (read > 0) verdicts.probability = sum / read;
    all.push_back(verdicts);
  }
  return all;
}

}  // namespace gre
