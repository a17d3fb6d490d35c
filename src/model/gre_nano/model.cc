#include "model/gre_nano/model.h"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>

#include "core/file.h"
#include "core/strings.h"
#include "model/checkpoint_source.h"
#include "model/gre_nano/preprocess.h"
#include "model/layers/image_rows.h"
#include "model/precision.h"
#include "model/tensor_spec.h"
#include "weights/checkpoint.h"

namespace gre {
namespace {

constexpr size_t kMaxConfigBytes = size_t{1} << 20;

// "3. [attribute/continent] …\n", a line of a chain and not of anything around it.
bool IsChainLine(std::string_view token) {
  return token.size() > 1 && token.front() >= '0' && token.front() <= '9' && token.back() == '\n';
}

// The directory, opened and checked as far as possible.
struct NanoFiles {
  std::vector<std::string> problems;
  std::optional<NanoConfig> config;
  std::vector<TensorSpec> specs;
  std::optional<Checkpoint> checkpoint;
  std::unique_ptr<const Tokenizer> tokenizer;

  explicit NanoFiles(const std::string& directory) {
    const auto keep = [&](auto result, auto& place) {
      if (result.ok()) {
        place = std::move(result).value();
      } else {
        problems.push_back(result.error().message);
      }
    };
    const auto text = ReadFile(directory + "/config.json", kMaxConfigBytes);
    auto reading =
        text.ok() ? NanoConfig::FromJson(*text) : Result<ConfigReading<NanoConfig>>(text.error());
    if (!reading.ok()) {
      problems.push_back(reading.error().message);
    } else if (reading->problems.empty()) {
      config = reading->config;
    } else {
      problems = std::move(reading->problems);
    }
    keep(Checkpoint::OpenDirectory(directory), checkpoint);
    std::optional<Tokenizer> loaded;
    keep(Tokenizer::FromFile(directory + "/tokenizer.json"), loaded);
    if (loaded) {
      tokenizer = std::make_unique<const Tokenizer>(std::move(*loaded));
    }
    if (!config) {
      return;
    }
    if (tokenizer && tokenizer->size() != config->vocab_size) {
      problems.push_back("tokenizer.json: expected vocab_size (" +
                         std::to_string(config->vocab_size) + ") tokens, found " +
                         std::to_string(tokenizer->size()));
    }
    SpecRecorder recorder;
    const NanoNetwork network(recorder, *config, at::kCPU);
    specs = recorder.specs();
    if (checkpoint) {
      const auto found = CheckpointTensors(*checkpoint, SameName).Problems(specs, {});
      problems.insert(problems.end(), found.begin(), found.end());
    }
  }

