#include "localizer/localizer.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <utility>

#include "core/strings.h"
#include "geo/geodesic.h"
#include "knowledge/borders.h"

namespace gre {
namespace {

constexpr int kMaxSamples = 1024;
constexpr size_t kMinScatteredPoints = 3;
constexpr double kMinPlaceShare = 1.0 / 3;

std::string_view EngineKindName(EngineKind kind) {
  switch (kind) {
    case EngineKind::kEmbedded:
      return "embedded";
    case EngineKind::kLocal:
      return "local";
    case EngineKind::kRemote:
      return "remote";
    case EngineKind::kScripted:
      return "scripted";
  }
  return "";
}

std::string Count(size_t count, size_t total) {
  return std::to_string(count) + " of " + std::to_string(total) +
         (total == 1 ? " sample" : " samples");
}

std::vector<LatLng> PointsOf(std::span<const Sample> samples) {
  std::vector<LatLng> points;
  for (const Sample& sample : samples) {
    if (sample.point) {
      points.push_back(*sample.point);
    }
  }
  return points;
}

size_t CountRefusals(std::span<const Sample> samples) {
  return static_cast<size_t>(std::ranges::count(samples, AnswerStatus::kRefused, &Sample::status));
}

// Why no sample gives a point.
std::string ReasonWithoutPoints(std::span<const Sample> samples) {
  if (samples.empty()) {
    return "the model gave no reply";
  }
  const size_t refusals = CountRefusals(samples);
  const std::string& first = samples.front().reason;
  const std::string detail = first.empty() ? "" : " (" + first + ")";
  if (refusals > 0) {
    return "the model declined in " + Count(refusals, samples.size()) + detail;
  }
  return "no reply holds readable coordinates" + detail;
}

// nullopt without any point.
std::optional<CalibrationExample> JudgeSamples(const std::vector<Sample>& samples,
                                               const LabelledPhoto& truth) {
  std::vector<LatLng> points = PointsOf(samples);
  if (points.empty()) return std::nullopt;
  const size_t chosen = BestPoint(points);
  const LatLng answer = points[chosen];
  const std::string country_code = CountryCodeAt(answer);
  points.erase(points.begin() + static_cast<std::ptrdiff_t>(chosen));

  CalibrationExample example;
  example.answer = answer;
  example.features = MeasureConfidence(samples, country_code);
  example.correct = country_code == truth.country_code;
  example.weight = truth.weight;
  example.ordinary = truth.ordinary;
  example.error_km = truth.point ? GeodesicDistanceKm(answer, *truth.point)
                                 : DistanceToCountryKm(truth.country_code, answer);
  example.raw_radius = EstimateRadius(answer, points, {});
  return example;
}

}  // namespace

int DefaultSampleCount(EngineKind engine) { return engine == EngineKind::kRemote ? 1 : 8; }

SamplingOptions DefaultSampling(EngineKind engine, int samples) {
  SamplingOptions sampling;
  if (samples > 1) {
    // The embedded model is calibrated on its own distribution; a large one is sampled a little
    // sharper, as its publishers advise.
    sampling.temperature = engine == EngineKind::kEmbedded ? 1.0 : 0.7;
    sampling.stratified = true;  // a vote of evenly spread samples errs less
  }
  return sampling;
}

Result<Localizer> Localizer::Create(TextGenerator& generator, const PlaceNamer& namer,
                                    PromptTemplate prompt, std::optional<Calibration> calibration,
                                    LocalizerOptions options) {
  if (options.samples < 1 || options.samples > kMaxSamples) {
    return Error{ErrorCode::kInvalidArgument, "samples: expected 1 to " +
                                                  std::to_string(kMaxSamples) + ", found " +
                                                  std::to_string(options.samples)};
  }
  if (options.abstain_below && !(*options.abstain_below >= 0 && *options.abstain_below <= 1)) {
    return Error{ErrorCode::kInvalidArgument,
                 "abstain_below: expected 0 to 1, found " + FormatShortest(*options.abstain_below)};
  }
  const std::string area = options.within ? options.within->description() : std::string();
  GRE_ASSIGN_OR_RETURN(RenderedPrompt rendered, prompt.Render({{"area", area}}));
  return Localizer(generator, namer, std::move(prompt), std::move(rendered), std::move(calibration),
                   std::move(options));
}

Localizer::Localizer(TextGenerator& generator, const PlaceNamer& namer, PromptTemplate prompt,
                     RenderedPrompt rendered, std::optional<Calibration> calibration,
                     LocalizerOptions options)
    : generator_(&generator),
      namer_(&namer),
      prompt_(std::move(prompt)),
      rendered_(std::move(rendered)),
      calibration_(std::move(calibration)),
      options_(std::move(options)) {}

GenerationRequest Localizer::MakeRequest(const LocateRequest& photo) const {
  GenerationRequest request;
  request.id = photo.file;
  if (!rendered_.system.empty()) {
    request.messages.push_back({Role::kSystem, {ContentPart::Text(rendered_.system)}});
  }
  request.messages.push_back(
      {Role::kUser, {ContentPart::Image(0), ContentPart::Text(rendered_.user)}});
  request.images = {photo.image};
  request.sampling = options_.sampling;
  request.num_samples = options_.samples;
  return request;
}

std::vector<LocateResult> Localizer::Locate(std::span<const LocateRequest> photos,
                                            const StreamCallback& stream,
                                            const CancellationToken& cancellation) {
  std::vector<GenerationRequest> requests;
  requests.reserve(photos.size());
  for (const LocateRequest& photo : photos) {
    requests.push_back(MakeRequest(photo));
  }
  std::vector<Result<GenerationResult>> generated =
      generator_->Generate(requests, stream, cancellation);
  GRE_CHECK(generated.size() == photos.size());
  std::vector<LocateResult> results;
  results.reserve(photos.size());
  for (size_t i = 0; i < photos.size(); ++i) {
    results.push_back(MakeResult(photos[i], std::move(generated[i])));
  }
  return results;
}

std::vector<Result<std::optional<CalibrationExample>>> Localizer::Judge(
    std::span<const LabelledPhoto> photos, const CancellationToken& cancellation) {
  std::vector<GenerationRequest> requests;
  requests.reserve(photos.size());
  for (const LabelledPhoto& labelled : photos) {
    requests.push_back(MakeRequest(labelled.photo));
  }
  std::vector<Result<GenerationResult>> generated =
      generator_->Generate(requests, {}, cancellation);
  GRE_CHECK(generated.size() == photos.size());
  std::vector<Result<std::optional<CalibrationExample>>> examples;
  examples.reserve(photos.size());
  for (size_t i = 0; i < photos.size(); ++i) {
    if (generated[i].ok()) {
      examples.emplace_back(JudgeSamples(ReadSamples(generated[i]->completions), photos[i]));
    } else {
      examples.emplace_back(std::move(generated[i]).error());
    }
  }
  return examples;
}

LocateResult Localizer::MakeResult(const LocateRequest& photo,
                                   Result<GenerationResult> generated) const {
  const EngineInfo& engine = generator_->info();
  LocateResult result;
  result.file = photo.file;
  result.metadata_gps = photo.metadata_gps;
  result.engine_kind = EngineKindName(engine.kind);
  result.model = engine.model;
  result.adapter = engine.adapter;
  result.prompt_hash = prompt_.hash();
  if (options_.within) result.within = options_.within->description();
  result.samples = options_.samples;
  result.seed = options_.sampling.seed;
  if (!generated.ok()) {
    result.error = std::move(generated).error();
    return result;
  }
  result.timing = {generated->timing.image_ms, generated->timing.prefill_ms,
                   generated->timing.decode_ms, generated->timing.total_ms};
  std::vector<Completion>& completions = generated->completions;
  result.usage.prompt_tokens = generated->prompt_tokens;
  result.usage.completion_tokens = generated->completion_tokens;
  for (const Completion& completion : completions) {
    result.usage.finish_reasons.emplace_back(FinishReasonName(completion.finish_reason));
  }
  if (std::ranges::all_of(completions, [](const Completion& completion) {
        return completion.finish_reason == FinishReason::kCancelled;
      })) {
    result.error = Error{ErrorCode::kCancelled, photo.file + ": stopped before any chain was done"};
    return result;
  }
  std::erase_if(completions, [](const Completion& completion) {
    return completion.finish_reason == FinishReason::kCancelled;
  });
  result.samples = static_cast<int>(completions.size());
  Decide(ReadSamples(completions), result);
  return result;
}

LocateAnswer Localizer::MakeAnswer(std::span<const Sample> voters, std::span<const Sample> inside,
                                   size_t chosen) const {
  LocateAnswer answer;
  answer.point = *inside[chosen].point;
  answer.place = namer_->NameOf(answer.point);

  const ConfidenceFeatures features = MeasureConfidence(voters, answer.place.country_code);
  const CalibrationFit* fit = calibration_ ? &calibration_->FitFor(features.samples) : nullptr;
  if (options_.within && !options_.within->country_code().empty()) {
    answer.confidence = 1;
    answer.confidence_source = ConfidenceSource::kGiven;
  } else if (answer.place.country_code.empty()) {
    answer.confidence = 0;  // no country to be right about
  } else {
    answer.confidence =
        fit != nullptr ? fit->weights.Probability(features) : CautiousConfidence(features);
    answer.confidence_source =
        fit != nullptr ? ConfidenceSource::kCalibration : ConfidenceSource::kSamples;
  }

  std::vector<LatLng> others = PointsOf(inside);
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(chosen));
  const RadiusEstimate radius = EstimateRadius(
      answer.point, others, fit != nullptr ? fit->RadiusFor(features) : RadiusModel());
  answer.radius_p50_km = radius.p50_km;
  answer.radius_p90_km = radius.p90_km;
  return answer;
}

