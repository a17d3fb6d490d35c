// libgre_torch.so: everything that needs LibTorch, behind generation/torch_plugin.h.
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "engine/local_embedder.h"
#include "engine/local_engine.h"
#include "engine/memory.h"
#include "engine/runtime.h"
#include "engine/torch_errors.h"
#include "generation/torch_plugin.h"
#include "model/loader.h"
#include "model/stored_images.h"
#include "training/country_beliefs.h"
#include "training/export/training_export.h"
#include "training/plan/training_planner.h"
#include "training/policy/grpo_trainer.h"
#include "training/sft.h"
#include "training/tuning/sft_tuner.h"

namespace gre {
namespace {

// "ORG/NAME" for a snapshot in the Hugging Face cache (models--ORG--NAME/snapshots/REVISION), else
// the directory's own name.
std::string ModelName(const std::string& directory) {
  std::filesystem::path path = std::filesystem::path(directory).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  const std::string repository = path.parent_path().parent_path().filename().string();
  const std::string prefix = "models--";
  if (path.parent_path().filename() != "snapshots" || !repository.starts_with(prefix)) {
    return path.filename().string();
  }
  std::string name = repository.substr(prefix.size());
  const size_t separator = name.find("--");
  if (separator == std::string::npos) return name;
  name[separator] = '/';
  name.erase(separator + 1, 1);
  return name;
}

std::optional<at::ScalarType> ToScalarType(DtypeChoice choice) {
  switch (choice) {
    case DtypeChoice::kAuto:
      break;
    case DtypeChoice::kFloat32:
      return at::kFloat;
    case DtypeChoice::kBFloat16:
      return at::kBFloat16;
  }
  return std::nullopt;
}

Json ToJson(const ModelReport& report) {
  Json files = Json::array();
  for (const ModelReport::File& file : report.files) {
    files.push_back({{"name", file.name}, {"bytes", file.bytes}});
  }
  const int64_t parameters = report.text_parameters + report.vision_parameters;
  return {
      {"ok", report.problems.empty()},
      {"architecture", report.architecture},
      {"problems", report.problems},
      {"notes", report.notes},
      {"stored_dtype", report.stored_dtype},
      {"parameters",
       {{"text", report.text_parameters},
        {"vision", report.vision_parameters},
        {"total", parameters}}},
      {"weight_bytes", {{"float32", 4 * parameters}, {"bfloat16", 2 * parameters}}},
      {"kv_bytes_per_token",
       {{"float32", 4 * report.kv_values_per_token}, {"bfloat16", 2 * report.kv_values_per_token}}},
      {"layers", report.layers},
      {"hidden_size", report.hidden_size},
      {"vocab_size", report.vocab_size},
      {"context_tokens", report.context_tokens},
      {"files", std::move(files)}};
}

// Whether the tower's work is kept on disk or not.
Result<std::shared_ptr<const VisionLanguageModel>> LoadForEngine(const LocalEngineOptions& options,
                                                                 const ModelLoadOptions& load) {
  using Model = std::shared_ptr<const VisionLanguageModel>;
  GRE_ASSIGN_OR_RETURN(std::shared_ptr<VisionLanguageModel> model,
                       LoadModel(options.model_dir, load));
  if (options.image_features_dir.empty()) return Model(std::move(model));
  GRE_ASSIGN_OR_RETURN(
      model, StoreImageFeatures(std::move(model), options.model_dir, options.image_features_dir));
  return Model(std::move(model));
}

class LibTorchPlugin final : public TorchPlugin {
 public:
  Result<std::unique_ptr<TextGenerator>> LoadEngine(const LocalEngineOptions& options) override {
    GRE_RETURN_IF_ERROR(SetComputeThreads(options.num_threads));
    ModelLoadOptions load;
    GRE_ASSIGN_OR_RETURN(load.device, ResolveDevice(options.device));
    load.dtype = ToScalarType(options.dtype);
    load.adapter_dir = options.adapter_dir;
    load.merge_adapter = true;  // nobody trains it here
    load.builtin_chat_template = options.builtin_chat_template;
    load.memory_bytes = FreeMemoryBytes(load.device);
    load.max_pixels = options.max_pixels;
    GRE_ASSIGN_OR_RETURN(
        std::shared_ptr<const VisionLanguageModel> model,
        CatchTorchErrors(options.model_dir, [&] { return LoadForEngine(options, load); }));
    KeepFreedMemory();
    EngineInfo info;
    info.kind = IsEmbeddedArchitecture(model->spec().architecture) ? EngineKind::kEmbedded
                                                                   : EngineKind::kLocal;
    info.model = ModelName(options.model_dir);
    if (!options.adapter_dir.empty()) info.adapter = ModelName(options.adapter_dir);
    return std::unique_ptr<TextGenerator>(
        std::make_unique<LocalEngine>(std::move(model), std::move(info)));
  }

