// gre model info, check and fetch; calibrate has a file of its own.
#include <memory>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/models.h"
#include "cli/progress.h"
#include "core/json.h"
#include "core/strings.h"
#include "generation/torch_loader.h"

namespace gre {
namespace {

std::string Gigabytes(const Json& bytes) {
  return FormatFixed(bytes.get<double>() / (1u << 30), 2) + " GiB";
}

std::string Millions(const Json& count) { return FormatFixed(count.get<double>() / 1e6, 1) + " M"; }

Result<Json> Inspect(CliContext& context, const std::string& model, bool read_all_weights) {
  GRE_ASSIGN_OR_RETURN(const std::string directory, ResolveModel(model, context.environment()));
  GRE_ASSIGN_OR_RETURN(TorchPlugin * plugin, LoadTorchPlugin());
  GRE_ASSIGN_OR_RETURN(const std::string report, plugin->InspectModel(directory, read_all_weights));
  GRE_ASSIGN_OR_RETURN(Json json, ParseJson(report));
  json["directory"] = directory;
  // Locating needs the model's calibration too, which the plugin does not read.
  if (const auto calibration = LoadCalibration(directory); !calibration.ok()) {
    json["problems"].push_back(calibration.error().message);
    json["ok"] = false;
  }
  return json;
}

// The report for people; the keys are those of docs/model-report.md.
std::string DescribeModel(const Json& report) {
  std::string out = report["directory"].get<std::string>() + "\n";
  const auto line = [&](const std::string& name, const std::string& value) {
    out += "  " + name + std::string(name.size() < 16 ? 16 - name.size() : 1, ' ') + value + "\n";
  };
  const Json& parameters = report["parameters"];
  line("architecture", report["architecture"].get<std::string>());
  line("parameters", Millions(parameters["total"]) + " (text " + Millions(parameters["text"]) +
                         ", vision " + Millions(parameters["vision"]) + ")");
  const auto stored = report["stored_dtype"].get<std::string>();
  line("stored as", stored.empty() ? "unknown: the weights cannot be read" : stored);
  line("weights", Gigabytes(report["weight_bytes"]["float32"]) + " in float32, " +
                      Gigabytes(report["weight_bytes"]["bfloat16"]) + " in bfloat16");
  line("KV cache", FormatFixed(report["kv_bytes_per_token"]["bfloat16"].get<double>() / 1024, 1) +
                       " KiB a token in bfloat16");
  line("layers", std::to_string(report["layers"].get<int64_t>()) + " of width " +
                     std::to_string(report["hidden_size"].get<int64_t>()));
  line("vocabulary", std::to_string(report["vocab_size"].get<int64_t>()));
  line("context", std::to_string(report["context_tokens"].get<int64_t>()) + " tokens");
  for (const Json& file : report["files"]) {
    line("file", file["name"].get<std::string>() + ", " + Gigabytes(file["bytes"]));
  }
  return out;
}

std::string DescribeProblems(const Json& report) {
  std::string out;
  for (const Json& problem : report["problems"]) {
    out += "  problem: " + problem.get<std::string>() + "\n";
  }
  for (const Json& note : report["notes"]) {
    out += "  note: " + note.get<std::string>() + "\n";
  }
  return out;
}

OptionSpec ModelArgument(std::string& model) {
  return {.name = "MODEL",
          .value_name = "MODEL",
          .help = "A folder, or ORG/NAME in the Hugging Face cache; without it the embedded model",
          .target = &model,
          .positional = true,
          .is_path = true};
}

CommandSpec InfoCommand() {
  const auto model = std::make_shared<std::string>();
  CommandSpec command;
  command.name = "info";
  command.summary = "Prints architecture, parameters and memory at each precision";
  command.options = {ModelArgument(*model)};
  command.run = [model](CliContext& context) -> ExitCode {
    const Result<Json> report = Inspect(context, *model, false);
    if (!report.ok()) {
      return context.Fail(report.error());
    }
    context.out.Write(context.json ? DumpJson(*report) + "\n"
                                   : DescribeModel(*report) + DescribeProblems(*report));
    return kExitDone;
  };
  return command;
}

CommandSpec CheckCommand() {
  const auto model = std::make_shared<std::string>();
  const auto header_only = std::make_shared<bool>(false);
  CommandSpec command;
  command.name = "check";
  command.summary = "Says whether a model will work, and why not";
  command.description = "Reads all weights once; ends with 4 when the model will not work.";
  command.options = {ModelArgument(*model),
                     {.name = "header-only",
                      .help = "Look at names and shapes only, not at every weight",
                      .target = header_only.get(),
                      .configurable = false}};
  command.run = [model, header_only](CliContext& context) -> ExitCode {
    const Result<Json> report = Inspect(context, *model, !*header_only);
    if (!report.ok()) {
      const bool is_there = ResolveModel(*model, context.environment()).ok();
      const ExitCode code = context.Fail(report.error());
      const bool is_bad = report.error().code == ErrorCode::kInvalidInput ||
                          report.error().code == ErrorCode::kNotFound;
      return is_there && is_bad ? kExitCheckFailed : code;
    }
    const bool ok = (*report)["ok"].get<bool>();
    context.out.Write(context.json ? DumpJson(*report) + "\n"
                                   : (*report)["directory"].get<std::string>() +
                                         (ok ? ": works\n" : ": does not work\n") +
                                         DescribeProblems(*report));
    return ok ? kExitDone : kExitCheckFailed;
  };
  return command;
}

struct FetchOptions {
  std::string repo;
  std::string revision = "main";
};

CommandSpec FetchCommand() {
  const auto options = std::make_shared<FetchOptions>();
  CommandSpec command;
  command.name = "fetch";
  command.summary = "Downloads a model from the Hugging Face hub into its cache";
  command.description =
      "Uses HF_ENDPOINT, HF_TOKEN, HF_HOME and HF_HUB_CACHE. An interrupted download goes on where "
      "it stopped; every file is checked.\n"
      "  gre model fetch Qwen/Qwen2.5-VL-3B-Instruct";
  command.options = {{.name = "ORG/NAME",
                      .value_name = "ORG/NAME",
                      .help = "The model's name on the hub",
                      .target = &options->repo,
                      .positional = true,
                      .required = true},
                     {.name = "revision",
                      .value_name = "REV",
                      .help = "Branch, tag or commit",
                      .target = &options->revision}};
  command.run = [options](CliContext& context) -> ExitCode {
    std::unique_ptr<Progress> progress;
    const auto show = [&](const FetchProgress& fetched) {
      if (progress == nullptr) {
        progress = std::make_unique<Progress>(
            Progress::Options{
                .enabled = !context.quiet, .terminal = context.err_terminal, .label = "fetching"},
            fetched.total_bytes);
      }
      progress->Update(fetched.done_bytes, 0, fetched.file);
    };
    if (HubCacheDirectory(context.environment()).empty()) {
      return context.Fail(NoHome());
    }
    const Result<std::string> directory =
        FetchModel(HubOptionsFrom(context.environment()), options->repo, options->revision,
                   IsModelFile, show, context.cancellation());
    progress.reset();
    if (!directory.ok()) {
      return context.Fail(directory.error());
    }
    context.out.WriteLine(context.json ? DumpJson(Json{{"model", options->repo},
                                                       {"revision", options->revision},
                                                       {"directory", *directory}})
                                       : *directory);
    return kExitDone;
  };
  return command;
}

}  // namespace

CommandSpec ModelCommand() {
  CommandSpec command;
  command.name = "model";
  command.summary = "Looks at, checks, fetches and calibrates models";
  command.commands = {InfoCommand(), CheckCommand(), FetchCommand(), CalibrateCommand()};
  return command;
}

}  // namespace gre
