#include "cli/bench_options.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <utility>

#include "bench/detectors.h"
#include "bench/place_columns.h"
#include "cli/signals.h"
#include "cli/version.h"
#include "core/file.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "knowledge/place_namer.h"

namespace gre {
namespace {

Result<std::vector<double>> ParseThresholds(const std::string& text) {
  std::vector<double> thresholds;
  for (const std::string_view part : Split(text, ',')) {
    const auto value = ParseDouble(Trim(part));
    constexpr double kMaxKm = 20100;  // no two places are farther from each other
    if (!value || *value <= 0 || *value > kMaxKm) {
      return Error{ErrorCode::kInvalidArgument,
                   "--thresholds: expected distances in km above 0 and up to 20100, separated by "
                   "commas, found '" +
                       std::string(part) + "'"};
    }
    thresholds.push_back(*value);
  }
  std::ranges::sort(thresholds);
  thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
  return thresholds;
}

// Latitude and longitude cannot be one field.
Status CheckCoordinateFields(const BenchOptions& options) {
  const PredictionFields& pred = options.prediction_fields;
  const TruthFields& truth = options.truth_fields;
  const bool pred_twice = !pred.latitude.empty() && pred.latitude == pred.longitude;
  const bool truth_twice = !truth.latitude.empty() && truth.latitude == truth.longitude;
  if (!pred_twice && !truth_twice) return {};
  const std::string option = pred_twice ? "pred" : "truth";
  return Error{ErrorCode::kInvalidArgument,
               "--" + option + "-lat and --" + option + "-lon: expected two fields, found '" +
                   (pred_twice ? pred.latitude : truth.latitude) + "' twice"};
}

Result<std::vector<double>> ParsePercentiles(const std::string& text) {
  std::vector<double> percentiles;
  for (const std::string_view part : Split(text, ',')) {
    const auto value = ParseDouble(Trim(part));
    if (!value || !(*value > 0 && *value < 100)) {
      return Error{ErrorCode::kInvalidArgument,
                   "--percentiles: expected numbers above 0 and below 100, separated by commas, "
                   "found '" +
                       std::string(part) + "'"};
    }
    percentiles.push_back(*value);
  }
  std::ranges::sort(percentiles);
  percentiles.erase(std::unique(percentiles.begin(), percentiles.end()), percentiles.end());
  return percentiles;
}

Status SetUnparsed(const std::string& text, ScoreConventions& conventions) {
  using Unparsed = ScoreConventions::Unparsed;
  constexpr std::string_view kDistance = "distance:";
  if (text == "wrong") {
    conventions.unparsed = Unparsed::kWrong;
  } else if (text == "drop") {
    conventions.unparsed = Unparsed::kDrop;
  } else if (const auto km = text.starts_with(kDistance)
                                 ? ParseDouble(text.substr(kDistance.size()))
                                 : std::nullopt;
             km && *km >= 0) {
    conventions.unparsed = Unparsed::kDistance;
    conventions.unparsed_distance_km = *km;
  } else {
    return Error{ErrorCode::kInvalidArgument,
                 "--unparsed: expected wrong, drop or distance:KM, found '" + text + "'"};
  }
  return {};
}

// Whether the replies of these files fit into memory beside everything else.
bool AreSmall(const std::vector<std::string>& paths) {
  constexpr uintmax_t kMaxBytes = uintmax_t{256} << 20;
  uintmax_t sum = 0;
  for (const std::string& path : paths) {
    std::error_code error;
    const uintmax_t bytes = std::filesystem::file_size(path, error);
    sum += error ? 0 : bytes;
  }
  return sum <= kMaxBytes;
}

// Whether the predictions say that they answer another benchmark than the truth.
std::optional<BenchWarning> WarnOfOtherBenchmark(const ScoredSystem& system,
                                                 const std::string& truth,
                                                 const std::string& truth_sha256) {
  const std::string& answered = system.file.benchmark_sha256;
  if (answered.empty() || answered == truth_sha256) return std::nullopt;
  constexpr size_t kShown = 12;
  return BenchWarning{"other_benchmark", system.matching.pairs.size(),
                      "the predictions answer the benchmark with SHA-256 " +
                          answered.substr(0, kShown) + "…, " + truth + " is another file (" +
                          truth_sha256.substr(0, kShown) +
                          "…): its photos or places may have changed since"};
}

Result<std::string> HashOf(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MappedFile::Open(path));
  return Sha256Hex({reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()});
}

std::vector<BenchWarning> Warn(const BenchInputs& inputs, const ScoredSystem& system) {
  std::vector<BenchWarning> warnings =
      DetectProblems(inputs.truth, system.file.predictions, system.matching);
  if (inputs.beside.gallery) {
    for (BenchWarning& warning : DetectGalleryLeak(*inputs.beside.gallery)) {
      warnings.push_back(std::move(warning));
    }
  }
  return warnings;
}

}  // namespace

