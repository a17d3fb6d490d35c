#include "model/clip/model.h"

#include <optional>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include "core/file.h"
#include "image/patches.h"
#include "model/checkpoint_source.h"
#include "model/embedding_parts.h"
#include "model/precision.h"
#include "model/tensor_spec.h"
#include "weights/checkpoint.h"

namespace gre {
namespace {

constexpr size_t kMaxConfigBytes = size_t{1} << 20;
// Configurations older than transformers 4.32 carry this in place of the end token.
constexpr int64_t kLegacyEos = 2;

std::string SameName(const std::string& name) { return name; }

// Stand in published files and are not needed here.
const std::vector<std::string>& UnusedTensors() {
  static const std::vector<std::string> kNames = {
      "logit_scale", "text_model.embeddings.position_ids", "vision_model.embeddings.position_ids"};
  return kNames;
}

// The directory, opened and checked as far as possible.
struct ClipFiles {
  std::vector<std::string> problems;
  std::optional<ClipConfig> config;
  ClipProcessorConfig processor;
  std::vector<TensorSpec> specs;
  std::optional<Checkpoint> checkpoint;
  std::optional<ClipTokenizer> tokenizer;

  explicit ClipFiles(const std::string& directory) {
    const auto keep = [&](auto result, auto& place) {
      if (result.ok()) {
        place = std::move(result).value();
      } else {
        problems.push_back(result.error().message);
      }
    };
    ReadConfigs(directory);
    keep(Checkpoint::OpenDirectory(directory), checkpoint);
    keep(ClipTokenizer::FromDirectory(directory), tokenizer);
    if (config) CheckTogether();
  }

 private:
  void ReadConfigs(const std::string& directory) {
    const auto text = ReadFile(directory + "/config.json", kMaxConfigBytes);
    auto reading =
        text.ok() ? ParseClipConfig(*text) : Result<ClipReading<ClipConfig>>(text.error());
    if (!reading.ok()) {
      problems.push_back(reading.error().message);
      return;
    }
    problems.insert(problems.end(), reading->problems.begin(), reading->problems.end());
    if (!reading->problems.empty()) return;
    config = reading->config;
    const std::string path = directory + "/preprocessor_config.json";
    const auto json =
        FileExists(path) ? ReadFile(path, kMaxConfigBytes) : Result<std::string>(std::string());
    auto prepared = json.ok() ? ParseClipProcessorConfig(*json, config->vision)
                              : Result<ClipReading<ClipProcessorConfig>>(json.error());
    if (!prepared.ok()) {
      problems.push_back(prepared.error().message);
      return;
    }
    processor = prepared->config;
    problems.insert(problems.end(), prepared->problems.begin(), prepared->problems.end());
  }

  void CheckTogether() {
    const ClipTextConfig& text = config->text;
    if (tokenizer && tokenizer->size() > text.vocab_size) {
      problems.push_back("tokenizer: expected at most vocab_size (" +
                         std::to_string(text.vocab_size) + ") tokens, found " +
                         std::to_string(tokenizer->size()));
    }
    if (tokenizer && text.eos_token_id != tokenizer->end_id() && text.eos_token_id != kLegacyEos) {
      problems.push_back("config.json: text_config.eos_token_id: expected the tokenizer's " +
                         std::to_string(tokenizer->end_id()) + ", found " +
                         std::to_string(text.eos_token_id));
    }
    SpecRecorder recorder;
    const ClipNetwork network(recorder, *config);
    specs = recorder.specs();
    if (!checkpoint) return;
    const auto found = CheckpointTensors(*checkpoint, SameName).Problems(specs, UnusedTensors());
    problems.insert(problems.end(), found.begin(), found.end());
  }
};

}  // namespace

Result<std::unique_ptr<ClipModel>> ClipModel::Load(const std::string& directory,
                                                   at::Device device) {
  ClipFiles files(directory);
  if (!files.problems.empty()) {
    return Error{ErrorCode::kInvalidInput, directory + ": " + JoinProblems(files.problems)};
  }
  const CheckpointTensors tensors(*files.checkpoint, SameName);
  CheckpointSource source(tensors, at::kFloat, device, /*pack=*/false);
  return std::unique_ptr<ClipModel>(new ClipModel(*files.config, files.processor,
                                                  std::move(*files.tokenizer),
                                                  ClipNetwork(source, *files.config), device));
}

ModelReport ClipModel::Inspect(const std::string& directory) {
  const ClipFiles files(directory);
  ModelReport report;
  report.architecture = "clip";
  report.problems = files.problems;
  for (const TensorSpec& spec : files.specs) {
    (spec.name.starts_with("text_") ? report.text_parameters : report.vision_parameters) +=
        spec.elements();
  }
  if (files.config) {
    report.layers = files.config->text.num_layers;
    report.hidden_size = files.config->text.layer.hidden_size;
    report.vocab_size = files.config->text.vocab_size;
    report.context_tokens = files.config->text.max_positions;
  }
  if (files.checkpoint) {
    report.notes = files.checkpoint->notes();
    report.stored_dtype =
        DtypeNames(CheckpointTensors(*files.checkpoint, SameName).StoredDtypes(files.specs));
    report.files = FilesOf(*files.checkpoint);
  }
  return report;
}

ClipModel::ClipModel(ClipConfig config, ClipProcessorConfig processor, ClipTokenizer tokenizer,
                     ClipNetwork network, at::Device device)
    : config_(config),
      processor_(processor),
      tokenizer_(std::move(tokenizer)),
      network_(std::move(network)),
      device_(device) {}

TokenizedText ClipModel::Tokenize(std::string_view text) const {
  return tokenizer_.Encode(text, static_cast<size_t>(config_.text.max_positions));
}

at::Tensor ClipModel::TextVectors(std::span<const TokenizedText> texts) const {
  const at::NoGradGuard no_grad;
  const TextBatch batch = MakeTextBatch(texts, device_);
  return UnitRows(network_.TextVectors(batch.ids, batch.lengths));
}

Result<RgbImage> ClipModel::Prepare(const RgbImage& image) const {
  return PrepareClipImage(image, config_.vision, processor_);
}

at::Tensor ClipModel::ImageVectors(std::span<const RgbImage> prepared) const {
  const at::NoGradGuard no_grad;
  const PatchSpec& spec = processor_.patches;
  const at::Tensor patches = at::empty({static_cast<int64_t>(prepared.size()),
                                        config_.vision.num_patches(), int64_t{spec.row_size()}},
                                       at::kFloat);
  auto* data = patches.mutable_data_ptr<float>();
  for (const RgbImage& image : prepared) {
    const size_t size = PatchFloats(image, spec);
    WritePatches(image, spec, {data, size});
    data += size;
  }
  return UnitRows(network_.ImageVectors(patches.to(device_)));
}

}  // namespace gre
