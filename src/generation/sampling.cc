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

// Moves the tokens that the limits leave to the front and returns their number, at least 1. All
// three limits keep a prefix of the order of falling probability, so only that prefix is sorted, in
// blocks of growing size.
size_t KeepMostProbable(int top_k, double top_p, double min_p, std::vector<Candidate>* candidates) {
  const auto begin = candidates->begin();
  const auto at = [begin](size_t index) { return begin + static_cast<std::ptrdiff_t>(index); };
  size_t limit = candidates->size();
  if (top_k > 0 && static_cast<size_t>(top_k) < limit) {
    limit = static_cast<size_t>(top_k);
    std::nth_element(begin, at(limit), candidates->end(), MoreProbable);
  }
  double mass = std::numeric_limits<double>::infinity();
  if (top_p < 1) {
    double total = 0;
    for (size_t i = 0; i < limit; ++i) total += (*candidates)[i].weight;
    mass = top_p * total;
  }

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

// Inverse of the cumulative distribution at `uniform` in [0, 1).
int32_t DrawWeighted(std::span<const Candidate> candidates, double uniform) {
  double total = 0;
  for (const Candidate& candidate : candidates) total += candidate.weight;
  const double target = uniform * total;
  double cumulative = 0;
  int32_t last = -1;
  for (const Candidate& candidate : candidates) {
    if (candidate.weight == 0) continue;
    cumulative += candidate.weight;
    last = candidate.id;
    if (cumulative > target) break;
  }
  return last;
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

TokenSampler::TokenSampler(const SamplingOptions& options, uint64_t seed,
                           std::span<const int32_t> prompt_ids)
    : temperature_(options.temperature),
      top_k_(options.top_k),
      top_p_(options.top_p),
      min_p_(options.min_p),
      repetition_penalty_(static_cast<float>(options.repetition_penalty)),
      random_(seed) {
  if (repetition_penalty_ != 1) seen_.insert(prompt_ids.begin(), prompt_ids.end());
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
    std::vector<Candidate>& candidates = workspace->candidates;
    candidates.resize(logits.size());
    for (size_t i = 0; i < logits.size(); ++i) {
      const double scaled = (static_cast<double>(logits[i]) - *largest) / temperature_;
      candidates[i] = {std::exp(static_cast<float>(scaled)), static_cast<int32_t>(i)};
    }
    size_t kept = candidates.size();
    if (top_k_ > 0 || top_p_ < 1 || min_p_ > 0) {
      kept = KeepMostProbable(top_k_, top_p_, min_p_, &candidates);
    }
    drawn = DrawWeighted(std::span(candidates).first(kept), random_.Uniform());
  }
  if (repetition_penalty_ != 1) seen_.insert(drawn);
  return drawn;
}

}  // namespace gre