std::vector<OptionSpec> BenchOptionSpecs(BenchOptions& options) {
  const auto text = [](std::string name, std::string value_name, std::string help,
                       std::string& target) {
    return OptionSpec{.name = std::move(name),
                      .value_name = std::move(value_name),
                      .help = std::move(help),
                      .target = &target,
                      .configurable = false};
  };
  std::vector<OptionSpec> specs = {
      {.name = "predictions",
       .value_name = "FILE",
       .help = "What a system answered: results of gre locate or bench run, or any CSV, TSV, JSON "
               "or JSON Lines",
       .target = &options.predictions,
       .configurable = false,
       .is_path = true},
      {.name = "truth",
       .value_name = "FILE",
       .help = "Where the photos were taken, in one of the same formats",
       .target = &options.truth,
       .configurable = false,
       .is_path = true},
      text("pred-id", "FIELD", "The photo's id in the predictions", options.prediction_fields.id),
      text("pred-text", "FIELD", "A model's raw reply in the predictions",
           options.prediction_fields.text),
      text("pred-lat", "FIELD", "The latitude in the predictions",
           options.prediction_fields.latitude),
      text("pred-lon", "FIELD", "The longitude in the predictions",
           options.prediction_fields.longitude),
      text("pred-confidence", "FIELD",
           "The confidence in the predictions that the country is right (confidence)",
           options.prediction_fields.confidence),
      {.name = "confidence-max",
       .value_name = "N",
       .help = "What the predictions write for certainty: 1, 5, 100 …",
       .target = &options.confidence_max,
       .min = 1e-6,
       .max = 1e6,
       .configurable = false},
      {.name = "answers",
       .value_name = "RULE",
       .help = "Which answers of raw replies count: any, JSON fields only, or what most of the "
               "files' replies use; one rule for all files",
       .target = &options.answers,
       .choices = {"auto", "any", "fields"},
       .configurable = false},
      {.name = "protocol",
       .value_name = "P",
       .help = "What answers are: coordinates, or names of places, which are geocoded offline",
       .target = &options.protocol,
       .choices = {"coordinates", "names"},
       .configurable = false},
      text("pred-name", "FIELD", "The place's name in the predictions, for --protocol names",
           options.prediction_fields.name),
      text("truth-id", "FIELD", "The photo's id in the truth", options.truth_fields.id),
      text("truth-lat", "FIELD", "The latitude in the truth", options.truth_fields.latitude),
      text("truth-lon", "FIELD", "The longitude in the truth", options.truth_fields.longitude),
      text("preset", "NAME", "The conventions of a paper: osv5m, pigeon, geoclip, gre",
           options.preset),
      text("thresholds", "KM,KM", "Accuracies within these distances (1,25,200,750,2500)",
           options.thresholds),
      text("percentiles", "P,P",
           "The distances that these shares of the answers lie within, in percent (10,25,75,90)",
           options.percentiles),
      text("distance", "D", "geodesic, haversine or haversine:RADIUS_KM", options.distance),
      {.name = "boundary",
       .value_name = "B",
       .help = "Whether a distance equal to the threshold is a hit (le) or not (lt)",
       .target = &options.boundary,
       .choices = {"le", "lt"},
       .configurable = false},
      text("unparsed", "POLICY", "Answers without coordinates: wrong, drop or distance:KM",
           options.unparsed),
      {.name = "missing",
       .value_name = "POLICY",
       .help = "Truths without a prediction: left out, or counted as unparsed",
       .target = &options.missing,
       .choices = {"ignore", "wrong"},
       .configurable = false},
      text("geoscore-scale", "KM", "Scale of GeoScore (1492.7)", options.geoscore_scale_km),
      {.name = "places",
       .value_name = "WHEN",
       .help = "Whether country, region, sub-region and city are compared; auto: up to 200,000 "
               "records",
       .target = &options.places,
       .choices = {"auto", "on", "off"},
       .configurable = false},
      {.name = "resamples",
       .value_name = "N",
       .help = "Bootstrap resamples behind the 95 % intervals",
       .target = &options.resamples,
       .min = 100,
       .max = 1000000,
       .configurable = false},
      {.name = "seed",
       .value_name = "N",
       .help = "Equal seeds give equal intervals",
       .target = &options.seed,
       .configurable = false},
      {.name = "gallery",
       .value_name = "FILE",
       .help = "Coordinates that a system chooses its answers from: how much of the truth is in it",
       .target = &options.gallery,
       .configurable = false,
       .is_path = true},
      {.name = "baselines",
       .value_name = "NAME",
       .help = "Shows what papers published on this benchmark, with their caveats",
       .target = &options.baselines,
       .choices = {"im2gps3k", "yfcc4k", "gws15k", "streetview", "osv5m", "greval"},
       .configurable = false},
  };
  return specs;
}

