// gre model calibrate: fits a model's confidence on labelled photos and measures it on others.
#include <algorithm>
#include <map>
#include <memory>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/locate_options.h"
#include "cli/models.h"
#include "cli/progress.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "dataset/photo_folder.h"
#include "image/decode.h"
#include "metrics/accuracy.h"
#include "metrics/bootstrap.h"
#include "metrics/calibration.h"

namespace gre {
namespace {

struct CalibrateOptions {
  LocateOptions locate;  // engine, prompt, seed, lengths
  std::string photos;
  std::string fit = "dev";
  std::string report = "test";
  std::vector<std::string> samples;
  double abstain_below = 0.3;
  double unfamiliar = 0;
  std::string out;
  int limit = 0;
};

// A judged photo with what it is; no example where the model gave no point.
struct Judged {
  PhotoKind kind;
  std::optional<CalibrationExample> example;
  bool failed = false;  // the engine gave no reply: the photo says nothing about the model
};

Json IntervalJson(std::span<const double> values) {
  if (values.empty()) {
    return nullptr;
  }
  const MeanEstimate mean = BootstrapMean(values);
  return {{"value", mean.value}, {"low", mean.low}, {"high", mean.high}};
}

Json RiskCoverageJson(std::span<const JudgedAnswer> answers) {
  const RiskCoverage all = ComputeRiskCoverage(answers);
  Json curve = Json::array();
  double next = 0.1;  // the first point at or beyond each tenth of coverage
  for (const RiskCoveragePoint& point : all.curve) {
    if (point.coverage + 1e-9 >= next) {
      curve.push_back(
          {{"coverage", point.coverage}, {"risk", point.risk}, {"threshold", point.threshold}});
      next = point.coverage + 0.1;
    }
  }
  return {{"aurc", all.aurc}, {"curve", std::move(curve)}};
}

// What the fit is worth on photos that it has not seen.
Json MeasureFit(const CalibrationFit& fit, const std::vector<const Judged*>& photos) {
  std::vector<double> correct;
  std::vector<JudgedAnswer> answers;
  std::vector<double> errors_km;  // inside the true country 0 where only that is known
  double confident = 0;
  double confident_correct = 0;
  double inside_p50 = 0;
  double inside_p90 = 0;
  size_t failed = 0;
  for (const Judged* photo : photos) {
    if (photo->failed) {
      ++failed;
      continue;
    }
    if (!photo->example) {
      correct.push_back(0);
      continue;
    }
    const CalibrationExample& example = *photo->example;
    const double confidence = fit.weights.Probability(example.features);
    correct.push_back(example.correct ? 1 : 0);
    answers.push_back({confidence, example.correct});
    if (confidence > 0.6) {
      ++confident;
      confident_correct += example.correct ? 1 : 0;
    }
    const RadiusEstimate radius = ScaleRadius(example.raw_radius, fit.RadiusFor(example.features));
    errors_km.push_back(example.error_km);
    inside_p50 += example.error_km <= radius.p50_km ? 1 : 0;
    inside_p90 += example.error_km <= radius.p90_km ? 1 : 0;
  }
  Json bins = Json::array();
  for (const ReliabilityBin& bin : ReliabilityBins(answers, 10)) {
    if (bin.count > 0) {
      bins.push_back({{"low", bin.low},
                      {"high", bin.high},
                      {"count", bin.count},
                      {"mean_confidence", bin.mean_confidence},
                      {"accuracy", bin.accuracy}});
    }
  }
  const auto known = static_cast<double>(errors_km.size());
  return {{"photos", photos.size()},
          {"failed", failed},
          {"answered", answers.size()},
          {"country_top1", IntervalJson(correct)},
          {"calibration_error", ExpectedCalibrationError(answers)},
          {"above_60_percent",
           {{"answers", confident},
            {"correct", confident > 0 ? Json(confident_correct / confident) : Json(nullptr)}}},
          {"radius",
           {{"median_error_km", errors_km.empty() ? Json(nullptr) : Json(Median(errors_km))},
            {"inside_p50", known > 0 ? Json(inside_p50 / known) : Json(nullptr)},
            {"inside_p90", known > 0 ? Json(inside_p90 / known) : Json(nullptr)}}},
          {"risk_coverage", RiskCoverageJson(answers)},
          {"reliability", std::move(bins)}};
}

class CalibrateRun {
 public:
  CalibrateRun(const CalibrateOptions& options, CliContext& context)
      : options_(options), context_(context) {}

