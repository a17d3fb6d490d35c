#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "generation/text_generator.h"
#include "net/sse.h"

namespace gre {

// Replies of the OpenAI chat-completions protocol as text: no sockets here, so that every reply can
// be fuzzed.

struct ChatReply {
  std::vector<Completion> completions;  // by choice index
  int prompt_tokens = 0;
  int completion_tokens = 0;
  std::string model;  // that answered, as the server calls it; "" where it does not say
  std::vector<int32_t> prompt_ids;  // as the server read the prompt; empty where it does not tell
  std::string weight_version;       // SGLang: of the base's weights
};

// A whole (non-streamed) reply. A refusal is a completion with FinishReason::kRefused, not an
// error. "reasoning_content" (llama-server's and vLLM's reasoning parsers) is put back as
// <think>…</think>. Errors: kUnavailable or kInvalidArgument with the text of an error object that
// came with status 200, kUnavailable for an answer that the server gave up, kInvalidInput for what
// is no chat completion.
Result<ChatReply> ParseChatReply(std::string_view body);

// A reply of SGLang's POST /generate: one object, or a list of them for several samples. Errors as
// above.
Result<ChatReply> ParseGenerateReply(std::string_view body);

// The message of an error body in any of the forms in use, or the start of the body itself: one
// line, without control characters.
std::string ParseErrorMessage(std::string_view body);

// Collects a stream of chat.completion.chunk events into a ChatReply. A server that answers with a
// whole reply instead, or with a page of HTML, is understood as such.
class ChatStream {
 public:
  // Called with the new text of a choice.
  using OnText = std::function<void(int choice, std::string_view text)>;

  explicit ChatStream(OnText on_text);

  Status Feed(std::string_view bytes);
  // kUnavailable when the stream broke off before every choice had a finish reason, kInvalidInput
  // when the server ended it so.
  Result<ChatReply> Finish();

 private:
  enum class Form { kUnknown, kEvents, kWholeReply };
  struct Choice {
    std::string reasoning;
    std::string content;
    std::vector<float> logprobs;
    bool finished = false;
    FinishReason finish_reason = FinishReason::kStop;
  };
  Status TakeEvent(std::string_view data);

  OnText on_text_;
  Form form_ = Form::kUnknown;
  std::string whole_;  // the reply that is no stream; the caller bounds it
  std::vector<Choice> choices_;
  bool done_ = false;  // [DONE] came
  int prompt_tokens_ = 0;
  int completion_tokens_ = 0;
  SseParser sse_;
};

}  // namespace gre