std::vector<CommandFiles::File> BenchInputFiles(const BenchOptions& options) {
  std::vector<CommandFiles::File> files;
  for (const std::string& path : options.predictions) files.push_back({"--predictions", path});
  files.push_back({"--truth", options.truth});
  files.push_back({"--gallery", options.gallery});
  return files;
}

Status CheckProtocol(const BenchOptions& options) {
  if (options.protocol == "names" || options.prediction_fields.name.empty()) return {};
  return Error{ErrorCode::kInvalidArgument, "--pred-name goes with --protocol names"};
}

Result<ScoreConventions> MakeConventions(const BenchOptions& options) {
  ScoreConventions conventions;
  if (!options.preset.empty()) {
    GRE_ASSIGN_OR_RETURN(conventions, ConventionPreset(options.preset));
  }
  if (!options.thresholds.empty()) {
    GRE_ASSIGN_OR_RETURN(conventions.thresholds_km, ParseThresholds(options.thresholds));
  }
  if (!options.percentiles.empty()) {
    GRE_ASSIGN_OR_RETURN(conventions.percentiles, ParsePercentiles(options.percentiles));
  }
  if (!options.distance.empty()) {
    auto distance = DistanceConvention::Parse(options.distance);
    if (!distance.ok()) return std::move(distance).error().Wrap("--distance");
    conventions.distance = *distance;
  }
  if (!options.boundary.empty()) {
    conventions.boundary = options.boundary == "le" ? Boundary::kInclusive : Boundary::kStrict;
  }
  if (!options.geoscore_scale_km.empty()) {
    const auto scale = ParseDouble(options.geoscore_scale_km);
    if (!scale || *scale <= 0) {
      return Error{ErrorCode::kInvalidArgument, "--geoscore-scale: expected km above 0, found '" +
                                                    options.geoscore_scale_km + "'"};
    }
    conventions.geoscore_scale_km = *scale;
  }
  GRE_RETURN_IF_ERROR(CheckCoordinateFields(options));
  conventions.protocol = options.protocol;
  GRE_RETURN_IF_ERROR(CheckProtocol(options));
  conventions.count_missing = options.missing == "wrong";
  GRE_RETURN_IF_ERROR(SetUnparsed(options.unparsed, conventions));
  return conventions;
}

