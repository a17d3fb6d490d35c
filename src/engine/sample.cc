#include "engine/sample.h"

#include <algorithm>
#include <utility>

#include <ATen/Parallel.h>

#include "core/check.h"

namespace gre {

Sample::Sample(const SamplingOptions& options, uint64_t seed, const CodeRange& code,
               std::span<const int32_t> prompt_ids, int64_t max_tokens, const Tokenizer& tokenizer)
    : max_tokens_(max_tokens),
      num_tokens_known_(tokenizer.size()),
      sampler_(options, seed, prompt_ids, code),
      detokenizer_(tokenizer, /*skip_special=*/true),
      stops_(options.stop) {}

std::string Sample::Advance(std::span<const float> logits, float log_normalizer,
                            std::span<const int32_t> eos_ids, SamplingWorkspace* workspace) {
  GRE_CHECK(!finished_);
  const size_t known = std::min(logits.size(), static_cast<size_t>(num_tokens_known_));
  const int32_t token = sampler_.Draw(logits.first(known), workspace);
  completion_.token_ids.push_back(token);
  completion_.logprobs.push_back(logits[static_cast<size_t>(token)] - log_normalizer);
  if (std::find(eos_ids.begin(), eos_ids.end(), token) != eos_ids.end()) {
    return Finish(FinishReason::kStop);
  }
  std::string text = Release(stops_.Push(detokenizer_.Append(token)));
  if (stops_.matched()) {
    text += Finish(FinishReason::kStopText);
  } else if (static_cast<int64_t>(completion_.token_ids.size()) >= max_tokens_) {
    text += Finish(FinishReason::kLength);
  }
  return text;
}

std::string Sample::Cancel() {
  return finished_ ? std::string() : Finish(FinishReason::kCancelled);
}

std::string Sample::Finish(FinishReason reason) {
  finished_ = true;
  std::string text = stops_.Push(detokenizer_.Flush());
  text += stops_.Flush();
  completion_.finish_reason = stops_.matched() ? FinishReason::kStopText : reason;
  return Release(std::move(text));
}

std::string Sample::Release(std::string text) {
  completion_.text += text;
  return text;
}

void DrawTokens(std::span<TokenDraw> draws, std::span<const int32_t> eos_ids,
                std::vector<SamplingWorkspace>* workspaces) {
  workspaces->resize(static_cast<size_t>(at::get_num_threads()));
  at::parallel_for(
      0, static_cast<int64_t>(draws.size()), /*grain_size=*/1, [&](int64_t begin, int64_t end) {
        SamplingWorkspace& workspace = (*workspaces)[static_cast<size_t>(at::get_thread_num())];
        for (int64_t i = begin; i < end; ++i) {
          TokenDraw& draw = draws[static_cast<size_t>(i)];
          draw.text = draw.sample->Advance(draw.logits, draw.log_normalizer, eos_ids, &workspace);
        }
      });
}

}  // namespace gre
