#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/random.h"
#include "core/result.h"
#include "generation/text_generator.h"

namespace gre {

// kInvalidArgument naming the first field outside its range, its value and the range.
Status ValidateSampling(const SamplingOptions& options);
// The same for a whole request: its sampling options, number of samples, and that every image part
// names an image that is there. The error starts with the request's id.
Status ValidateRequest(const GenerationRequest& request);

// Memory that samplers of one thread share; grows to the size of the vocabulary.
struct SamplingWorkspace {
  struct Candidate {
    float weight;  // exp((logit - largest logit) / temperature)
    int32_t id;
  };
  std::vector<float> logits;
  std::vector<float> weights;
  std::vector<Candidate> candidates;
};

// Where a sample's code lies. A code is a number in [0, 1) that stands for a whole reply as in
// arithmetic coding: it picks the token whose part of the cumulative distribution holds it, and its
// place within that part is the code of the rest.
struct CodeRange {
  double low = 0;
  double high = 1;
};

// Arithmetic sampling (Vilnis et al., arXiv 2210.15458): with options.stratified the codes of the G
// samples lie 1/G apart behind one random offset, so that replies of probability p in all that are
// neighbours in token order are drawn floor(p G) or ceil(p G) times. Otherwise all of [0, 1).
CodeRange SampleCode(const SamplingOptions& options, std::string_view request_id, int sample,
                     int num_samples);

// Draws the tokens of one sample. Repetition penalty, temperature, top-k, top-p and min-p are
// applied in this order (top-p counts mass among the tokens that top-k left), as Hugging Face
// transformers does; equal logits are ordered by rising id. One uniform number is used a token, so
// seed and code range fix the sequence: it says where in its range the code lies as far as the
// token depends on it. Not thread-safe.
class TokenSampler {
 public:
  // `options` must be valid. `prompt_ids` count for the repetition penalty.
  TokenSampler(const SamplingOptions& options, uint64_t seed, std::span<const int32_t> prompt_ids,
               const CodeRange& code = {});

  // The next token given its logits (index = id), of which at least one must be finite and none
  // NaN or +inf; -inf is never drawn.
  int32_t Draw(std::span<const float> logits, SamplingWorkspace* workspace);

 private:
  // A draw from exp((logits - largest) / temperature_) within the limits.
  int32_t DrawScaled(std::span<const float> logits, float largest, SamplingWorkspace* workspace);

  double temperature_;
  int top_k_;
  double top_p_;
  double min_p_;
  float repetition_penalty_;
  Random random_;
  CodeRange code_;
  std::unordered_set<int32_t> seen_;  // kept only with a repetition penalty
};

}  // namespace gre