  Result<Json> Run() {
    GRE_ASSIGN_OR_RETURN(const std::vector<PhotoRecord> labels, ReadPhotoFolder(options_.photos));
    GRE_ASSIGN_OR_RETURN(const std::vector<PhotoRecord> fit_photos,
                         Select(labels, "--fit", options_.fit));
    GRE_ASSIGN_OR_RETURN(const std::vector<PhotoRecord> report_photos,
                         Select(labels, "--report", options_.report));
    if (fit_photos.empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   options_.photos + ": no photo of the split '" + options_.fit + "'"};
    }
    GRE_ASSIGN_OR_RETURN(const std::vector<int> counts, SampleCounts());
    Calibration calibration;
    calibration.set_abstain_below(options_.abstain_below);
    Json reports = Json::array();
    for (const int samples : counts) {
      LocateOptions locate = options_.locate;
      locate.samples = samples;
      locate.always_answer = true;
      GRE_ASSIGN_OR_RETURN(LocatorParts locator, MakeLocator(locate, context_.environment()));
      GRE_ASSIGN_OR_RETURN(const std::vector<Judged> fitted, Judge(*locator.localizer, fit_photos));
      GRE_ASSIGN_OR_RETURN(const CalibrationFit fit, Fit(fitted, samples));
      calibration.Add(fit);
      GRE_ASSIGN_OR_RETURN(const std::vector<Judged> judged,
                           Judge(*locator.localizer, report_photos));
      reports.push_back({{"samples", samples},
                         {"fit", MeasureKinds(fit, fitted)},
                         {"report", MeasureKinds(fit, judged)}});
      directory_ = locator.engine.model_directory;
    }
    const std::string path = options_.out.empty() ? directory_ + "/calibration.json" : options_.out;
    GRE_RETURN_IF_ERROR(WriteFileAtomically(path, calibration.ToJson()));
    return Json{{"schema", "gre.calibrate/1"},
                {"model", directory_},
                {"written", path},
                {"fit_split", options_.fit},
                {"report_split", options_.report},
                {"abstain_below", options_.abstain_below},
                {"unfamiliar", options_.unfamiliar},
                {"runs", std::move(reports)}};
  }

  // Photos that the engine gave no reply to, over all runs.
  [[nodiscard]] size_t failures() const { return failures_; }

 private:
  [[nodiscard]] Result<std::vector<PhotoRecord>> Select(const std::vector<PhotoRecord>& labels,
                                                        const std::string& option,
                                                        const std::string& name) const {
    const std::optional<PhotoSplit> split = ParsePhotoSplit(name);
    if (!split) {
      return Error{ErrorCode::kInvalidArgument,
                   option + ": expected train, dev or test, found '" + name + "'"};
    }
    std::map<PhotoKind, int> taken;  // by kind
    std::vector<PhotoRecord> selected;
    for (const PhotoRecord& label : labels) {
      if (label.split == *split && (options_.limit == 0 || taken[label.kind] < options_.limit)) {
        ++taken[label.kind];
        selected.push_back(label);
      }
    }
    return selected;
  }

  [[nodiscard]] Result<std::vector<int>> SampleCounts() const {
    std::vector<int> counts;
    for (const std::string& text : options_.samples) {
      int count = 0;
      GRE_RETURN_IF_ERROR(AssignOption({.name = "samples", .target = &count, .min = 1, .max = 64},
                                       text, "--samples"));
      counts.push_back(count);
    }
    return counts.empty() ? std::vector<int>{1, 8} : counts;
  }

  // Both kinds count the same in the fit, however many photos there are of each.
  static std::map<PhotoKind, double> KindWeights(const std::vector<PhotoRecord>& photos) {
    std::map<PhotoKind, double> weights;
    for (const PhotoRecord& photo : photos) {
      ++weights[photo.kind];
    }
    const double kinds = static_cast<double>(weights.size());
    for (auto& [kind, count] : weights) {
      count = static_cast<double>(photos.size()) / (kinds * count);
    }
    return weights;
  }

  Result<std::vector<Judged>> Judge(Localizer& localizer, const std::vector<PhotoRecord>& photos) {
    const std::map<PhotoKind, double> weights = KindWeights(photos);
    Progress progress({.enabled = !context_.quiet,
                       .terminal = context_.err_terminal,
                       .label = "judging",
                       .unit = "photos"},
                      static_cast<int64_t>(photos.size()));
    std::vector<Judged> judged;
    for (const PhotoRecord& photo : photos) {
      if (context_.cancellation().IsCancelled()) {
        return Error{ErrorCode::kCancelled, "interrupted; nothing is written"};
      }
      GRE_ASSIGN_OR_RETURN(RgbImage image, DecodeImageFile(options_.photos + "/" + photo.image));
      const LabelledPhoto labelled{
          {photo.image, std::make_shared<const RgbImage>(std::move(image)), std::nullopt},
          photo.country_code,
          photo.point,
          photo.kind == PhotoKind::kTravel,
          weights.at(photo.kind)};
      const Result<std::optional<CalibrationExample>> example =
          std::move(localizer.Judge({&labelled, 1}, context_.cancellation()).front());
      if (!example.ok()) {
        ++failures_;
        context_.PrintError(Error(example.error()).Wrap(photo.image));
        judged.push_back({.kind = photo.kind, .example = std::nullopt, .failed = true});
      } else {
        if (!*example) LogInfo(photo.image + ": the model gave no point");
        judged.push_back({photo.kind, *example});
      }
      progress.Update(static_cast<int64_t>(judged.size()));
    }
    return judged;
  }