std::string Localizer::ReasonToAbstain(std::span<const Sample> voters, const LocateAnswer& answer,
                                       std::span<const PointCluster> clusters,
                                       double place_share) const {
  const size_t refusals = CountRefusals(voters);
  if (2 * refusals >= voters.size()) {
    return "the model declined in " + Count(refusals, voters.size());
  }
  const double threshold =
      options_.abstain_below.value_or(calibration_ ? calibration_->abstain_below() : 0);
  if (answer.confidence < threshold) {
    const bool unlike_training =
        generator_->info().kind == EngineKind::kEmbedded &&
        MeasureConfidence(voters, answer.place.country_code).street_level < 0.5;
    return unlike_training
               ? "the embedded model cannot judge this kind of photo"
               : "the confidence of " + FormatFixed(answer.confidence * 100, 0) +
                     " % is below the threshold of " + FormatFixed(threshold * 100, 0) + " %";
  }
  if (!calibration_ && PointsOf(voters).size() >= kMinScatteredPoints &&
      place_share < kMinPlaceShare) {
    return "the samples scatter over " + std::to_string(clusters.size()) + " places";
  }
  return {};
}

void Localizer::AddAlternatives(std::span<const Sample> samples,
                                std::span<const PointCluster> clusters,
                                std::optional<size_t> answered, size_t total,
                                LocateResult& result) const {
  for (const PointCluster& cluster : clusters) {
    if (answered && std::ranges::binary_search(cluster.members, *answered)) {
      continue;
    }
    const Sample& center = samples[cluster.center];
    result.alternatives.push_back(
        {.point = *center.point,
         .share = static_cast<double>(cluster.members.size()) / static_cast<double>(total),
         .place = namer_->NameOf(*center.point),
         .chain = center.chain});
  }
}

