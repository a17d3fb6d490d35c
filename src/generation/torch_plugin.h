#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/log.h"
#include "core/result.h"
#include "generation/embedder.h"
#include "generation/text_generator.h"
#include "generation/training_call.h"
#include "generation/training_outcome.h"
#include "generation/training_plan.h"

namespace gre {

enum class DeviceChoice { kCpu, kCuda };
// kAuto: the checkpoint's where this machine is fast in it, else float32 if that fits.
enum class DtypeChoice { kAuto, kFloat32, kBFloat16 };

struct LocalEngineOptions {
  std::string model_dir;    // a Hugging Face directory (Qwen2.5-VL) or a gre-nano directory
  std::string adapter_dir;  // PEFT LoRA directory; empty for none
  bool builtin_chat_template = false;  // in place of a template that is not a published one
  DeviceChoice device = DeviceChoice::kCpu;
  DtypeChoice dtype = DtypeChoice::kAuto;
  int num_threads = 0;     // 0 = one per physical core
  int64_t max_pixels = 0;  // 0 = the model's preprocessor_config.json
  // Folder where what the model's tower makes of images is kept and looked up; empty for none.
  std::string image_features_dir;
};

struct EmbedderOptions {
  std::string model_dir;  // a Hugging Face directory: BERT for texts, CLIP for images and texts
  DeviceChoice device = DeviceChoice::kCpu;
  int num_threads = 0;      // 0 = one per physical core
  int64_t token_layer = 0;  // whose states are the token vectors; 0 = the last
};

// The part of the program that needs LibTorch, loaded at run time by the first command that needs
// it.
class TorchPlugin {
 public:
  virtual ~TorchPlugin() = default;
  virtual Result<std::unique_ptr<TextGenerator>> LoadEngine(const LocalEngineOptions& options) = 0;
  virtual Result<std::unique_ptr<Embedder>> LoadEmbedder(const EmbedderOptions& options) = 0;
  virtual Result<std::unique_ptr<ImageTextEmbedder>> LoadImageTextEmbedder(
      const EmbedderOptions& options) = 0;
  // `gre model info` / `gre model check`: a JSON object (docs/model-report.md).
  virtual Result<std::string> InspectModel(const std::string& model_dir, bool read_all_weights) = 0;
  // `gre train sft`: blocks until done, cancelled (checkpoint written) or failed.
  virtual Result<TrainingOutcome> TrainSft(const TrainingCall& call,
                                           const CancellationToken& cancellation) = 0;
  // Reinforcement learning by a recipe (training/policy/grpo_trainer.h); as above.
  virtual Result<TrainingOutcome> TrainGrpo(const TrainingCall& call,
                                            const CancellationToken& cancellation) = 0;
  // What an embedded model's country head alone believes (training/country_beliefs.h).
  virtual Result<std::vector<std::vector<float>>> ReadCountryBeliefs(
      const std::string& model_directory, const std::vector<std::string>& photos,
      const CancellationToken& cancellation) = 0;
  // `gre train plan` (training/plan/training_planner.h).
  virtual Result<TrainingPlan> PlanTraining(const std::string& config_path,
                                            const std::vector<std::string>& overrides,
                                            const TrainingPlanOptions& options,
                                            const CancellationToken& cancellation) = 0;
  // `gre train export` (training/export/training_export.h): the names of the files.
  virtual Result<std::vector<std::string>> ExportTraining(
      const std::string& config_path, const std::vector<std::string>& overrides,
      const std::string& engine, const std::string& out, const CancellationToken& cancellation) = 0;
  // LibTorch version, CPU capability, CUDA devices: a JSON object for `gre doctor`.
  virtual std::string DescribeRuntime() = 0;
};

// The plugin's only exported symbol, looked up by name. `abi` must equal kTorchPluginAbi.
inline constexpr int kTorchPluginAbi = 9;
inline constexpr char kTorchPluginSymbol[] = "gre_torch_plugin";
using TorchPluginEntry = TorchPlugin* (*)(int abi, LogLevel level, const LogSink& sink);

}  // namespace gre
