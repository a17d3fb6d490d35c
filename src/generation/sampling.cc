#include "generation/sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "core/check.h"
#include "core/strings.h"

namespace gre {
namespace {

using Candidate = SamplingWorkspace::Candidate;

Error OutOfRange(const char* field, double value, const char* range) {
  return Error{ErrorCode::kInvalidArgument, std::string("sampling option ") + field + " is " +
                                                FormatShortest(value) + ", expected " + range};
}

bool MoreProbable(const Candidate& a, const Candidate& b) {
  return a.weight != b.weight ? a.weight > b.weight : a.id < b.id;
}

// CTRL (arXiv 1909.05858, section 4.1) as transformers applies it: a logit above 0 is divided by
// the penalty, one below is multiplied.
void PenaliseSeen(const std::unordered_set<int32_t>& seen, float penalty, std::span<float> logits) {
  for (const int32_t id : seen) {
    if (static_cast<size_t>(id) >= logits.size()) continue;
    float& logit = logits[static_cast<size_t>(id)];
    logit = logit > 0 ? logit / penalty : logit * penalty;
  }
}

// The `count` largest logits as candidates whose weights are logits still; of equal ones the lower
// ids.
void KeepLargest(std::span<const float> logits, size_t count, std::vector<Candidate>* candidates) {
  candidates->clear();
  count = std::min(count, logits.size());
  for (size_t i = 0; i < count; ++i) {
    candidates->push_back({logits[i], static_cast<int32_t>(i)});
  }
  std::make_heap(candidates->begin(), candidates->end(), MoreProbable);  // the least stands first
  for (size_t i = count; i < logits.size(); ++i) {
    if (logits[i] <= candidates->front().weight) continue;
    std::pop_heap(candidates->begin(), candidates->end(), MoreProbable);
    candidates->back() = {logits[i], static_cast<int32_t>(i)};
    std::push_heap(candidates->begin(), candidates->end(), MoreProbable);
  }
}

// Moves the tokens that top-p (those that reach `mass`) and min-p leave to the front and returns
// their number, at least 1. Both keep a prefix of the order of falling probability, so only that
// prefix is sorted, in blocks of growing size.
size_t KeepMostProbable(double mass, double min_p, std::vector<Candidate>* candidates) {
  const auto at = [candidates](size_t index) {
    return candidates->begin() + static_cast<std::ptrdiff_t>(index);
  };
  const size_t limit = candidates->size();
  constexpr size_t kFirstBlock = 64;
  size_t sorted = 0;
  size_t kept = 0;
  double cumulative = 0;
  while (kept < limit && cumulative < mass) {
    if (kept == sorted) {
      const size_t next = std::min(limit, std::max(kFirstBlock, 4 * sorted));
      if (next < limit) std::nth_element(at(sorted), at(next), at(limit), MoreProbable);
      std::sort(at(sorted), at(next), MoreProbable);
      sorted = next;
    }
    const float weight = (*candidates)[kept].weight;
    if (weight < min_p) break;  // the largest weight is 1
    cumulative += weight;
    ++kept;
  }
  return kept;
}

// A token's part of the cumulative distribution.
struct TokenShare {
  int32_t id = -1;
  double low = 0;
  double high = 1;
};

// The token whose part holds `code` in [0, 1).
TokenShare ShareAt(std::span<const Candidate> candidates, double code) {
  double total = 0;
  for (const Candidate& candidate : candidates) total += candidate.weight;
  const double target = code * total;
  double cumulative = 0;
  TokenShare share;
  for (const Candidate& candidate : candidates) {
    if (candidate.weight == 0) continue;
    share = {candidate.id, cumulative / total, (cumulative + candidate.weight) / total};
    cumulative += candidate.weight;
    if (cumulative > target) break;
  }
  return share;
}

// What the code's range is worth within the drawn token's part.
CodeRange RangeWithin(const CodeRange& code, const TokenShare& share) {
  const double width = share.high - share.low;
  const CodeRange rest = {std::max(0.0, (code.low - share.low) / width),
                          std::min(1.0, (code.high - share.low) / width)};
  return rest.low < rest.high ? rest : CodeRange();  // lost to rounding: a fresh code
}

}  // namespace

Status ValidateSampling(const SamplingOptions& options) {
  // Written so that NaN fails every test.
  if (!(options.temperature >= 0 && std::isfinite(options.temperature))) {
    return OutOfRange("temperature", options.temperature, "a finite number of 0 or more");
  }
  if (options.top_k < 0) return OutOfRange("top_k", options.top_k, "0 (off) or more");
  if (!(options.top_p > 0 && options.top_p <= 1)) {
    return OutOfRange("top_p", options.top_p, "more than 0 and at most 1 (off)");
  }
  if (!(options.min_p >= 0 && options.min_p <= 1)) {
    return OutOfRange("min_p", options.min_p, "0 (off) to 1");
  }
  if (!(options.repetition_penalty > 0 && std::isfinite(options.repetition_penalty))) {
    return OutOfRange("repetition_penalty", options.repetition_penalty,
                      "a finite number above 0 (1 is off)");
  }
  if (options.max_new_tokens < 1) {
    return OutOfRange("max_new_tokens", options.max_new_tokens, "1 or more");
  }
  for (const std::string& stop : options.stop) {
    if (stop.empty() || !IsValidUtf8(stop)) {
      return Error{ErrorCode::kInvalidArgument,
                   "sampling option stop: every text must be valid UTF-8 and not empty"};
    }
  }
  return {};
}

Status ValidateRequest(const GenerationRequest& request) {
  const std::string where = "request '" + request.id + "'";
  if (Status status = ValidateSampling(request.sampling); !status.ok()) {
    return std::move(status).error().Wrap(where);
  }
  const auto invalid = [&](const std::string& what) {
    return Error{ErrorCode::kInvalidArgument, where + ": " + what};
  };
  if (request.num_samples < 1) {
    return invalid("num_samples is " + std::to_string(request.num_samples) +
                   ", expected 1 or more");
  }
  for (const ChatMessage& message : request.messages) {
    for (const ContentPart& part : message.content) {
      if (part.kind != ContentPart::Kind::kImage) continue;
      const auto index = static_cast<size_t>(part.image_index);
      if (part.image_index < 0 || index >= request.images.size() || !request.images[index]) {
        return invalid("a message names image " + std::to_string(part.image_index) +
                       ", but the request holds " + std::to_string(request.images.size()));
      }
    }
  }
  return {};
}

CodeRange SampleCode(const SamplingOptions& options, std::string_view request_id, int sample,
                     int num_samples) {
  if (!options.stratified) return {};
  constexpr double kWidth = 0x1.0p-32;  // beyond the precision that tokens need of a shared offset
  const double offset =
      Random(HashSeed(HashSeed(options.seed, request_id), "stratified")).Uniform();
  const double code = offset + static_cast<double>(sample) / num_samples;
  const double low = code < 1 ? code : code - 1;
  return {low, std::min(1.0, low + kWidth)};
}

TokenSampler::TokenSampler(const SamplingOptions& options, uint64_t seed,
                           std::span<const int32_t> prompt_ids, const CodeRange& code)
    : temperature_(options.temperature),
      top_k_(options.top_k),
      top_p_(options.top_p),
      min_p_(options.min_p),
      repetition_penalty_(static_cast<float>(options.repetition_penalty)),
      random_(seed),
      code_(code) {
  if (repetition_penalty_ != 1) seen_.insert(prompt_ids.begin(), prompt_ids.end());
}

int32_t TokenSampler::DrawScaled(std::span<const float> logits, float largest,
                                 SamplingWorkspace* workspace) {
  std::vector<Candidate>& candidates = workspace->candidates;
  const auto weight_of = [&](float logit) {
    return std::exp(static_cast<float>((static_cast<double>(logit) - largest) / temperature_));
  };
  double total = 0;
  if (top_k_ > 0) {
    KeepLargest(logits, static_cast<size_t>(top_k_), &candidates);
    for (Candidate& candidate : candidates) {
      total += candidate.weight = weight_of(candidate.weight);
    }
  } else {
    workspace->weights.resize(logits.size());
    for (size_t i = 0; i < logits.size(); ++i) {
      total += workspace->weights[i] = weight_of(logits[i]);
    }
    const auto collect = [&](float least_weight) {
      candidates.resize(logits.size());
      size_t count = 0;
      double mass = 0;
      for (size_t i = 0; i < logits.size(); ++i) {
        const float weight = workspace->weights[i];
        if (weight < least_weight) continue;
        mass += weight;
        candidates[count++] = {weight, static_cast<int32_t>(i)};
      }
      candidates.resize(count);
      return mass;
    };
    // What the limits leave of a vocabulary of 150,000 is nearly always among its likely tokens.
    constexpr float kLikely = 1e-4f;
    const bool limited = top_p_ < 1 || min_p_ >= kLikely;
    const bool enough = limited && (collect(kLikely) >= top_p_ * total || min_p_ >= kLikely);
    if (!enough) collect(0);
  }
  size_t kept = candidates.size();
  if (top_k_ > 0 || top_p_ < 1 || min_p_ > 0) {
    const double mass = top_p_ < 1 ? top_p_ * total : std::numeric_limits<double>::infinity();
    kept = KeepMostProbable(mass, min_p_, &candidates);
  }
  const double code = random_.Uniform(code_.low, code_.high);
  const TokenShare share = ShareAt(std::span(candidates).first(kept), code);
  code_ = RangeWithin(code_, share);
  return share.id;
}

int32_t TokenSampler::Draw(std::span<const float> logits, SamplingWorkspace* workspace) {
  GRE_CHECK(!logits.empty());
  if (repetition_penalty_ != 1) {
    workspace->logits.assign(logits.begin(), logits.end());
    PenaliseSeen(seen_, repetition_penalty_, workspace->logits);
    logits = workspace->logits;
  }
  const auto largest = std::max_element(logits.begin(), logits.end());
  auto drawn = static_cast<int32_t>(largest - logits.begin());
  if (temperature_ > 0) {
    drawn = DrawScaled(logits, *largest, workspace);
  }
  if (repetition_penalty_ != 1) seen_.insert(drawn);
  return drawn;
}

}  // namespace gre