  [[nodiscard]] Result<CalibrationFit> Fit(const std::vector<Judged>& judged, int samples) const {
    std::vector<CalibrationExample> examples;
    for (const Judged& photo : judged) {
      if (photo.example) {
        examples.push_back(*photo.example);
      }
    }
    CalibrationFitOptions fit_options;
    fit_options.samples = samples;
    fit_options.unfamiliar = options_.unfamiliar;
    return FitCalibration(examples, fit_options);
  }

  static Json MeasureKinds(const CalibrationFit& fit, const std::vector<Judged>& judged) {
    std::map<std::string, std::vector<const Judged*>> kinds;
    for (const Judged& photo : judged) {
      kinds[std::string(PhotoKindName(photo.kind))].push_back(&photo);
      kinds["all"].push_back(&photo);
    }
    Json report = Json::object();
    for (const auto& [kind, photos] : kinds) {
      report[kind] = MeasureFit(fit, photos);
    }
    return report;
  }

  const CalibrateOptions& options_;
  CliContext& context_;
  std::string directory_;
  size_t failures_ = 0;
};

}  // namespace

CommandSpec CalibrateCommand() {
  const auto options = std::make_shared<CalibrateOptions>();
  CommandSpec command;
  command.name = "calibrate";
  command.summary = "Fits a model's confidence on labelled photos and measures it on others";
  command.description =
      "The folder holds splits.csv (file, split, kind) and in each sub-folder labels.csv (file, "
      "country, lat, lon, precision). Writes calibration.json into the model's folder and prints "
      "accuracy, calibration error and risk-coverage as JSON. Photos that the engine fails on are "
      "counted apart and make the exit code 1.\n"
      "  gre model calibrate models/gre-nano --photos PHOTOS --fit dev --report test";
  command.options = {
      {.name = "MODEL",
       .value_name = "MODEL",
       .help = "The model's folder; without it the embedded model",
       .target = &options->locate.engine.model,
       .positional = true,
       .is_path = true},
      {.name = "photos",
       .value_name = "DIR",
       .help = "The labelled photos",
       .target = &options->photos,
       .configurable = false,
       .is_path = true},
      {.name = "fit",
       .value_name = "SPLIT",
       .help = "The photos to fit on",
       .target = &options->fit,
       .configurable = false},
      {.name = "report",
       .value_name = "SPLIT",
       .help = "The photos to measure on",
       .target = &options->report,
       .configurable = false},
      {.name = "samples",
       .value_name = "N",
       .help = "Chains a photo; may be repeated, one fit each (without it 1 and 8)",
       .target = &options->samples,
       .configurable = false},
      {.name = "abstain-below",
       .value_name = "P",
       .help = "The confidence under which the model will not answer",
       .target = &options->abstain_below,
       .min = 0,
       .max = 1,
       .configurable = false},
      {.name = "unfamiliar",
       .value_name = "SHARE",
       .help = "Share of ordinary photos taken to be unlike all of the fit's (docs/localizer.md)",
       .target = &options->unfamiliar,
       .min = 0,
       .max = 1,
       .configurable = false},
      {.name = "out",
       .value_name = "FILE",
       .help = "Where the fit goes instead of the model's folder",
       .target = &options->out,
       .configurable = false,
       .is_path = true},
      {.name = "limit",
       .value_name = "N",
       .help = "At most so many photos of each kind and split; 0 = all",
       .target = &options->limit,
       .min = 0,
       .configurable = false},
      {.name = "seed",
       .value_name = "N",
       .help = "Equal seeds give equal answers",
       .target = &options->locate.seed},
      {.name = "threads",
       .value_name = "N",
       .help = "Processor threads; 0 = one for each core",
       .target = &options->locate.engine.threads,
       .min = 0,
       .max = 1024},
  };
  command.run = [options](CliContext& context) -> ExitCode {
    if (options->photos.empty()) {
      return context.Fail(
          {ErrorCode::kInvalidArgument, "'gre model calibrate' needs --photos DIR"});
    }
    CalibrateRun run(*options, context);
    const Result<Json> report = run.Run();
    if (!report.ok()) {
      return context.Fail(report.error());
    }
    context.out.WriteLine(DumpJson(*report, context.json ? -1 : 2));
    return context.Finish(run.failures() == 0 ? kExitDone : kExitSomeFailed);
  };
  return command;
}

}  // namespace gre