  static std::string SameName(const std::string& name) { return name; }
};

}  // namespace

Result<std::unique_ptr<VisionLanguageModel>> GreNano::Load(const std::string& directory,
                                                           const ModelLoadOptions& options) {
  if (!options.adapter_dir.empty()) {
    return Error{ErrorCode::kInvalidArgument, directory + ": gre-nano takes no adapter; '" +
                                                  options.adapter_dir + "' needs its own base"};
  }
  if (options.dtype && *options.dtype != at::kFloat) {
    return Error{ErrorCode::kInvalidArgument, directory + ": gre-nano runs in float32 only"};
  }
  NanoFiles files(directory);
  if (!files.problems.empty()) {
    return Error{ErrorCode::kInvalidInput, directory + ": " + JoinProblems(files.problems)};
  }
  const CheckpointTensors tensors(*files.checkpoint, NanoFiles::SameName);
  CheckpointSource source(tensors, at::kFloat, options.device, /*pack=*/false);
  return std::unique_ptr<VisionLanguageModel>(
      new GreNano(std::move(files.tokenizer), NanoNetwork(source, *files.config, options.device),
                  options.device));
}

ModelReport GreNano::Inspect(const std::string& directory) {
  const NanoFiles files(directory);
  ModelReport report;
  report.architecture = "gre_nano";
  report.problems = files.problems;
  for (const TensorSpec& spec : files.specs) {
    (spec.name.starts_with("model.") ? report.text_parameters : report.vision_parameters) +=
        spec.elements();
  }
  if (files.config) {
    report.layers = files.config->num_layers;
    report.hidden_size = files.config->hidden_size;
    report.vocab_size = files.config->vocab_size;
    report.context_tokens = files.config->max_positions;
    report.kv_values_per_token =
        2 * files.config->num_layers * files.config->num_kv_heads * files.config->head_dim();
  }
  if (files.checkpoint) {
    report.notes = files.checkpoint->notes();
    report.stored_dtype = DtypeNames(
        CheckpointTensors(*files.checkpoint, NanoFiles::SameName).StoredDtypes(files.specs));
    report.files = FilesOf(*files.checkpoint);
  }
  return report;
}

GreNano::GreNano(std::unique_ptr<const Tokenizer> tokenizer, NanoNetwork network, at::Device device)
    : tokenizer_(std::move(tokenizer)), network_(std::move(network)) {
  const NanoConfig& config = network_.config();
  spec_.architecture = "gre_nano";
  spec_.hidden_size = config.hidden_size;
  spec_.vocab_size = config.vocab_size;
  spec_.num_layers = config.num_layers;
  spec_.num_kv_heads = config.num_kv_heads;
  spec_.head_dim = config.head_dim();
  spec_.max_positions = config.max_positions;
  spec_.eos_ids = {config.end_token_id};
  spec_.dtype = at::kFloat;
  spec_.device = device;
}

Result<EncodedPrompt> GreNano::EncodePrompt(std::span<const ChatTurn> turns,
                                            std::span<const RgbImage* const> images,
                                            bool /*add_generation_prompt*/) const {
  size_t slots = 0;
  std::string question;
  for (const ChatTurn& turn : turns) {
    for (const TurnPart& part : turn.parts) {
      if (const auto* text = std::get_if<std::string>(&part)) {
        question += Concat({*text, "\n"});
      } else {
        ++slots;
      }
    }
  }
  if (slots != 1 || images.size() != 1) {
    return Error{ErrorCode::kInvalidArgument,
                 "gre-nano: expected one photo in one image slot, found " +
                     std::to_string(images.size()) + " photos and " + std::to_string(slots) +
                     " slots"};
  }
  const NanoConfig& config = network_.config();
  EncodedPrompt prompt;
  prompt.token_ids.assign(static_cast<size_t>(config.image_tokens()), config.image_token_id);
  if (config.reads_chains) {
    for (const int32_t id : tokenizer_->Encode(question, /*recognise_added=*/true)) {
      if (IsChainLine(tokenizer_->TokenBytes(id))) prompt.token_ids.push_back(id);
    }
  }
  prompt.token_ids.push_back(config.begin_token_id);
  prompt.next_position = static_cast<int64_t>(prompt.token_ids.size());
  prompt.positions = at::arange(prompt.next_position, at::kLong).unsqueeze(0);
  prompt.pixels.push_back(PreparePixels(*images[0], config.image_size));
  return prompt;
}

std::vector<int32_t> GreNano::EncodeReply(std::string_view text) const {
  std::vector<int32_t> reply;
  for (const int32_t id : tokenizer_->Encode(text, /*recognise_added=*/true)) {
    if (!tokenizer_->IsSpecial(id)) reply.push_back(id);
  }
  reply.push_back(network_.config().end_token_id);
  return reply;
}

at::Tensor GreNano::EncodeImage(const at::Tensor& pixels,
                                const CancellationToken* cancellation) const {
  if (cancellation != nullptr && cancellation->IsCancelled()) return {};
  const LowerFeatures lower = network_.Lower(pixels.to(spec_.device));
  return network_.Project(network_.Upper(lower)).tokens.squeeze(0);
}

at::Tensor GreNano::Embed(std::span<const int32_t> token_ids,
                          std::span<const at::Tensor> image_features) const {
  const at::Tensor ids =
      at::tensor(at::ArrayRef<int32_t>(token_ids.data(), token_ids.size()), at::kLong)
          .to(spec_.device);
  return PutImageRows(network_.EmbedTokens(ids), ids, network_.config().image_token_id,
                      image_features);
}

at::Tensor GreNano::Forward(const at::Tensor& embeddings, const at::Tensor& positions,
                            std::span<const AttentionSegment> segments,
                            const ForwardOptions& options) const {
  return network_.decoder().Forward(embeddings, positions.to(spec_.device), segments, options);
}

at::Tensor GreNano::Logits(const at::Tensor& states) const { return network_.Logits(states); }

void GreNano::VisitParameters(const ParameterVisitor& visitor) {
  network_.VisitParameters(NanoNetwork::Part::kAll, visitor);
}

ModelPart GreNano::PartOf(std::string_view hub_name) const {
  if (hub_name.starts_with("model.")) return ModelPart::kLanguage;
  const bool tower = hub_name.starts_with("tower.") || hub_name.starts_with("reference_tower.");
  return tower ? ModelPart::kVision : ModelPart::kMerger;
}

}  // namespace gre
