#include "model/bert/model.h"

#include <optional>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>

#include "core/file.h"
#include "model/checkpoint_source.h"
#include "model/embedding_parts.h"
#include "model/precision.h"
#include "model/tensor_spec.h"
#include "weights/checkpoint.h"

namespace gre {
namespace {

constexpr size_t kMaxConfigBytes = size_t{1} << 20;

// Names of old checkpoints and of models with a head on the encoder.
std::string EncoderName(const std::string& name) {
  std::string mapped = name.starts_with("bert.") ? name.substr(5) : name;
  for (const auto& [old_end, new_end] :
       {std::pair{"LayerNorm.gamma", "LayerNorm.weight"}, {"LayerNorm.beta", "LayerNorm.bias"}}) {
    if (mapped.ends_with(old_end)) {
      mapped.replace(mapped.size() - std::string_view(old_end).size(), std::string::npos, new_end);
    }
  }
  return mapped;
}

// Tensors that stand in published files and are not needed here.
bool IsUnused(const std::string& name) {
  return name == "embeddings.position_ids" || name.starts_with("pooler.") ||
         name.starts_with("cls.") || name.starts_with("classifier.");
}

// The directory, opened and checked as far as possible.
struct BertFiles {
  std::vector<std::string> problems;
  std::optional<BertConfig> config;
  SentenceConfig sentences;
  std::vector<TensorSpec> specs;
  std::optional<Checkpoint> checkpoint;
  std::optional<WordPieceTokenizer> tokenizer;

  explicit BertFiles(const std::string& directory) {
    ReadConfig(directory);
    auto opened = Checkpoint::OpenDirectory(directory);
    if (opened.ok()) {
      checkpoint = std::move(opened).value();
    } else {
      problems.push_back(opened.error().message);
    }
    auto loaded = WordPieceTokenizer::FromDirectory(directory);
    if (loaded.ok()) {
      tokenizer = std::move(loaded).value();
    } else {
      problems.push_back(loaded.error().message);
    }
    if (config) CheckTogether(directory);
  }

 private:
  void ReadConfig(const std::string& directory) {
    const auto text = ReadFile(directory + "/config.json", kMaxConfigBytes);
    auto reading = text.ok() ? ParseBertConfig(*text) : Result<BertReading>(text.error());
    if (!reading.ok()) {
      problems.push_back(reading.error().message);
      return;
    }
    problems.insert(problems.end(), reading->problems.begin(), reading->problems.end());
    if (reading->problems.empty()) config = reading->config;
  }

  void CheckTogether(const std::string& directory) {
    sentences = ReadSentenceConfig(directory, config->max_positions, problems);
    if (tokenizer && tokenizer->size() > config->vocab_size) {
      problems.push_back("tokenizer: expected at most vocab_size (" +
                         std::to_string(config->vocab_size) + ") tokens, found " +
                         std::to_string(tokenizer->size()));
    }
    SpecRecorder recorder;
    const BertNetwork network(recorder, *config);
    specs = recorder.specs();
    if (!checkpoint) return;
    std::vector<std::string> unused;
    for (const auto& [name, tensor] : checkpoint->tensors()) {
      if (IsUnused(EncoderName(name))) unused.push_back(EncoderName(name));
    }
    const auto found = CheckpointTensors(*checkpoint, EncoderName).Problems(specs, unused);
    problems.insert(problems.end(), found.begin(), found.end());
  }
};

}  // namespace

Result<std::unique_ptr<BertEmbeddingModel>> BertEmbeddingModel::Load(const std::string& directory,
                                                                     at::Device device) {
  BertFiles files(directory);
  if (!files.problems.empty()) {
    return Error{ErrorCode::kInvalidInput, directory + ": " + JoinProblems(files.problems)};
  }
  const CheckpointTensors tensors(*files.checkpoint, EncoderName);
  CheckpointSource source(tensors, at::kFloat, device, /*pack=*/false);
  return std::unique_ptr<BertEmbeddingModel>(
      new BertEmbeddingModel(std::move(*files.tokenizer), BertNetwork(source, *files.config),
                             files.sentences, files.config->layer.hidden_size, device));
}

ModelReport BertEmbeddingModel::Inspect(const std::string& directory) {
  const BertFiles files(directory);
  ModelReport report;
  report.architecture = "bert";
  report.problems = files.problems;
  for (const TensorSpec& spec : files.specs) report.text_parameters += spec.elements();
  if (files.config) {
    report.layers = files.config->num_layers;
    report.hidden_size = files.config->layer.hidden_size;
    report.vocab_size = files.config->vocab_size;
    report.context_tokens = files.sentences.max_tokens;
  }
  if (files.checkpoint) {
    report.notes = files.checkpoint->notes();
    report.stored_dtype =
        DtypeNames(CheckpointTensors(*files.checkpoint, EncoderName).StoredDtypes(files.specs));
    report.files = FilesOf(*files.checkpoint);
  }
  return report;
}

BertEmbeddingModel::BertEmbeddingModel(WordPieceTokenizer tokenizer, BertNetwork network,
                                       SentenceConfig sentences, int64_t hidden_size,
                                       at::Device device)
    : tokenizer_(std::move(tokenizer)),
      network_(std::move(network)),
      sentences_(sentences),
      hidden_size_(hidden_size),
      device_(device) {}

TokenizedText BertEmbeddingModel::Tokenize(std::string_view text) const {
  return tokenizer_.Encode(text, static_cast<size_t>(sentences_.max_tokens));
}

at::Tensor BertEmbeddingModel::States(std::span<const TokenizedText> texts, int64_t layer) const {
  const at::NoGradGuard no_grad;
  const TextBatch batch = MakeTextBatch(texts, device_);
  return network_.Forward(batch.ids, batch.lengths, layer);
}

at::Tensor BertEmbeddingModel::SentenceVectors(std::span<const TokenizedText> texts) const {
  const at::NoGradGuard no_grad;
  const at::Tensor states = States(texts, 0);
  std::vector<at::Tensor> pooled;
  int64_t begin = 0;
  for (const TokenizedText& text : texts) {
    const auto length = static_cast<int64_t>(text.ids.size());
    const at::Tensor rows = states.narrow(0, begin, length);
    pooled.push_back(sentences_.pooling == Pooling::kMean ? rows.mean(0) : rows.select(0, 0));
    begin += length;
  }
  return UnitRows(at::stack(pooled));
}

}  // namespace gre
