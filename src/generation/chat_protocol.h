#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "generation/text_generator.h"
#include "net/sse.h"

namespace gre {

// The OpenAI chat-completions protocol as text: request bodies out, replies and streams in. No
// sockets here, so that every reply can be fuzzed. vLLM, SGLang, llama-server and Ollama speak it
// with the differences below.

// Fields beyond OpenAI's own. Hosted services refuse unknown fields, the others need them, since
// their model files otherwise impose a repetition penalty and a near-zero temperature.
enum class ChatDialect {
  kOpenAi,  // standard fields only
  kVllm,    // also top_k, min_p, repetition_penalty (vLLM, SGLang; llama-server and Ollama ignore
            // them)
};

struct ChatBodyOptions {
  std::string model;
  ChatDialect dialect = ChatDialect::kOpenAi;
  // "max_tokens" everywhere but OpenAI's reasoning models, which want "max_completion_tokens".
  std::string max_tokens_field = "max_tokens";
  bool stream = false;
  bool logprobs = false;
  int num_samples = 1;  // "n" of this body
  uint64_t seed = 0;    // sent in 31 bits
};

// JSON body of POST .../chat/completions. `image_urls` are data URLs in the order of the request's
// images. kInvalidArgument where the dialect cannot express a sampling option that is set.
Result<std::string> BuildChatBody(const GenerationRequest& request,
                                  const std::vector<std::string>& image_urls,
                                  const ChatBodyOptions& options);

struct ChatReply {
  std::vector<Completion> completions;  // by choice index
  int prompt_tokens = 0;
  int completion_tokens = 0;
};

// A whole (non-streamed) reply. A refusal is a completion with FinishReason::kRefused, not an
// error. "reasoning_content" (llama-server's and vLLM's reasoning parsers) is put back as
// <think>…</think>.
Result<ChatReply> ParseChatReply(std::string_view json);

// The message of an error body in any of the forms in use, or the start of the body itself.
std::string ParseErrorMessage(std::string_view body);

// Collects a stream of chat.completion.chunk events into a ChatReply.
class ChatStream {
 public:
  // Called with the new text of a choice.
  using OnText = std::function<void(int choice, std::string_view text)>;

  explicit ChatStream(OnText on_text);

  Status Feed(std::string_view bytes) { return sse_.Feed(bytes); }
  // kUnavailable when the stream ended before every choice had a finish reason.
  Result<ChatReply> Finish();

 private:
  struct Choice {
    std::string reasoning;
    std::string content;
    std::vector<float> logprobs;
    bool finished = false;
    FinishReason finish_reason = FinishReason::kStop;
  };
  Status TakeEvent(std::string_view data);

  OnText on_text_;
  std::vector<Choice> choices_;
  int prompt_tokens_ = 0;
  int completion_tokens_ = 0;
  SseParser sse_;
};

}  // namespace gre
