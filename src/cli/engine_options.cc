#include "cli/engine_options.h"

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "cli/api_key.h"
#include "cli/models.h"
#include "core/json.h"
#include "generation/remote_engine.h"
#include "generation/torch_loader.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEmbeddedModelType = "gre_nano";  // of a copy in another folder

ChatDialect DialectOf(const std::string& name) {
  if (name == "openai") {
    return ChatDialect::kOpenAi;
  }
  return name == "vllm" ? ChatDialect::kVllm : ChatDialect::kAuto;
}

Result<Engine> MakeRemoteEngine(const EngineOptions& options, const Environment& environment) {
  RemoteEngineOptions remote;
  remote.api_url = options.api_url;
  remote.model = options.api_model;
  GRE_ASSIGN_OR_RETURN(remote.api_key,
                       ReadApiKey({options.api_key_env, options.api_key_file}, environment));
  remote.dialect = DialectOf(options.api_dialect);
  remote.max_concurrency = options.concurrency;
  remote.max_pixels = options.max_pixels;
  if (options.timeout_s > 0) {
    remote.timeout_ms = std::max<int64_t>(1, static_cast<int64_t>(options.timeout_s * 1000));
  }
  GRE_ASSIGN_OR_RETURN(std::unique_ptr<RemoteEngine> engine, RemoteEngine::Create(remote));
  return Engine{std::move(engine), {}};
}

Result<Engine> MakeLocalEngine(const EngineOptions& options, const Environment& environment) {
  LocalEngineOptions local;
  GRE_ASSIGN_OR_RETURN(local.model_dir, ResolveModel(options.model, environment));
  if (!options.adapter.empty()) {
    GRE_ASSIGN_OR_RETURN(local.adapter_dir, ResolveModel(options.adapter, environment));
  }
  local.device = options.device == "cuda" ? DeviceChoice::kCuda : DeviceChoice::kCpu;
  if (options.dtype != "auto") {
    local.dtype = options.dtype == "float32" ? DtypeChoice::kFloat32 : DtypeChoice::kBFloat16;
  }
  local.builtin_chat_template = options.chat_template == "qwen";
  local.num_threads = options.threads;
  local.max_pixels = options.max_pixels;
  GRE_ASSIGN_OR_RETURN(TorchPlugin * plugin, LoadTorchPlugin());
  GRE_ASSIGN_OR_RETURN(std::unique_ptr<TextGenerator> engine, plugin->LoadEngine(local));
  return Engine{std::move(engine), local.model_dir};
}

Status CheckCombination(const EngineOptions& options) {
  const bool remote = !options.api_url.empty();
  if (remote && (!options.model.empty() || !options.adapter.empty())) {
    return Error{ErrorCode::kInvalidArgument,
                 "--api-url and --model (or --adapter) exclude each other"};
  }
  if (remote && options.api_model.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "--api-url needs --api-model, the server's name of "
                 "the model"};
  }
  if (!remote && !options.api_model.empty()) {
    return Error{ErrorCode::kInvalidArgument, "--api-model needs --api-url"};
  }
  return {};
}

// Names, sizes and times of a folder's files.
std::string DescribeFolder(const std::string& directory) {
  std::vector<std::string> lines;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
    if (entry.is_regular_file(error)) {
      lines.push_back(entry.path().filename().string() + " " +
                      std::to_string(entry.file_size(error)) + " " +
                      std::to_string(entry.last_write_time(error).time_since_epoch().count()));
    }
  }
  std::sort(lines.begin(), lines.end());
  std::string text = directory;
  for (const std::string& line : lines) {
    text += "\n" + line;
  }
  return text;
}

}  // namespace

