// gre dataset cot: chains and answers of teachers, filtered by their distance from the truth.
#include <filesystem>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/context.h"
#include "cli/dataset_asking.h"
#include "cli/dataset_commands.h"
#include "cli/dataset_options.h"
#include "cli/progress.h"
#include "core/file.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "dataset/parts/division.h"
#include "dataset/teacher/knowledge_teacher.h"
#include "dataset/teacher/recorded_replies.h"
#include "knowledge/gazetteer.h"

namespace gre {
namespace {

constexpr size_t kFewPoints = 20;  // of a country: populated places are added

struct CotOptions {
  DatasetOptions dataset;
  std::vector<std::string> teachers;
  std::vector<std::string> recorded;
  std::string recorded_id, recorded_text;
  std::string gallery;
  DatasetAskingOptions asking;
  std::string preset;
  std::optional<double> filter_theta_km, cot_photos, judge_photos, seed_photos;
  double judge_true_share = 0.5;
  bool judge_from_rollouts = false;
};

Result<AskSummary> AskKnowledge(Dataset& dataset, const CotOptions& options, CliContext& context) {
  std::string gallery = "latitude,longitude\n";
  if (!options.gallery.empty()) {
    GRE_ASSIGN_OR_RETURN(gallery, ReadFile(options.gallery));
  }
  GRE_ASSIGN_OR_RETURN(PointSampler points, PointSampler::FromGallery(gallery));
  GRE_ASSIGN_OR_RETURN(const Gazetteer places,
                       Gazetteer::Open(context.cache_directory() + "/geodata"));
  points.AddPlaces(places, kFewPoints);
  KnowledgeTeacher teacher(std::move(points), Sha256Hex(gallery).substr(0, 16),
                           options.asking.seed);
  Teacher* const worker = &teacher;
  AskOptions ask;
  ask.samples = options.asking.samples;
  ask.retry_failed = options.asking.retry_failed;
  ask.photos_at_once = 256;
  return AskWithProgress(dataset, std::span(&worker, 1), ask, context);
}

Result<RecordedSummary> StoreRecorded(Dataset& dataset, const CotOptions& options,
                                      const std::string& word, CliContext& context) {
  RecordedFile file;
  const size_t equals = word.find('=');
  file.path = equals == std::string::npos ? word : word.substr(equals + 1);
  if (equals != std::string::npos) file.teacher = word.substr(0, equals);
  file.id_field = options.recorded_id;
  file.text_field = options.recorded_text;
  file.json_fields_only = options.asking.answers == "fields";
  const std::string model =
      file.teacher.empty() ? std::filesystem::path(file.path).stem().string() : file.teacher;
  GRE_ASSIGN_OR_RETURN(const std::optional<TokenPrice> price,
                       PriceOf(options.asking.prices, model));
  file.price = price.value_or(TokenPrice{});
  Progress progress({.enabled = !context.quiet,
                     .terminal = context.err_terminal,
                     .label = "reading " + model,
                     .unit = "replies"},
                    0);
  return StoreRecordedReplies(
      dataset, file, [&](int64_t done) { progress.Update(done); }, context.cancellation());
}

DivisionOptions MakeDivision(const CotOptions& options) {
  const auto size = [](const std::optional<double>& number) {
    return number ? std::optional(static_cast<int64_t>(*number)) : std::nullopt;
  };
  DivisionOptions division;
  division.filter_theta_km = options.filter_theta_km;
  division.cot_photos = size(options.cot_photos);
  division.judge_photos = size(options.judge_photos);
  division.seed_photos = size(options.seed_photos);
  if (options.preset == "gre30k") {
    division.cot_photos = division.cot_photos.value_or(kGre30kCotPhotos);
    division.judge_photos = division.judge_photos.value_or(kGre30kJudgePhotos);
    division.seed_photos = division.seed_photos.value_or(kGre30kSeedPhotos);
  }
  division.judge_true_share = options.judge_true_share;
  division.judge_from_rollouts = options.judge_from_rollouts;
  division.seed = options.asking.seed;
  return division;
}

nlohmann::ordered_json Describe(const RecordedSummary& summary) {
  return {{"records", summary.records},     {"stored", summary.stored},
          {"earlier", summary.earlier},     {"unmatched", summary.unmatched},
          {"without_reply", summary.empty}, {"broken", summary.broken}};
}

nlohmann::ordered_json Describe(const AskSummary& summary) {
  return {{"wanted", summary.progress.wanted},
          {"done", summary.progress.done},
          {"failed", summary.progress.failed},
          {"stored", summary.stored},
          {"reused", summary.reused},
          {"unparsed_texts", summary.progress.unparsed},
          {"lost_requests", summary.lost},
          {"cost", summary.progress.cost},
          {"budget_reached", summary.budget_reached}};
}

nlohmann::ordered_json Describe(const DivisionSummary& summary) {
  return {
      {"photos", summary.photos}, {"accepted", summary.accepted}, {"rejected", summary.rejected},
      {"unread", summary.unread}, {"unasked", summary.unasked},   {"cot", summary.cot},
      {"judge", summary.judge},   {"seed", summary.seed},         {"left_over", summary.left_over}};
}

void Print(CliContext& context, const std::string& title, const std::vector<std::string>& lines) {
  if (context.json) return;
  context.out.WriteLine(title);
  for (const std::string& line : lines) context.out.WriteLine("  " + line);
}

void PrintRecorded(CliContext& context, const std::string& file, const RecordedSummary& summary) {
  const auto count = [](int64_t number) { return std::to_string(number); };
  Print(context, file,
        {count(summary.records) + " records: " + count(summary.stored) + " stored, " +
         count(summary.earlier) + " there already, " + count(summary.unmatched) +
         " without a photo, " + count(summary.empty) + " without a reply, " +
         count(summary.broken) + " broken"});
  constexpr size_t kShown = 20;
  for (size_t i = 0; i < summary.remarks.size() && i < kShown; ++i) {
    context.Note(summary.remarks[i]);
  }
  if (summary.remarks.size() > kShown) {
    context.Note("… and " + std::to_string(summary.remarks.size() - kShown) + " more");
  }
}

void PrintDivision(CliContext& context, const CotOptions& options, const DivisionSummary& summary) {
  const auto count = [](int64_t number) { return std::to_string(number); };
  std::vector<std::string> lines = {
      "answers   " + count(summary.accepted) + " accepted" +
          (options.filter_theta_km
               ? " (at most " + FormatShortest(*options.filter_theta_km) + " km off)"
               : "") +
          ", " + count(summary.rejected) + " rejected, " + count(summary.unread) + " unreadable, " +
          count(summary.unasked) + " without",
      "CoT       " + count(summary.cot), "Judge     " + count(summary.judge),
      "Seed      " + count(summary.seed)};
  if (summary.left_over > 0) lines.push_back("left over " + count(summary.left_over));
  Print(context, count(summary.photos) + " photos", lines);
}

Result<DatasetOutcome> Run(Dataset& dataset, const CotOptions& options, CliContext& context) {
  DatasetOutcome outcome;
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  if (!options.teachers.empty() || !options.recorded.empty()) {
    GRE_RETURN_IF_ERROR(CheckTheta(dataset, MakeDivision(options)));
  }
  for (const std::string& word : options.recorded) {
    GRE_ASSIGN_OR_RETURN(const RecordedSummary summary,
                         StoreRecorded(dataset, options, word, context));
    PrintRecorded(context, word, summary);
    if (summary.broken > 0) outcome.code = kExitSomeFailed;
    json["recorded"].push_back(Describe(summary));
  }
  for (const std::string& teacher : options.teachers) {
    GRE_ASSIGN_OR_RETURN(const AskSummary summary,
                         teacher == "knowledge"
                             ? AskKnowledge(dataset, options, context)
                             : AskModel(dataset, ReplyPurpose::kChain, options.asking, context));
    Print(context, teacher, DescribeAsking(summary));
    if (summary.progress.failed > 0) outcome.code = kExitSomeFailed;
    json["asked"].push_back(Describe(summary));
  }
  GRE_ASSIGN_OR_RETURN(const DivisionSummary division,
                       DividePhotos(dataset, MakeDivision(options), context.cancellation()));
  PrintDivision(context, options, division);
  json["division"] = Describe(division);
  outcome.summary = json.dump();
  return outcome;
}

Status Check(CotOptions& options, const CliContext& context) {
  const EngineOptions& engine = options.asking.engine;
  if (options.teachers.empty() && (!engine.model.empty() || !engine.api_url.empty())) {
    options.teachers.emplace_back("model");
  }
  for (const std::string& teacher : options.teachers) {
    if (teacher != "knowledge" && teacher != "model") {
      return Error{ErrorCode::kInvalidArgument,
                   "--teacher: expected 'knowledge' or 'model' (the one that --model or --api-url "
                   "names, else the embedded one), found '" +
                       teacher + "'"};
    }
    if (teacher == "model") GRE_RETURN_IF_ERROR(CheckDatasetAsking(options.asking, context));
  }
  return {};
}

std::vector<OptionSpec> OwnSpecs(CotOptions& options) {
  return {
      {.name = "teacher",
       .value_name = "KIND",
       .help = "knowledge (chains from label and fact table alone) or model; may be repeated. "
               "Without teacher, model and recorded replies nobody is asked: what is there is "
               "filtered and divided anew",
       .target = &options.teachers},
      {.name = "recorded",
       .value_name = "[NAME=]FILE",
       .help = "Replies that a model gave earlier: CSV, JSON or JSON Lines; may be repeated",
       .target = &options.recorded,
       .is_path = true},
      {.name = "recorded-id",
       .value_name = "FIELD",
       .help = "The photo's id in recorded files",
       .target = &options.recorded_id},
      {.name = "recorded-text",
       .value_name = "FIELD",
       .help = "The reply in recorded files",
       .target = &options.recorded_text},
      {.name = "gallery",
       .value_name = "FILE.csv",
       .help =
           "latitude,longitude lines: where the knowledge teacher puts photos of which only the "
           "country is known; without it, and in countries with few, populated places",
       .target = &options.gallery,
       .is_path = true},
      {.name = "filter-theta-km",
       .value_name = "KM",
       .help = "An answer is accepted up to this distance from the truth; required where any truth "
               "is a point",
       .target = &options.filter_theta_km,
       .min = 0},
      {.name = "preset",
       .value_name = "NAME",
       .help = "gre30k: 20,000 photos for CoT, 10,000 for Judge, 170,000 for Seed",
       .target = &options.preset,
       .choices = {"gre30k"}},
      {.name = "cot-photos",
       .value_name = "N",
       .help = "Most photos for CoT",
       .target = &options.cot_photos,
       .min = 0},
      {.name = "judge-photos",
       .value_name = "N",
       .help = "Most photos for Judge",
       .target = &options.judge_photos,
       .min = 0},
      {.name = "seed-photos",
       .value_name = "N",
       .help = "Most photos for Seed",
       .target = &options.seed_photos,
       .min = 0},
      {.name = "judge-true-share",
       .value_name = "X",
       .help = "Share of Judge's photos that are taken from accepted answers",
       .target = &options.judge_true_share,
       .min = 0,
       .max = 1},
      {.name = "judge-from-rollouts",
       .help = "Judge's photos are any: its answers come from 'judge --rollouts'",
       .target = &options.judge_from_rollouts},
  };
}

}  // namespace

CommandSpec DatasetCotCommand() {
  const auto options = std::make_shared<CotOptions>();
  CommandSpec command;
  command.name = "cot";
  command.summary = "Asks teachers for chains, filters them by the truth and divides the photos";
  command.description =
      "Every answer is kept and compared with the photo's truth; those within theta are for CoT "
      "and "
      "for Judge as True, the others for Judge as False, photos that are left for Seed. No photo "
      "is "
      "in two parts. A run can be killed at any moment and is continued by the same command; theta "
      "and sizes can be changed without asking again (docs/dataset.md).\n"
      "  gre dataset cot DIR --api-url URL --api-model NAME --samples 4 --filter-theta-km 25\n"
      "  gre dataset cot DIR --recorded gpt-4.1.jsonl --filter-theta-km 25\n"
      "  gre dataset cot DIR --teacher knowledge\n"
      "  gre dataset cot DIR --filter-theta-km 200        # the same answers at another theta";
  command.options = DatasetOptionSpecs(options->dataset);
  Append(command.options, OwnSpecs(*options));
  Append(command.options, DatasetAskingSpecs(options->asking));
  const std::vector<OptionSpec> settings = command.options;
  command.run = [options, settings](CliContext& context) -> ExitCode {
    if (const Status status = Check(*options, context); !status.ok()) {
      return context.Fail(status.error());
    }
    return RunOnDataset(options->dataset, DatasetAccess::kOpenFilled, "cot", settings, context,
                        [&](Dataset& dataset) { return Run(dataset, *options, context); });
  };
  return command;
}

}  // namespace gre
