#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "image/image.h"

namespace gre {

// How tokens are drawn. Every field is applied as stated; model files never override them.
struct SamplingOptions {
  double temperature = 0;  // 0 = greedy (arg max); else logits are divided by it
  int top_k = 0;           // 0 = off; else only the k most probable tokens
  double top_p = 1;        // 1 = off; smallest set of tokens whose probability reaches it
  double min_p = 0;        // 0 = off; tokens below min_p * (largest probability) are dropped
  double repetition_penalty =
      1;  // 1 = off; CTRL (arXiv 1909.05858): over prompt and completion ids
  int max_new_tokens = 1024;
  std::vector<std::string> stop;  // generation ends before the first of these; not part of the text
  // Sample i of request r draws from HashSeed(HashSeed(seed, request id), i): results depend on
  // neither batch nor order.
  uint64_t seed = 0;
  // The samples of a request cover the model's distribution evenly instead of independently
  // (SampleCode in sampling.h): their shares are nearer to the probabilities. Each sample alone is
  // a draw as without. Remote services draw independently.
  bool stratified = false;
};

// One piece of a message: text, or the image at `image_index` of the request.
struct ContentPart {
  enum class Kind { kText, kImage };
  Kind kind = Kind::kText;
  std::string text;
  int image_index = 0;

  static ContentPart Text(std::string text) { return {Kind::kText, std::move(text), 0}; }
  static ContentPart Image(int index) { return {Kind::kImage, {}, index}; }
};

enum class Role { kSystem, kUser, kAssistant };
// "system", "user" or "assistant": what chat protocols and templates call it.
constexpr const char* RoleName(Role role) {
  switch (role) {
    case Role::kSystem:
      return "system";
    case Role::kUser:
      return "user";
    case Role::kAssistant:
      break;
  }
  return "assistant";
}

struct ChatMessage {
  Role role = Role::kUser;
  std::vector<ContentPart> content;  // concatenated in order with nothing between
};

struct GenerationRequest {
  std::string id;  // names the request in errors and seeds its randomness
  std::vector<ChatMessage> messages;
  std::vector<std::shared_ptr<const RgbImage>> images;  // upright pixels, no metadata
  SamplingOptions sampling;
  int num_samples = 1;  // G completions of one prompt; image encoding and prefill are done once
};

enum class FinishReason {
  kStop,       // the model ended its turn
  kStopText,   // one of SamplingOptions::stop appeared
  kLength,     // max_new_tokens or the context length was reached
  kCancelled,  // cancellation or deadline; text holds what was there
  kRefused,    // a remote service's content filter
};
// "stop", "stop_text", "length", "cancelled", "refused".
constexpr const char* FinishReasonName(FinishReason reason) {
  switch (reason) {
    case FinishReason::kStop:
      return "stop";
    case FinishReason::kStopText:
      return "stop_text";
    case FinishReason::kLength:
      return "length";
    case FinishReason::kCancelled:
      return "cancelled";
    case FinishReason::kRefused:
      break;
  }
  return "refused";
}

struct Completion {
  std::string text;  // special tokens removed, valid UTF-8
  // Every drawn token, the end of the turn and those of a stop text included; empty where the
  // engine does not tell.
  std::vector<int32_t> token_ids;
  // Natural log of the probability of each token under the model's own distribution (temperature 1,
  // no penalty, no truncation); empty where the engine does not tell.
  std::vector<float> logprobs;
  FinishReason finish_reason = FinishReason::kStop;
};

struct GenerationTiming {
  double image_ms = 0;
  double prefill_ms = 0;
  double decode_ms = 0;
  double total_ms = 0;
};

struct GenerationResult {
  std::vector<Completion> completions;  // num_samples of them, in sample order
  int prompt_tokens = 0;
  int completion_tokens = 0;  // over all samples
  GenerationTiming timing;
};

// A piece of text as it is produced. Pieces of one sample arrive in order and never split a
// character.
struct StreamEvent {
  size_t request_index = 0;
  int sample_index = 0;
  std::string_view text;
};
using StreamCallback = std::function<void(const StreamEvent&)>;

enum class EngineKind { kEmbedded, kLocal, kRemote, kScripted };

struct EngineInfo {
  EngineKind kind = EngineKind::kScripted;
  std::string model;    // directory name, hub name or the server's model name
  std::string adapter;  // empty without one
};

// Turns requests into completions. The seam between everything that needs a language model and
// everything that is one: the local engine, a remote server, a scripted fake.
class TextGenerator {
 public:
  virtual ~TextGenerator() = default;

  // One result a request, in order; a failed request does not disturb the others. Blocks until all
  // are done; returns early results as kCancelled completions when `cancellation` fires. Calls
  // `stream` (may be empty) from one thread at a time. One Generate call at a time per object.
  virtual std::vector<Result<GenerationResult>> Generate(
      std::span<const GenerationRequest> requests, const StreamCallback& stream,
      const CancellationToken& cancellation) = 0;

  [[nodiscard]] virtual const EngineInfo& info() const = 0;
};

}  // namespace gre
