#include "training/completion_batch.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include "core/check.h"

namespace gre {
namespace {

at::Tensor EmbedBatch(const VisionLanguageModel& model, const CompletionBatch& batch,
                      const CompletionPass::Options& options) {
  const at::AutoGradMode learns(!options.score_only);
  // Segment by segment: a reply may hold the image placeholder as any other token.
  std::vector<at::Tensor> rows;
  for (size_t i = 0; i < batch.segments.size(); ++i) {
    const AttentionSegment& segment = batch.segments[i];
    std::vector<at::Tensor> features;
    for (const at::Tensor& pixels : batch.pixels[i]) {
      const at::AutoGradMode graph(options.train_vision && !options.score_only);
      features.push_back(model.EncodeImage(pixels, nullptr));
    }
    const auto ids =
        std::span(batch.token_ids)
            .subspan(static_cast<size_t>(segment.begin), static_cast<size_t>(segment.rows));
    rows.push_back(model.Embed(ids, features));
  }
  return at::cat(rows);
}

}  // namespace

CompletionBatch MakeCompletionBatch(std::span<const PromptWithCompletions> prompts) {
  CompletionBatch batch;
  std::vector<at::Tensor> positions;
  std::vector<int64_t> sources, targets;
  for (const PromptWithCompletions& item : prompts) {
    const EncodedPrompt& prompt = *item.prompt;
    GRE_CHECK(!prompt.token_ids.empty());
    const auto add_segment = [&](std::span<const int32_t> ids, int64_t prefix) {
      AttentionSegment segment;
      segment.begin = static_cast<int64_t>(batch.token_ids.size());
      segment.rows = static_cast<int64_t>(ids.size());
      segment.prefix = prefix;
      batch.segments.push_back(std::move(segment));
      batch.pixels.emplace_back();
      batch.token_ids.insert(batch.token_ids.end(), ids.begin(), ids.end());
    };
    const auto prefix = static_cast<int64_t>(batch.segments.size());
    add_segment(prompt.token_ids, -1);
    positions.push_back(prompt.positions);
    batch.pixels.back() = prompt.pixels;
    const auto first_source = static_cast<int64_t>(batch.rows.size());
    batch.rows.push_back(static_cast<int64_t>(batch.token_ids.size()) - 1);
    for (const std::vector<int32_t>& completion : item.completions) {
      GRE_CHECK(!completion.empty());
      batch.lengths.push_back(static_cast<int64_t>(completion.size()));
      targets.insert(targets.end(), completion.begin(), completion.end());
      sources.push_back(first_source);
      const auto inputs = std::span(completion).first(completion.size() - 1);
      if (inputs.empty()) continue;
      const auto begin = static_cast<int64_t>(batch.token_ids.size());
      add_segment(inputs, prefix);
      const auto count = static_cast<int64_t>(inputs.size());
      positions.push_back(at::arange(prompt.next_position, prompt.next_position + count, at::kLong)
                              .expand({prompt.positions.size(0), count}));
      for (int64_t row = begin; row < begin + count; ++row) {
        sources.push_back(static_cast<int64_t>(batch.rows.size()));
        batch.rows.push_back(row);
      }
    }
  }
  batch.positions = at::cat(positions, 1);
  batch.sources = at::tensor(sources, at::kLong);
  batch.targets = at::tensor(targets, at::kLong);
  return batch;
}

CompletionPass::CompletionPass(const VisionLanguageModel& model, const CompletionBatch& batch,
                               const Options& options)
    : model_(model),
      batch_(batch),
      options_(options),
      embeddings_(EmbedBatch(model, batch, options)),
      decoder_(
          *model.decoder(), embeddings_, batch.positions.to(model.spec().device), batch.segments,
          {.recompute = options.recompute, .score_only = options.score_only, .rows = batch.rows}) {}

TokenScores CompletionPass::Scores() const {
  const at::Device device = model_.spec().device;
  return ScoreTokens(model_, decoder_.states().index_select(0, batch_.sources.to(device)),
                     batch_.targets.to(device), options_.scores);
}

void CompletionPass::Backward(const at::Tensor& gradient,
                              const std::function<void(int64_t)>& layer_done) {
  const at::Device device = model_.spec().device;
  const at::Tensor sources = batch_.sources.to(device);
  const at::Tensor of_tokens =
      ScoreTokensBackward(model_, decoder_.states().index_select(0, sources),
                          batch_.targets.to(device), gradient, options_.scores);
  const at::Tensor of_states = at::zeros_like(decoder_.states()).index_add_(0, sources, of_tokens);
  const at::Tensor of_embeddings = decoder_.Backward(of_states, layer_done);
  if (embeddings_.requires_grad()) embeddings_.backward(of_embeddings);
}

}  // namespace gre