PredictionOptions MakePredictionOptions(const BenchOptions& options, bool keep_text) {
  return {.fields = options.prediction_fields,
          .answers = options.answers == "any"      ? AnswerRule::kAny
                     : options.answers == "fields" ? AnswerRule::kFieldsOnly
                                                   : AnswerRule::kAuto,
          .confidence_max = options.confidence_max,
          .keep_text = keep_text};
}

Result<std::vector<PredictionsFile>> ReadPredictionFiles(const std::vector<std::string>& paths,
                                                         const PredictionOptions& reading,
                                                         const CancellationToken& cancellation) {
  PredictionOptions each = reading;
  const bool choose = reading.answers == AnswerRule::kAuto;
  if (choose) each.answers = AnswerRule::kAny;
  std::vector<std::future<Result<PredictionsFile>>> reads;
  for (const std::string& path : paths) {
    reads.push_back(
        std::async(std::launch::async, [&] { return ReadPredictions(path, each, cancellation); }));
  }
  std::vector<PredictionsFile> files;
  for (auto& read : reads) {
    GRE_ASSIGN_OR_RETURN(PredictionsFile file, read.get());
    files.push_back(std::move(file));
  }
  if (!choose) return files;
  const AnswerRule rule = ChooseAnswerRule(files);
  for (PredictionsFile& file : files) ApplyAnswerRule(rule, file);
  return files;
}

Result<const Gazetteer*> NamesGazetteer(const BenchOptions& options, const PlaceNamer& namer) {
  if (options.protocol != "names") return nullptr;
  if (namer.gazetteer() != nullptr) return namer.gazetteer();
  return Error{ErrorCode::kUnavailable, "--protocol names: " + namer.missing_reason()};
}

void PrintRemarks(const BenchInputs& inputs, const CliContext& context) {
  for (const std::string& remark : inputs.remarks) context.Note(remark);
  for (const ScoredSystem& system : inputs.systems) {
    for (const std::string& remark : system.file.remarks) context.Note(remark);
  }
}

std::vector<std::string> SystemNames(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  std::map<std::string, int> counts;
  for (const std::string& path : paths) {
    std::string name = std::filesystem::path(path).stem().string();
    if (const int count = ++counts[name]; count > 1) {
      name.append("-").append(std::to_string(count));
    }
    names.push_back(std::move(name));
  }
  return names;
}