std::vector<OptionSpec> EngineOptionSpecs(EngineOptions& options) {
  return {
      {.name = "model",
       .value_name = "DIR",
       .help = "A model's folder, or ORG/NAME in the Hugging Face cache; without it the embedded "
               "gre-nano",
       .target = &options.model,
       .is_path = true},
      {.name = "adapter",
       .value_name = "DIR",
       .help = "A PEFT LoRA adapter for the model",
       .target = &options.adapter,
       .is_path = true},
      {.name = "api-url",
       .value_name = "URL",
       .help =
           "Ask this OpenAI-compatible server instead (vLLM, SGLang, llama-server, Ollama, ...)",
       .target = &options.api_url},
      {.name = "api-model",
       .value_name = "NAME",
       .help = "The server's name of the model",
       .target = &options.api_model},
      {.name = "api-key-env",
       .value_name = "NAME",
       .help =
           "The environment variable that holds the server's key; without it GRE_API_KEY, where "
           "it is set",
       .target = &options.api_key_env},
      {.name = "api-key-file",
       .value_name = "FILE",
       .help = "The file that holds the server's key",
       .target = &options.api_key_file,
       .is_path = true},
      {.name = "api-dialect",
       .value_name = "D",
       .help =
           "Fields that are sent: auto = those all servers know, openai = OpenAI's own service, "
           "vllm = all sampling fields, for vLLM and SGLang",
       .target = &options.api_dialect,
       .choices = {"auto", "openai", "vllm"}},
      {.name = "concurrency",
       .value_name = "N",
       .help = "Requests to a server at once",
       .target = &options.concurrency,
       .min = 1,
       .max = 256},
      {.name = "max-pixels",
       .value_name = "N",
       .help = "Larger photos are scaled down to so many pixels; 0 = as the model's files say",
       .target = &options.max_pixels,
       .min = 0},
      {.name = "device",
       .value_name = "D",
       .help = "Where a local model runs",
       .target = &options.device,
       .choices = {"cpu", "cuda"}},
      {.name = "dtype",
       .value_name = "D",
       .help = "Precision of a local model; auto is bfloat16 where the processor is fast in it",
       .target = &options.dtype,
       .choices = {"auto", "float32", "bfloat16"}},
      {.name = "chat-template",
       .value_name = "T",
       .help = "qwen: put the built-in chat template in place of one that is not known",
       .target = &options.chat_template,
       .choices = {"auto", "qwen"}},
      {.name = "threads",
       .value_name = "N",
       .help = "Processor threads; 0 = one for each core",
       .target = &options.threads,
       .min = 0,
       .max = 1024},
      {.name = "timeout",
       .value_name = "S",
       .help = "Give up on a photo after so many seconds; 0 = never",
       .target = &options.timeout_s,
       .min = 0,
       .max = 1'000'000},
  };
}

Status CheckEngineOptions(const EngineOptions& options, const Environment& environment) {
  GRE_RETURN_IF_ERROR(CheckCombination(options));
  if (!options.api_url.empty()) {
    GRE_RETURN_IF_ERROR(MakeRemoteEngine(options, environment));
  }
  for (const std::string& model : {options.model, options.adapter}) {
    if (!model.empty()) {
      GRE_RETURN_IF_ERROR(ResolveModel(model, environment));
    }
  }
  return {};
}

Result<Engine> MakeEngine(const EngineOptions& options, const Environment& environment) {
  GRE_RETURN_IF_ERROR(CheckCombination(options));
  return options.api_url.empty() ? MakeLocalEngine(options, environment)
                                 : MakeRemoteEngine(options, environment);
}

Result<EngineKind> KindOfEngine(const EngineOptions& options, const Environment& environment) {
  if (!options.api_url.empty()) return EngineKind::kRemote;
  GRE_ASSIGN_OR_RETURN(const std::string model, ResolveModel(options.model, environment));
  const auto config = ReadJsonFile(model + "/config.json");
  const bool is_embedded =
      options.model.empty() || (config.ok() && config->is_object() &&
                                config->value("model_type", Json()) == kEmbeddedModelType);
  return is_embedded ? EngineKind::kEmbedded : EngineKind::kLocal;
}

Result<std::string> DescribeModelIdentity(const EngineOptions& options,
                                          const Environment& environment) {
  GRE_RETURN_IF_ERROR(CheckCombination(options));
  if (!options.api_url.empty()) {
    return options.api_url + "\n" + options.api_model + "\n" + options.api_dialect;
  }
  GRE_ASSIGN_OR_RETURN(const std::string model, ResolveModel(options.model, environment));
  std::string text = DescribeFolder(model) + "\n" + options.dtype;
  if (!options.adapter.empty()) {
    GRE_ASSIGN_OR_RETURN(const std::string adapter, ResolveModel(options.adapter, environment));
    text += "\n" + DescribeFolder(adapter);
  }
  return text;
}

int BatchSize(const EngineOptions& options) {
  return options.api_url.empty() ? 1 : options.concurrency;
}

}  // namespace gre
