// gre bench run: a benchmark x a system -> a predictions file.
#include <filesystem>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "bench/truth_file.h"
#include "cli/bench_commands.h"
#include "cli/locate_run.h"
#include "cli/output_files.h"
#include "cli/version.h"
#include "core/file.h"
#include "core/sha256.h"
#include "reasoning/prompt_template.h"

namespace gre {
namespace {

struct BenchRunOptions {
  LocateOptions locate;
  std::string truth;
  TruthFields truth_fields;
  std::string photos;
};

// The photos of a benchmark under their ids. Where it names no images, ids are paths.
Result<std::vector<PhotoInput>> BenchPhotos(const BenchRunOptions& options,
                                            const CliContext& context) {
  GRE_ASSIGN_OR_RETURN(const TruthFile truth, ReadTruth(options.truth, options.truth_fields));
  for (const std::string& remark : truth.remarks) context.Note(remark);
  const std::filesystem::path folder = options.photos.empty()
                                           ? std::filesystem::path(options.truth).parent_path()
                                           : std::filesystem::path(options.photos);
  std::vector<PhotoInput> photos;
  for (const TruthRecord& record : truth.records) {
    if (options.locate.photos.limit > 0 &&
        photos.size() == static_cast<size_t>(options.locate.photos.limit)) {
      break;
    }
    const std::string& name = record.image.empty() ? record.id : record.image;
    photos.push_back({.kind = PhotoInput::Kind::kFile, .id = record.id, .path = folder / name});
  }
  return photos;
}

// The first line of the predictions file: everything that the answers depend on.
Result<std::string> RunHeader(const BenchRunOptions& options, const Environment& environment,
                              std::string_view settings_hash) {
  const LocateOptions& locate = options.locate;
  GRE_ASSIGN_OR_RETURN(const std::string truth, ReadFile(options.truth, size_t{1} << 32));
  GRE_ASSIGN_OR_RETURN(const std::string prompt_path, PromptPath(locate.prompt));
  GRE_ASSIGN_OR_RETURN(const PromptTemplate prompt, PromptTemplate::Load(prompt_path));
  GRE_ASSIGN_OR_RETURN(const EngineKind kind, KindOfEngine(locate.engine, environment));
  GRE_ASSIGN_OR_RETURN(const std::string identity,
                       DescribeModelIdentity(locate.engine, environment));
  const SamplingPlan plan = PlanSampling(locate, kind);
  const bool is_remote = kind == EngineKind::kRemote;
  const auto local_only = [&](const std::string& value) {
    return is_remote ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(value);
  };
  const std::string model = !locate.engine.api_url.empty() ? locate.engine.api_model
                            : locate.engine.model.empty()  ? "gre-nano"
                                                           : locate.engine.model;
  const nlohmann::ordered_json header = {
      {"schema", "gre.predictions/1"},
      {"software", std::string("gre ") + kVersion},
      {"model", model},
      {"adapter", locate.engine.adapter.empty() ? nlohmann::ordered_json(nullptr)
                                                : nlohmann::ordered_json(locate.engine.adapter)},
      {"model_identity", Sha256Hex(identity).substr(0, 16)},
      {"remote", is_remote},
      {"device", local_only(locate.engine.device)},
      {"dtype", local_only(locate.engine.dtype)},
      {"dialect", is_remote ? nlohmann::ordered_json(locate.engine.api_dialect)
                            : nlohmann::ordered_json(nullptr)},
      {"prompt", {{"name", locate.prompt}, {"hash", prompt.hash()}}},
      {"sampling",
       {{"samples", plan.samples},
        {"temperature", plan.sampling.temperature},
        {"top_p", plan.sampling.top_p},
        {"stratified", plan.sampling.stratified && !is_remote},
        {"max_new_tokens", plan.sampling.max_new_tokens},
        {"seed", plan.sampling.seed}}},
      {"max_pixels", locate.engine.max_pixels},
      {"benchmark",
       {{"file", std::filesystem::path(options.truth).filename().string()},
        {"sha256", Sha256Hex(truth)}}},
      {"settings", settings_hash}};
  return header.dump();
}

Result<LocateJob> MakeJob(const BenchRunOptions& options, const CliContext& context) {
  const auto missing = [](std::string what) {
    return Error{ErrorCode::kInvalidArgument, "'gre bench run' needs " + std::move(what)};
  };
  if (options.truth.empty()) return missing("--truth FILE, the benchmark");
  if (options.locate.out.empty()) return missing("--out FILE.jsonl");
  if (!options.locate.out.ends_with(".jsonl")) {
    return Error{ErrorCode::kInvalidArgument,
                 "--out: expected a name that ends in .jsonl, found '" + options.locate.out + "'"};
  }
  GRE_RETURN_IF_ERROR(RefuseSharedFiles(
      {.inputs = {{"--truth", options.truth}}, .outputs = {{"--out", options.locate.out}}}));
  GRE_RETURN_IF_ERROR(CheckLocateOptions(options.locate, context.environment()));
  LocateJob job;
  GRE_ASSIGN_OR_RETURN(job.photos, BenchPhotos(options, context));
  GRE_ASSIGN_OR_RETURN(job.settings_hash,
                       LocateSettingsHash(options.locate, context.environment()));
  GRE_ASSIGN_OR_RETURN(job.header, RunHeader(options, context.environment(), job.settings_hash));
  job.show_results = false;
  return job;
}

}  // namespace

CommandSpec BenchRunCommand() {
  const auto options = std::make_shared<BenchRunOptions>();
  options->locate.always_answer = true;    // a benchmark wants a point, with the flag beside it
  options->locate.ignore_metadata = true;  // and never one that the file carries
  CommandSpec command;
  command.name = "run";
  command.summary = "Lets a system answer a benchmark and keeps its predictions";
  command.description =
      "Asks the model for every photo and writes one record a line (docs/locate-schema.json) under "
      "a header that states model, prompt, sampling, seed and benchmark. Positions that photos "
      "carry are not looked at. A run can be killed at any moment and is continued by the same "
      "command.\n"
      "  gre bench run --truth bench.jsonl --photos PHOTOS --out nano.jsonl\n"
      "  gre bench run --truth bench.jsonl --photos PHOTOS --model DIR --samples 1 --out "
      "vlm.jsonl\n"
      "  gre bench score --predictions nano.jsonl --truth bench.jsonl";
  command.options = {
      {.name = "truth",
       .value_name = "FILE",
       .help = "The benchmark: CSV, TSV, JSON or JSON Lines with id, coordinates or country, and "
               "image where ids are no paths",
       .target = &options->truth,
       .configurable = false,
       .is_path = true},
      {.name = "photos",
       .value_name = "DIR",
       .help = "The folder of its images; without it the benchmark's own",
       .target = &options->photos,
       .configurable = false,
       .is_path = true},
      {.name = "truth-id",
       .value_name = "FIELD",
       .help = "The photo's id in the benchmark",
       .target = &options->truth_fields.id,
       .configurable = false},
      {.name = "truth-lat",
       .value_name = "FIELD",
       .help = "The latitude in the benchmark",
       .target = &options->truth_fields.latitude,
       .configurable = false},
      {.name = "truth-lon",
       .value_name = "FIELD",
       .help = "The longitude in the benchmark",
       .target = &options->truth_fields.longitude,
       .configurable = false},
  };
  constexpr std::string_view kOfLocate[] = {"out",         "force",          "limit", "samples",
                                            "temperature", "max-new-tokens", "seed",  "prompt"};
  Append(command.options, LocateOptionSpecs(options->locate, kOfLocate));
  command.run = [options](CliContext& context) -> ExitCode {
    Result<LocateJob> job = MakeJob(*options, context);
    if (!job.ok()) return context.Fail(job.error());
    return RunLocate(options->locate, std::move(*job), context);
  };
  return command;
}

}  // namespace gre
