#include "model/qwen2_5_vl/model.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include "core/log.h"
#include "image/patches.h"
#include "image/resize.h"
#include "model/checkpoint_source.h"
#include "model/lora/peft_adapter.h"
#include "model/model_report.h"
#include "model/precision.h"
#include "model/qwen2_5_vl/files.h"
#include "model/qwen2_5_vl/layout.h"
#include "model/tensor_spec.h"

namespace gre {
namespace {

PrecisionInputs InputsOf(const Qwen25VlFiles& files, const ModelLoadOptions& options) {
  PrecisionInputs inputs;
  inputs.stored = files.stored_dtypes.empty() ? at::kBFloat16 : files.stored_dtypes.front();
  for (const TensorSpec& spec : files.specs) inputs.parameters += spec.elements();
  inputs.fast_bfloat16 = !options.device.is_cpu() || HasBFloat16Kernels();
  return inputs;
}

}  // namespace

Qwen25VlModel::Qwen25VlModel(Spec spec, Qwen25VlProcessorConfig processor,
                             std::unique_ptr<const Tokenizer> tokenizer, QwenChatTemplate chat,
                             Qwen25VlNetwork network)
    : spec_(std::move(spec)),
      processor_(processor),
      tokenizer_(std::move(tokenizer)),
      chat_(chat),
      network_(std::move(network)) {}

Result<std::unique_ptr<VisionLanguageModel>> Qwen25VlModel::Load(const std::string& directory,
                                                                 const ModelLoadOptions& options) {
  Qwen25VlFiles files = Qwen25VlFiles::Open(directory, options);
  if (!files.problems.empty()) {
    return Error{ErrorCode::kInvalidInput, directory + ": " + JoinProblems(files.problems)};
  }
  if (!files.notes.empty()) LogWarning(directory + ": " + JoinProblems(files.notes));
  const Qwen25VlConfig& config = files.config;
  if (options.max_pixels > 0) {
    SmartResizeOptions& resize = files.processor.resize;
    resize.max_pixels =
        std::max<int64_t>(options.max_pixels, int64_t{resize.factor} * resize.factor);
    resize.min_pixels = std::min(resize.min_pixels, resize.max_pixels);
  }
  GRE_ASSIGN_OR_RETURN(QwenChatTemplate chat, QwenChatTemplate::Create(*files.tokenizer));

  std::optional<PeftAdapter> adapter;
  if (!options.adapter_dir.empty()) {
    GRE_ASSIGN_OR_RETURN(adapter, ReadPeftAdapter(options.adapter_dir, Qwen25HubName));
    SpecRecorder recorder;
    Qwen25VlNetwork shape(recorder, config, files.tied, at::kCPU);
    const auto problems = AdapterProblems(
        *adapter, [&](const LinearVisitor& visitor) { shape.VisitLinears(visitor); }, files.tied);
    if (!problems.empty()) {
      return Error{ErrorCode::kInvalidInput, options.adapter_dir + ": " + JoinProblems(problems)};
    }
  }

  GRE_ASSIGN_OR_RETURN(const Precision precision,
                       ChoosePrecision(options, InputsOf(files, options)));
  const at::ScalarType dtype = precision.dtype;
  LogInfo(directory + ": runs in " + DtypeName(dtype) + " (" + precision.reason + ")");
  const CheckpointTensors tensors(*files.checkpoint, Qwen25HubName);
  CheckpointSource plain(tensors, dtype, options.device, !options.trainable);
  std::optional<MergingSource> merging;
  if (adapter && options.merge_adapter) merging.emplace(plain, *adapter);
  WeightSource& source = merging ? static_cast<WeightSource&>(*merging) : plain;
  Qwen25VlNetwork network(source, config, files.tied, options.device);
  if (adapter && !options.merge_adapter) {
    AttachAdapter(
        *adapter, [&](const LinearVisitor& visitor) { network.VisitLinears(visitor); },
        options.device);
  }

  Spec spec;
  spec.architecture = "qwen2_5_vl";
  spec.hidden_size = config.text.hidden_size;
  spec.vocab_size = config.vocab_size;
  spec.num_layers = config.text.num_layers;
  spec.num_kv_heads = config.text.num_kv_heads;
  spec.head_dim = config.text.head_dim;
  spec.max_positions = config.max_positions;
  spec.eos_ids = config.eos_ids;
  spec.dtype = dtype;
  spec.device = options.device;
  return std::unique_ptr<VisionLanguageModel>(new Qwen25VlModel(
      std::move(spec), files.processor, std::move(files.tokenizer), chat, std::move(network)));
}

Result<EncodedPrompt> Qwen25VlModel::EncodePrompt(std::span<const ChatTurn> turns,
                                                  std::span<const RgbImage* const> images,
                                                  bool add_generation_prompt) const {
  EncodedPrompt prompt;
  std::vector<UnitGrid> grids;
  std::vector<size_t> counts;
  const int side = processor_.resize.factor;
  const int64_t area = int64_t{processor_.patches.merge_size} * processor_.patches.merge_size;
  for (const RgbImage* image : images) {
    GRE_ASSIGN_OR_RETURN(const ImageSize size,
                         SmartResize({image->width, image->height}, processor_.resize));
    const UnitGrid grid = {size.height / side, size.width / side};
    at::Tensor pixels =
        at::empty({grid.high, grid.wide, area, processor_.patches.row_size()}, at::kFloat);
    WritePatches(Resize(*image, size, ResizeFilter::kBicubic), processor_.patches,
                 {pixels.data_ptr<float>(), static_cast<size_t>(pixels.numel())});
    prompt.pixels.push_back(std::move(pixels));
    grids.push_back(grid);
    counts.push_back(static_cast<size_t>(grid.high * grid.wide));
  }
  GRE_ASSIGN_OR_RETURN(prompt.token_ids, chat_.Render(turns, counts, add_generation_prompt));
  const MropePositions positions =
      MakeMropePositions(prompt.token_ids, chat_.image_token_id(), grids);
  std::vector<at::Tensor> axes;
  for (const auto& axis : positions.axes) axes.push_back(at::tensor(axis, at::kLong).unsqueeze(0));
  prompt.positions = at::cat(axes);
  prompt.next_position = positions.next;
  return prompt;
}

Result<RgbImage> Qwen25VlModel::FitImage(const RgbImage& image) const {
  GRE_ASSIGN_OR_RETURN(const ImageSize size,
                       SmartResize({image.width, image.height}, processor_.resize));
  return Resize(image, size, ResizeFilter::kBicubic);
}

at::Tensor Qwen25VlModel::EncodeImage(const at::Tensor& pixels,
                                      const CancellationToken* cancellation) const {
  return network_.vision().Forward(pixels, cancellation);
}

at::Tensor Qwen25VlModel::Embed(std::span<const int32_t> token_ids,
                                std::span<const at::Tensor> image_features) const {
  return network_.Embed(token_ids, image_features);
}

at::Tensor Qwen25VlModel::Forward(const at::Tensor& embeddings, const at::Tensor& positions,
                                  std::span<const AttentionSegment> segments,
                                  const ForwardOptions& options) const {
  return network_.decoder().Forward(embeddings, positions.to(spec_.device), segments, options);
}

at::Tensor Qwen25VlModel::Logits(const at::Tensor& states) const { return network_.Logits(states); }

void Qwen25VlModel::VisitLinears(const LinearVisitor& visitor) { network_.VisitLinears(visitor); }

void Qwen25VlModel::VisitParameters(const ParameterVisitor& visitor) {
  network_.VisitParameters(visitor);
}

ModelPart Qwen25VlModel::PartOf(std::string_view hub_name) const {
  if (!hub_name.starts_with("visual.")) return ModelPart::kLanguage;
  return hub_name.starts_with("visual.merger.") ? ModelPart::kMerger : ModelPart::kVision;
}

std::string Qwen25VlModel::TransformersName(const std::string& hub_name) const {
  return Qwen25TransformersName(hub_name);
}

}  // namespace gre
