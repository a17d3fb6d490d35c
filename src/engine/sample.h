#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "generation/sampling.h"
#include "generation/stop_matcher.h"
#include "generation/text_generator.h"
#include "tokenizer/streaming_detokenizer.h"
#include "tokenizer/tokenizer.h"

namespace gre {

// One completion in the making: draws tokens, turns them into text, sees the end. Not thread-safe.
class Sample {
 public:
  // `tokenizer` must outlive the sample. At most `max_tokens` tokens are drawn.
  Sample(const SamplingOptions& options, uint64_t seed, const CodeRange& code,
         std::span<const int32_t> prompt_ids, int64_t max_tokens, const Tokenizer& tokenizer);

  // Draws the next token from the model's logits over its whole vocabulary, of which rows without a
  // token are never drawn. `log_normalizer` is their logsumexp. Returns the text that became
  // certain; may finish the sample.
  std::string Advance(std::span<const float> logits, float log_normalizer,
                      std::span<const int32_t> eos_ids, SamplingWorkspace* workspace);
  // Ends a sample that is still running; returns the rest of its text.
  std::string Cancel();

  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] int32_t last_token() const { return completion_.token_ids.back(); }
  [[nodiscard]] const Completion& completion() const { return completion_; }
  [[nodiscard]] Completion TakeCompletion() && { return std::move(completion_); }

 private:
  std::string Finish(FinishReason reason);
  // Appends to the completion's text and returns `text`.
  std::string Release(std::string text);

  int64_t max_tokens_;
  int32_t num_tokens_known_;  // ids from here on are padding rows of the head
  TokenSampler sampler_;
  StreamingDetokenizer detokenizer_;
  StopMatcher stops_;
  Completion completion_;
  bool finished_ = false;
};

// The next token of a sample, drawn from one row of logits.
struct TokenDraw {
  Sample* sample = nullptr;
  std::span<const float> logits;
  float log_normalizer = 0;
  std::string text;  // what became certain, after DrawTokens
};

// Advances all samples, which are distinct, on LibTorch's threads. `workspaces` grows to one a
// thread.
void DrawTokens(std::span<TokenDraw> draws, std::span<const int32_t> eos_ids,
                std::vector<SamplingWorkspace>* workspaces);

}  // namespace gre
