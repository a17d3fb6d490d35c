#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "generation/text_generator.h"

namespace gre {

// Requests of the OpenAI chat-completions protocol as text. vLLM, SGLang, llama-server, Ollama and
// hosted services speak it with the differences below.

// Which fields a body has.
enum class ChatDialect {
  // What every server knows, and what the user set beyond it.
  kAuto,
  // OpenAI's own service: standard fields only, the length limit as "max_completion_tokens".
  kOpenAi,
  // vLLM and SGLang: every sampling field, since their model files otherwise impose a repetition
  // penalty and a near-zero temperature.
  kVllm,
  // SGLang's own POST /generate: the prompt as text, every sampling field, token ids in the reply.
  kSglang,
};

struct ChatBodyOptions {
  std::string model;
  ChatDialect dialect = ChatDialect::kAuto;
  std::set<std::string> refused;  // fields that the server does not take, see RefusedField
  bool stream = false;
  bool logprobs = false;
  bool token_ids = false;  // vLLM's "return_token_ids"
  int num_samples = 1;     // "n" of this body
  uint64_t seed = 0;       // sent in 31 bits
};

// JSON body of POST .../chat/completions. `image_urls` are data URLs in the order of the request's
// images. kInvalidArgument where the dialect cannot express a sampling option that is set.
Result<std::string> BuildChatBody(const GenerationRequest& request,
                                  const std::vector<std::string>& image_urls,
                                  const ChatBodyOptions& options);

// JSON body of SGLang's POST /generate for the prompt as its chat template renders it, with one
// placeholder an image. `model` is the name of a loaded adapter; empty: the base. No seed is sent:
// all samples of a request would be drawn with it.
std::string BuildGenerateBody(const GenerationRequest& request, const std::string& prompt,
                              const std::vector<std::string>& image_urls,
                              const ChatBodyOptions& options);

// The field of the `sent` body that the message of a 400 or 422 names as one that the server does
// not take, where a body without it (for the length limit: under its other name) can be sent
// instead; empty otherwise. Adding it to ChatBodyOptions::refused makes that body.
std::string RefusedField(std::string_view message, const ChatBodyOptions& sent);

}  // namespace gre
