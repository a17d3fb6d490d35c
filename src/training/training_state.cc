#include "training/training_state.h"

#include <algorithm>
#include <filesystem>
#include <list>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <nlohmann/json.hpp>

#include "core/excerpt.h"
#include "core/file.h"
#include "core/json.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "model/checkpoint_source.h"
#include "weights/checkpoint.h"
#include "weights/safetensors.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

constexpr char kSchema[] = "gre.training_state/2";
constexpr char kTensors[] = "state.safetensors";
constexpr char kPosition[] = "state.json";
constexpr std::string_view kPrefix = "step_";
constexpr char kValue[] = "value/";

// The tensors of a parameter under their names in the file.
std::vector<std::pair<std::string, at::Tensor>> Tensors(const TrainedParameter& p) {
  std::vector<std::pair<std::string, at::Tensor>> tensors = {{kValue + p.name, p.master},
                                                             {"moment1/" + p.name, p.moment1},
                                                             {"moment2/" + p.name, p.moment2}};
  if (p.average.defined()) tensors.emplace_back("average/" + p.name, p.average);
  return tensors;
}

// Steps of the checkpoints in `directory`, ascending.
std::vector<int64_t> ListSteps(const std::string& directory) {
  std::vector<int64_t> steps;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix)) {
      if (const auto step = ParseInt(name.substr(kPrefix.size()))) {
        steps.push_back(*step);
      }
    }
  }
  std::ranges::sort(steps);
  return steps;
}

std::string StepFolder(const std::string& directory, int64_t step) {
  return directory + "/" + std::string(kPrefix) + std::to_string(step);
}

Error Damaged(const std::string& path, const std::string& reason) {
  return {ErrorCode::kInvalidInput,
          path + ": " + reason + "; remove this checkpoint to resume from the one before"};
}

using Settings = std::map<std::string_view, std::string_view>;

// The views point into `text`.
Settings ParseSettings(std::string_view text) {
  constexpr std::string_view kEquals = " = ";
  Settings settings;
  for (const std::string_view line : Split(text, '\n')) {
    const size_t at = line.find(kEquals);
    if (at != std::string_view::npos) {
      settings[line.substr(0, at)] = line.substr(at + kEquals.size());
    }
  }
  return settings;
}

// "lora.rank was 8, is 16; ..."
std::string Differences(std::string_view then, std::string_view now) {
  const Settings before = ParseSettings(then);
  Settings after = ParseSettings(now);
  for (const auto& [key, value] : before) after.try_emplace(key, "not there");
  std::string text;
  for (const auto& [key, value] : after) {
    const auto found = before.find(key);
    const std::string_view old = found == before.end() ? "not there" : found->second;
    if (old == value) continue;
    text += Concat({text.empty() ? "" : "; ", key, " was ", Excerpt(old), ", is ", Excerpt(value)});
  }
  return text;
}

}  // namespace

std::string ContentsSetting(std::string_view of, std::string_view contents) {
  constexpr size_t kDigits = 16;
  return Concat({"contents of ", of, " = ", Sha256Hex(contents).substr(0, kDigits), "\n"});
}