Result<BenchInputs> LoadBench(const BenchOptions& options, CliContext& context, bool keep_text) {
  if (options.predictions.empty() || options.truth.empty()) {
    return Error{
        ErrorCode::kInvalidArgument,
        "expected --predictions FILE and --truth FILE; 'gre bench score --help' shows how"};
  }
  EndAtOnceWhenInterrupted(context.json);
  BenchInputs inputs;
  GRE_ASSIGN_OR_RETURN(inputs.conventions, MakeConventions(options));
  const auto namer =
      std::make_shared<const PlaceNamer>(PlaceNamer::Open(context.cache_directory() + "/geodata"));
  // Replies are also looked through for the truth.
  PredictionOptions reading =
      MakePredictionOptions(options, keep_text || AreSmall(options.predictions));
  GRE_ASSIGN_OR_RETURN(reading.names, NamesGazetteer(options, *namer));
  auto reads = std::async(std::launch::async, [&] {  // beside the truth
    return ReadPredictionFiles(options.predictions, reading, context.cancellation());
  });
  GRE_ASSIGN_OR_RETURN(TruthFile truth_file,
                       ReadTruth(options.truth, options.truth_fields, context.cancellation()));
  inputs.truth = std::move(truth_file.records);
  inputs.remarks = std::move(truth_file.remarks);
  if (!options.baselines.empty()) {
    GRE_ASSIGN_OR_RETURN(inputs.beside.published, FindPublished(options.baselines));
  }
  if (!options.gallery.empty()) {
    GRE_ASSIGN_OR_RETURN(const CoordinateGallery gallery, CoordinateGallery::Read(options.gallery));
    inputs.beside.gallery = CompareWithGallery(inputs.truth, gallery);
  }

  const bool needs_points =
      std::ranges::any_of(inputs.truth, [](const TruthRecord& record) { return !record.point; });
  if (needs_points && namer->gazetteer() == nullptr) {
    return Error{ErrorCode::kUnavailable, options.truth +
                                              ": photos of which only the country is known are "
                                              "scored with the places of that country: " +
                                              namer->missing_reason()};
  }
  constexpr size_t kMaxRecordsWithPlaces = 200000;
  const bool places = options.places == "on" ||
                      (options.places == "auto" && inputs.truth.size() <= kMaxRecordsWithPlaces);
  if (places && namer->gazetteer() == nullptr) {
    const std::string why =
        "region, sub-region, city and nearest country are not computed: " + namer->missing_reason();
    if (options.places == "on") {
      return Error{ErrorCode::kUnavailable, "--places on: " + why};
    }
    context.Note(why);
  }
  inputs.score = [namer, places, conventions = inputs.conventions](
                     std::span<const TruthRecord> truth, std::span<const Prediction> predictions,
                     const Matching& matching) {
    const CountryPoints country_points = [&](std::string_view code) {
      return SampleCountryPoints(*namer->gazetteer(), code);
    };
    RecordScores records = ScoreRecords(truth, predictions, matching, conventions, country_points,
                                        {.country = places});
    if (places && namer->gazetteer() != nullptr) {
      AddPlaceColumns(truth, predictions, *namer->gazetteer(), conventions, records);
    }
    return records;
  };
  BootstrapOptions bootstrap;
  bootstrap.resamples = options.resamples;
  bootstrap.seed = options.seed;
  const std::vector<std::string> names = SystemNames(options.predictions);
  GRE_ASSIGN_OR_RETURN(std::vector<PredictionsFile> files, reads.get());
  std::string truth_sha256;
  if (!std::ranges::all_of(files, &std::string::empty, &PredictionsFile::benchmark_sha256)) {
    GRE_ASSIGN_OR_RETURN(truth_sha256, HashOf(options.truth));
  }
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string& path = options.predictions[i];
    ScoredSystem system;
    system.name = names[i];
    system.file = std::move(files[i]);
    if (system.file.predictions.empty()) {
      return Error{ErrorCode::kInvalidInput,
                   path +
                       ": expected at least one record, found none (no records behind the "
                       "header)"};
    }
    auto matching = MatchPredictions(inputs.truth, system.file.predictions);
    if (!matching.ok()) return std::move(matching).error().Wrap(path);
    system.matching = std::move(*matching);
    if (system.matching.pairs.empty()) {
      return Error{ErrorCode::kInvalidInput,
                   path + ": no id of its " + std::to_string(system.file.predictions.size()) +
                       " records stands in " + options.truth + "; ids are taken from '" +
                       system.file.fields.id + "', name others with --pred-id and --truth-id"};
    }
    system.records = inputs.score(inputs.truth, system.file.predictions, system.matching);
    system.scores = Summarize(inputs.truth, system.file.predictions, system.matching,
                              system.records, inputs.conventions, bootstrap);
    system.scores.warnings = Warn(inputs, system);
    if (auto other = WarnOfOtherBenchmark(system, options.truth, truth_sha256)) {
      system.scores.warnings.push_back(std::move(*other));
    }
    inputs.systems.push_back(std::move(system));
  }
  return inputs;
}

BenchReport MakeReport(const BenchInputs& inputs, const BenchOptions& options) {
  BenchReport report;
  report.truth_source = options.truth;
  report.truth = inputs.truth;
  report.conventions = inputs.conventions;
  report.published = inputs.beside.published;
  report.version = kVersion;
  for (const ScoredSystem& system : inputs.systems) {
    const std::string answers = !HasReplies(system.file)                         ? ""
                                : system.file.answers == AnswerRule::kFieldsOnly ? "fields"
                                                                                 : "any";
    report.systems.push_back({system.name, system.file.path, answers, system.file.predictions,
                              system.matching, system.records, system.scores, system.file.remarks});
  }
  return report;
}

}  // namespace gre