  Result<std::unique_ptr<Embedder>> LoadEmbedder(const EmbedderOptions& options) override {
    GRE_RETURN_IF_ERROR(SetComputeThreads(options.num_threads));
    GRE_ASSIGN_OR_RETURN(const c10::Device device, ResolveDevice(options.device));
    return LoadLocalEmbedder(options.model_dir, ModelName(options.model_dir), options.token_layer,
                             device);
  }

  Result<std::unique_ptr<ImageTextEmbedder>> LoadImageTextEmbedder(
      const EmbedderOptions& options) override {
    GRE_RETURN_IF_ERROR(SetComputeThreads(options.num_threads));
    GRE_ASSIGN_OR_RETURN(const c10::Device device, ResolveDevice(options.device));
    return LoadLocalImageTextEmbedder(options.model_dir, ModelName(options.model_dir), device);
  }

  Result<std::string> InspectModel(const std::string& model_dir, bool read_all_weights) override {
    GRE_ASSIGN_OR_RETURN(const ModelReport report, CatchTorchErrors(model_dir, [&] {
                           return gre::InspectModel(model_dir, read_all_weights);
                         }));
    return DumpJson(ToJson(report));
  }

  Result<TrainingOutcome> TrainSft(const TrainingCall& call,
                                   const CancellationToken& cancellation) override {
    return CatchTorchErrors(call.config_path, [&]() -> Result<TrainingOutcome> {
      GRE_ASSIGN_OR_RETURN(const bool tuning, IsTuningRecipe(call));
      return tuning ? RunTuning(call, cancellation) : RunSft(call, cancellation);
    });
  }

  Result<TrainingOutcome> TrainGrpo(const TrainingCall& call,
                                    const CancellationToken& cancellation) override {
    return CatchTorchErrors(call.config_path, [&] { return RunGrpo(call, cancellation); });
  }

  Result<std::vector<std::vector<float>>> ReadCountryBeliefs(
      const std::string& model_directory, const std::vector<std::string>& photos,
      const CancellationToken& cancellation) override {
    return CatchTorchErrors(model_directory, [&] {
      return gre::ReadCountryBeliefs(model_directory, photos, cancellation);
    });
  }

  Result<TrainingPlan> PlanTraining(const std::string& config_path,
                                    const std::vector<std::string>& overrides,
                                    const TrainingPlanOptions& options,
                                    const CancellationToken& cancellation) override {
    return CatchTorchErrors(config_path, [&] {
      return gre::PlanTraining(config_path, overrides, options, cancellation);
    });
  }

  Result<std::vector<std::string>> ExportTraining(const std::string& config_path,
                                                  const std::vector<std::string>& overrides,
                                                  const std::string& engine, const std::string& out,
                                                  const CancellationToken& cancellation) override {
    return CatchTorchErrors(config_path, [&] {
      return gre::ExportTraining(config_path, overrides, engine, out, cancellation);
    });
  }

  std::string DescribeRuntime() override { return gre::DescribeRuntime(); }
};

}  // namespace
}  // namespace gre

extern "C" __attribute__((visibility("default"))) gre::TorchPlugin* gre_torch_plugin(
    int abi, gre::LogLevel level, const gre::LogSink& sink) {
  if (abi != gre::kTorchPluginAbi) return nullptr;
  gre::SetLogLevel(level);
  gre::SetLogSink(sink);
  static gre::LibTorchPlugin plugin;
  return &plugin;
}
