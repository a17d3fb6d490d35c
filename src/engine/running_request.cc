#include "engine/running_request.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include <c10/core/ScalarType.h>

#include "core/random.h"
#include "engine/request_prompt.h"

namespace gre {
namespace {

using Clock = std::chrono::steady_clock;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace

Result<std::unique_ptr<RunningRequest>> RunningRequest::Prepare(const VisionLanguageModel& model,
                                                                const GenerationRequest& request,
                                                                size_t index) {
  const Clock::time_point start = Clock::now();
  GRE_ASSIGN_OR_RETURN(EncodedPrompt prompt, EncodeRequest(model, request));
  return std::unique_ptr<RunningRequest>(
      new RunningRequest(model, request, index, std::move(prompt), MillisecondsSince(start)));
}

RunningRequest::RunningRequest(const VisionLanguageModel& model, const GenerationRequest& request,
                               size_t index, EncodedPrompt prompt, double prepare_ms)
    : model_(model),
      request_(request),
      index_(index),
      prompt_(std::move(prompt)),
      max_tokens_(std::min<int64_t>(request.sampling.max_new_tokens,
                                    model.spec().max_positions - prompt_length())) {
  timing_.image_ms = prepare_ms;
  timing_.total_ms = prepare_ms;
  const uint64_t seed = HashSeed(request.sampling.seed, request.id);
  for (int i = 0; i < request.num_samples; ++i) {
    samples_.emplace_back(request.sampling, HashSeed(seed, static_cast<uint64_t>(i)),
                          SampleCode(request.sampling, request.id, i, request.num_samples),
                          prompt_.token_ids, max_tokens_, model.tokenizer());
    live_.push_back(i);
  }
}

int64_t RunningRequest::CacheBytes() const {
  const VisionLanguageModel::Spec& spec = model_.spec();
  const int64_t tokens = prompt_length() + max_tokens_ * request_.num_samples;
  return 2 * spec.num_layers * spec.num_kv_heads * spec.head_dim * tokens *
         static_cast<int64_t>(c10::elementSize(spec.dtype));
}

bool RunningRequest::Start(const CancellationToken& cancellation) {
  const Clock::time_point start = Clock::now();
  std::vector<at::Tensor> features;
  for (at::Tensor& pixels : prompt_.pixels) {
    features.push_back(model_.EncodeImage(pixels, &cancellation));
    if (!features.back().defined()) return false;
    pixels.reset();
  }
  embeddings_ = model_.Embed(prompt_.token_ids, features);
  const VisionLanguageModel::Spec& spec = model_.spec();
  cache_.emplace(KvCache::Shape{spec.num_layers, spec.num_kv_heads, spec.head_dim, prompt_length(),
                                request_.num_samples, max_tokens_},
                 spec.dtype, spec.device);
  const double elapsed_ms = MillisecondsSince(start);
  timing_.image_ms += elapsed_ms;
  timing_.total_ms += elapsed_ms;
  return true;
}

void RunningRequest::AddSampleRows(StepBatch* batch) {
  std::vector<int32_t> tokens;
  for (const int64_t sample : live_) {
    tokens.push_back(samples_[static_cast<size_t>(sample)].last_token());
  }
  // All live samples are equally long.
  const int64_t position = prompt_.next_position + cache_->completion_length(live_.front());
  batch->AddSamples(&*cache_, live_, tokens, position);
}

int64_t RunningRequest::AddPromptRows(int64_t max_tokens, StepBatch* batch) {
  const int64_t begin = cache_->prompt_length();
  const int64_t rows = std::min(max_tokens, prompt_length() - begin);
  batch->AddPrompt(&*cache_, embeddings_.narrow(0, begin, rows),
                   prompt_.positions.narrow(1, begin, rows), begin + rows == prompt_length());
  return rows;
}

bool RunningRequest::AtFirstToken() const {
  return samples_.front().completion().token_ids.empty();
}

int64_t RunningRequest::NumLogitRows() const {
  if (prefilling()) return 0;
  return AtFirstToken() ? 1 : num_live_samples();
}

Status RunningRequest::AddDraws(const StepBatch::Output& output, int64_t first_row, double step_ms,
                                std::vector<TokenDraw>* draws) {
  timing_.total_ms += step_ms;
  const bool at_first_token = AtFirstToken();
  (at_first_token ? timing_.prefill_ms : timing_.decode_ms) += step_ms;
  if (prefilling()) return {};
  embeddings_.reset();

  const auto vocab = static_cast<size_t>(output.logits.size(1));
  const float* logits = output.logits.const_data_ptr<float>();
  const float* log_normalizers = output.log_normalizers.const_data_ptr<float>();
  for (size_t i = 0; i < live_.size(); ++i) {
    // The samples of a prompt draw their first tokens from the same row.
    const size_t row = static_cast<size_t>(first_row) + (at_first_token ? 0 : i);
    if (!std::isfinite(log_normalizers[row])) {
      return Error{ErrorCode::kInternal,
                   "request '" + request_.id +
                       "': the model's logits are not finite; the weights or the adapter are "
                       "damaged, or the dtype is too narrow for them (try the dtype float32)"};
    }
    draws->push_back({&samples_[static_cast<size_t>(live_[i])],
                      std::span(logits + row * vocab, vocab),
                      log_normalizers[row],
                      {}});
  }
  return {};
}

void RunningRequest::FinishStep(std::span<const TokenDraw> draws, const StreamCallback& stream) {
  for (size_t i = 0; i < draws.size(); ++i) Stream(live_[i], draws[i].text, stream);
  std::erase_if(live_, [this](int64_t i) { return samples_[static_cast<size_t>(i)].finished(); });
}

void RunningRequest::Cancel(const StreamCallback& stream) {
  for (const int64_t sample : live_) {
    Stream(sample, samples_[static_cast<size_t>(sample)].Cancel(), stream);
  }
  live_.clear();
}

void RunningRequest::Stream(int64_t sample, std::string_view text,
                            const StreamCallback& stream) const {
  if (stream && !text.empty()) stream({index_, static_cast<int>(sample), text});
}

GenerationResult RunningRequest::TakeResult() {
  GenerationResult result;
  result.prompt_tokens = static_cast<int>(prompt_length());
  result.timing = timing_;
  for (Sample& sample : samples_) {
    result.completions.push_back(std::move(sample).TakeCompletion());
    result.completion_tokens += static_cast<int>(result.completions.back().token_ids.size());
  }
  return result;
}

}  // namespace gre