Status SaveTrainingState(const std::string& directory, const TrainingPosition& position,
                         int64_t steps, std::span<const TrainedParameter> parameters, int keep) {
  const std::string final_folder = StepFolder(directory, steps);
  const std::string folder = directory + "/writing";
  std::error_code error;
  fs::remove_all(folder, error);
  fs::create_directories(folder, error);
  if (error) {
    return Error{ErrorCode::kUnavailable, folder + ": " + error.message()};
  }
  std::list<at::Tensor> kept;
  std::vector<TensorData> tensors;
  for (const TrainedParameter& p : parameters) {
    for (const auto& [name, tensor] : Tensors(p)) {
      kept.push_back(tensor.cpu().contiguous());
      const at::Tensor& values = kept.back();
      tensors.push_back(
          {name,
           TensorDtype::kF32,
           values.sizes().vec(),
           {static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()}});
    }
  }
  const std::string tensors_path = folder + "/" + kTensors;
  GRE_RETURN_IF_ERROR(WriteSafetensors(tensors_path, std::move(tensors)));
  GRE_ASSIGN_OR_RETURN(const std::string digest, Sha256HexOfFile(tensors_path));
  const Json json = {{"schema", kSchema},
                     {"settings", position.settings},
                     {"steps", steps},
                     {"epoch", position.epoch},
                     {"step_in_epoch", position.step_in_epoch},
                     {"best_score", position.best_score},
                     {"best_epoch", position.best_epoch},
                     {"more", position.more},
                     {"tensors_sha256", digest}};
  GRE_RETURN_IF_ERROR(WriteFileAtomically(folder + "/" + kPosition, DumpJson(json, 1) + "\n"));
  GRE_RETURN_IF_ERROR(ReplaceFolder(folder, final_folder));
  const std::vector<int64_t> all = ListSteps(directory);
  for (size_t i = 0; i + static_cast<size_t>(keep) < all.size(); ++i) {
    fs::remove_all(StepFolder(directory, all[i]), error);
  }
  return {};
}

bool HasTrainingState(const std::string& directory) { return !ListSteps(directory).empty(); }

Result<std::optional<TrainingPosition>> LoadTrainingState(const std::string& directory,
                                                          const std::string& settings,
                                                          AdamW& optimiser) {
  const std::vector<int64_t> steps = ListSteps(directory);
  if (steps.empty()) {
    return std::optional<TrainingPosition>();
  }
  const std::string folder = StepFolder(directory, steps.back());
  const std::string path = folder + "/" + kPosition;
  GRE_ASSIGN_OR_RETURN(const Json json, ReadJsonFile(path));
  TrainingPosition position;
  std::string sha256;
  try {
    if (json.at("schema") != kSchema) {
      return Damaged(path, std::string("expected schema ") + kSchema);
    }
    position.settings = json.at("settings").get<std::string>();
    position.epoch = json.at("epoch").get<int64_t>();
    position.step_in_epoch = json.at("step_in_epoch").get<int64_t>();
    position.best_score = json.at("best_score").get<double>();
    position.best_epoch = json.at("best_epoch").get<int64_t>();
    position.more = json.value("more", position.more);
    sha256 = json.at("tensors_sha256").get<std::string>();
  } catch (const nlohmann::json::exception& exception) {
    return Damaged(path, exception.what());
  }
  if (position.settings != settings) {
    return Error{ErrorCode::kInvalidArgument,
                 Concat({folder, ": this checkpoint was written with other settings or data: ",
                         Differences(position.settings, settings),
                         "; take them back, or give the run another checkpoint.directory"})};
  }
  const std::string tensors_path = folder + "/" + kTensors;
  GRE_ASSIGN_OR_RETURN(const std::string digest, Sha256HexOfFile(tensors_path));
  if (digest != sha256) {
    return Damaged(tensors_path, "its SHA-256 differs from the recorded one");
  }
  GRE_ASSIGN_OR_RETURN(const Checkpoint checkpoint, Checkpoint::OpenFile(tensors_path));
  const at::NoGradGuard no_grad;
  for (const TrainedParameter& p : optimiser.parameters()) {
    for (const auto& [name, tensor] : Tensors(p)) {
      const Checkpoint::Tensor* stored = checkpoint.Find(name);
      if (stored == nullptr || at::IntArrayRef(stored->entry.shape) != p.value.sizes() ||
          stored->entry.dtype != TensorDtype::kF32) {
        return Damaged(tensors_path, "tensor '" + name + "' is missing or has another shape");
      }
      if (tensor.defined()) {
        tensor.copy_(ViewTensor(*stored));
      } else if (name.starts_with(kValue)) {
        at::Tensor(p.value).copy_(ViewTensor(*stored));
      }
    }
  }
  optimiser.set_steps(steps.back());
  optimiser.ShowMasters();
  return std::optional(position);
}

}  // namespace gre