void Localizer::Decide(std::vector<Sample> samples, LocateResult& result) const {
  result.dispersion_km = Dispersion(PointsOf(samples));
  // Points that count, then samples without a point, then points that the search area excludes.
  const auto is_outside = [&](const Sample& sample) {
    return sample.point && options_.within && !options_.within->Contains(*sample.point);
  };
  const auto excluded =
      std::stable_partition(samples.begin(), samples.end(), std::not_fn(is_outside));
  const auto pointless = std::stable_partition(
      samples.begin(), excluded, [](const Sample& sample) { return sample.point.has_value(); });
  const std::span<const Sample> inside(samples.begin(), pointless);
  const std::span<const Sample> outside(excluded, samples.end());
  const std::vector<LatLng> points = PointsOf(inside);
  const std::vector<PointCluster> outside_clusters = ClusterPoints(PointsOf(outside));

  if (inside.empty()) {
    result.status = LocateStatus::kAbstained;
    result.abstention_reason = outside.empty()
                                   ? ReasonWithoutPoints(samples)
                                   : "no sample lies within " + options_.within->description();
    if (!samples.empty()) {
      const Sample& shown =
          outside.empty() ? samples.front() : outside[BestPoint(PointsOf(outside))];
      result.chain = shown.chain;
      result.chain_text = shown.text;
    }
    AddAlternatives(outside, outside_clusters, std::nullopt, samples.size(), result);
    return;
  }

  // A point outside the search area has no vote; who declines has one.
  const std::span<const Sample> voters(samples.begin(), excluded);
  const size_t chosen = BestPoint(points);
  const std::vector<PointCluster> clusters = ClusterPoints(points);
  const auto own = std::ranges::find_if(clusters, [&](const PointCluster& cluster) {
    return std::ranges::binary_search(cluster.members, chosen);
  });
  const LocateAnswer answer = MakeAnswer(voters, inside, chosen);
  result.chain = inside[chosen].chain;
  result.chain_text = inside[chosen].text;
  result.abstention_reason = ReasonToAbstain(
      voters, answer, clusters,
      static_cast<double>(own->members.size()) / static_cast<double>(points.size()));
  const bool abstains = !result.abstention_reason.empty();
  result.status = abstains ? LocateStatus::kAbstained : LocateStatus::kOk;
  if (!abstains || options_.always_answer) {
    result.answer = answer;
    result.contradictions = FindContradictions(result.chain, answer.point);
  }
  AddAlternatives(inside, clusters, result.answer ? std::optional(chosen) : std::nullopt,
                  samples.size(), result);
  AddAlternatives(outside, outside_clusters, std::nullopt, samples.size(), result);
  std::ranges::stable_sort(result.alternatives, std::ranges::greater(), &LocateAlternative::share);
}

}  // namespace gre
