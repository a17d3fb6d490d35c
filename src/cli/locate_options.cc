#include "cli/locate_options.h"

#include <algorithm>
#include <utility>

#include "cli/models.h"
#include "cli/version.h"
#include "core/file.h"
#include "core/log.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "localizer/search_area.h"
#include "reasoning/prompt_template.h"

namespace gre {
namespace {

std::vector<OptionSpec> WithEngineOptions(std::vector<OptionSpec> specs, LocateOptions& options) {
  Append(specs, EngineOptionSpecs(options.engine));
  return specs;
}

// Without those of the engine.
std::vector<OptionSpec> OwnOptionSpecs(LocateOptions& options) {
  return {
      {.name = "PHOTO",
       .value_name = "PHOTO",
       .help = "Files, folders, URLs, or - for standard input",
       .target = &options.photos.words,
       .positional = true,
       .is_path = true},
      {.name = "recursive",
       .letter = 'r',
       .help = "Look into the folders of folders",
       .target = &options.photos.recursive},
      {.name = "include",
       .value_name = "GLOB",
       .help = "Of a folder only files that match; may be repeated",
       .target = &options.photos.include},
      {.name = "files-from",
       .value_name = "FILE",
       .help = "Read the names of photos from a file, one a line; - is standard input",
       .target = &options.photos.files_from,
       .configurable = false,
       .is_path = true},
      {.name = "limit",
       .value_name = "N",
       .help = "At most so many photos; 0 = all",
       .target = &options.photos.limit,
       .min = 0},
      {.name = "out",
       .letter = 'o',
       .value_name = "FILE",
       .help = "Write the results to a .json, .jsonl, .geojson, .kml, .csv or .html file",
       .target = &options.out,
       .configurable = false,
       .is_path = true},
      {.name = "force",
       .letter = 'f',
       .help = "Overwrite what --out names instead of going on with it",
       .target = &options.force,
       .configurable = false},
      {.name = "dry-run",
       .letter = 'n',
       .help = "Only list what would be done",
       .target = &options.dry_run,
       .configurable = false},
      {.name = "samples",
       .value_name = "N",
       .help = "Chains of reasoning a photo; 0 = 8 of a local model, 1 of a served one",
       .target = &options.samples,
       .min = 0,
       .max = 64},
      {.name = "temperature",
       .value_name = "T",
       .help = "How freely chains are drawn; 0 takes the likeliest word each time",
       .target = &options.temperature,
       .min = 0,
       .max = 10},
      {.name = "max-new-tokens",
       .value_name = "N",
       .help = "Length limit of a chain",
       .target = &options.max_new_tokens,
       .min = 1,
       .max = 65536},
      {.name = "seed",
       .value_name = "N",
       .help = "Equal seeds give equal answers",
       .target = &options.seed},
      {.name = "prompt",
       .value_name = "FILE",
       .help = "The instruction: gre, or a file of your own",
       .target = &options.prompt,
       .is_path = true},
      {.name = "within",
       .value_name = "AREA",
       .help = "Where the photo is known to be taken: a country, WEST,SOUTH,EAST,NORTH, or a "
               "GeoJSON file",
       .target = &options.within,
       .is_path = true},
      {.name = "always-answer",
       .help = "Give a point even where the answer would be \"cannot tell\"",
       .target = &options.always_answer},
      {.name = "ignore-metadata",
       .help = "Do not read the position that the photo carries",
       .target = &options.ignore_metadata},
      {.name = "metadata-only",
       .help = "Report only the position that the photo carries",
       .target = &options.metadata_only},
      {.name = "stream", .help = "Show the chain while it is written", .target = &options.stream},
  };
}

}  // namespace

std::vector<OptionSpec> LocateOptionSpecs(LocateOptions& options) {
  return WithEngineOptions(OwnOptionSpecs(options), options);
}

std::vector<OptionSpec> LocateOptionSpecs(LocateOptions& options,
                                          std::span<const std::string_view> names) {
  std::vector<OptionSpec> specs = OwnOptionSpecs(options);
  std::erase_if(specs, [&](const OptionSpec& spec) {
    return std::ranges::find(names, spec.name) == names.end();
  });
  return WithEngineOptions(std::move(specs), options);
}

Result<std::string> PromptPath(const std::string& prompt) {
  return prompt == "gre" ? FindShipped("prompts/gre.prompt") : Result<std::string>(prompt);
}

Status CheckLocateOptions(const LocateOptions& options, const Environment& environment) {
  if (!options.within.empty()) {
    if (Result<SearchArea> area = SearchArea::Parse(options.within); !area.ok()) {
      return Error{ErrorCode::kInvalidArgument, "--within: " + area.error().message};
    }
  }
  GRE_ASSIGN_OR_RETURN(const std::string prompt_path, PromptPath(options.prompt));
  if (Result<PromptTemplate> prompt = PromptTemplate::Load(prompt_path); !prompt.ok()) {
    return Error{ErrorCode::kInvalidArgument, "--prompt: " + prompt.error().message};
  }
  return CheckEngineOptions(options.engine, environment);
}

Result<std::string> LocateSettingsHash(const LocateOptions& options,
                                       const Environment& environment) {
  std::string text = std::string("gre ") + kVersion;
  const auto add = [&](const std::string& value) { text += "\n" + value; };
  add(options.metadata_only ? "metadata only" : "");
  add(options.ignore_metadata ? "without metadata" : "");
  if (!options.metadata_only) {
    GRE_ASSIGN_OR_RETURN(const std::string model,
                         DescribeModelIdentity(options.engine, environment));
    GRE_ASSIGN_OR_RETURN(const std::string prompt_path, PromptPath(options.prompt));
    GRE_ASSIGN_OR_RETURN(const PromptTemplate prompt, PromptTemplate::Load(prompt_path));
    add(model);
    add(prompt.hash());
    add(std::to_string(options.engine.max_pixels));
    add(std::to_string(options.samples));
    add(options.temperature ? FormatShortest(*options.temperature) : "");
    add(std::to_string(options.max_new_tokens));
    add(std::to_string(options.seed));
    add(options.within);
    add(FileExists(options.within)
            ? Sha256Hex(ReadFile(options.within).ok() ? ReadFile(options.within).value()
                                                      : std::string())
            : "");
    add(options.always_answer ? "always" : "");
  }
  return Sha256Hex(text).substr(0, 16);
}

SamplingPlan PlanSampling(const LocateOptions& options, EngineKind kind) {
  SamplingPlan plan;
  plan.samples = options.samples > 0 ? options.samples : DefaultSampleCount(kind);
  plan.sampling = DefaultSampling(kind, plan.samples);
  plan.sampling.temperature = options.temperature.value_or(plan.sampling.temperature);
  plan.sampling.max_new_tokens = options.max_new_tokens;
  plan.sampling.seed = options.seed;
  return plan;
}

namespace {

Result<LocatorParts> Assemble(const LocateOptions& options, const Environment& environment) {
  LocatorParts parts;
  LocalizerOptions localizer;
  if (!options.within.empty()) {
    GRE_ASSIGN_OR_RETURN(localizer.within, SearchArea::Parse(options.within));
  }
  GRE_ASSIGN_OR_RETURN(const std::string prompt_path, PromptPath(options.prompt));
  GRE_ASSIGN_OR_RETURN(PromptTemplate prompt, PromptTemplate::Load(prompt_path));
  GRE_ASSIGN_OR_RETURN(parts.engine, MakeEngine(options.engine, environment));
  GRE_ASSIGN_OR_RETURN(std::optional<Calibration> calibration,
                       LoadCalibration(parts.engine.model_directory));
  const EngineKind kind = parts.engine.generator->info().kind;
  SamplingPlan plan = PlanSampling(options, kind);
  localizer.samples = plan.samples;
  parts.samples = plan.samples;
  localizer.sampling = std::move(plan.sampling);
  localizer.always_answer = options.always_answer;
  parts.namer =
      std::make_unique<PlaceNamer>(PlaceNamer::Open(CacheDirectory(environment) + "/geodata"));
  if (parts.namer->gazetteer() == nullptr) {
    LogWarning(parts.namer->missing_reason());
  }
  GRE_ASSIGN_OR_RETURN(parts.localizer,
                       Localizer::Create(*parts.engine.generator, *parts.namer, std::move(prompt),
                                         std::move(calibration), std::move(localizer)));
  return parts;
}

}  // namespace

Result<LocatorParts> MakeLocator(const LocateOptions& options, const Environment& environment) {
  GRE_RETURN_IF_ERROR(CheckLocateOptions(options, environment));
  Result<LocatorParts> parts = Assemble(options, environment);
  if (!parts.ok() && parts.error().code == ErrorCode::kInvalidInput) {
    return Error{ErrorCode::kUnavailable, parts.error().message};
  }
  return parts;
}

}  // namespace gre
