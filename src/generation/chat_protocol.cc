#include "generation/chat_protocol.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr int kMaxChoices = 1024;
constexpr size_t kMaxErrorBytes = 300;

const char* RoleName(Role role) {
  switch (role) {
    case Role::kSystem:
      return "system";
    case Role::kUser:
      return "user";
    case Role::kAssistant:
      return "assistant";
  }
  return "user";
}

// The member `key` when it is there and a string; many servers send null instead of leaving it out.
std::string StringOr(const Json& object, const char* key, std::string fallback = {}) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::move(fallback);
}

int IntOr(const Json& object, const char* key, int fallback) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return fallback;
  return static_cast<int>(std::clamp<int64_t>(found->get<int64_t>(), 0, 1 << 30));
}

FinishReason ReasonOf(const std::string& name) {
  if (name == "length") return FinishReason::kLength;
  if (name == "content_filter") return FinishReason::kRefused;
  return FinishReason::kStop;
}

// Message text of a full message or a delta; content may be a string or an array of text parts.
std::string ContentOf(const Json& message) {
  const auto content = message.find("content");
  if (content == message.end()) return {};
  if (content->is_string()) return content->get<std::string>();
  std::string text;
  if (content->is_array()) {
    for (const Json& part : *content) {
      if (part.is_object()) text += StringOr(part, "text");
    }
  }
  return text;
}

std::string ReasoningOf(const Json& message) {
  std::string reasoning = StringOr(message, "reasoning_content");
  return reasoning.empty() ? StringOr(message, "reasoning") : reasoning;
}

std::vector<float> LogprobsOf(const Json& choice) {
  std::vector<float> values;
  const auto logprobs = choice.find("logprobs");
  if (logprobs == choice.end() || !logprobs->is_object()) return values;
  const auto content = logprobs->find("content");
  if (content == logprobs->end() || !content->is_array()) return values;
  for (const Json& token : *content) {
    if (!token.is_object() || !token.contains("logprob") || !token["logprob"].is_number())
      return {};
    values.push_back(token["logprob"].get<float>());
  }
  return values;
}

std::string JoinReasoning(const std::string& reasoning, const std::string& content) {
  return reasoning.empty() ? content : "<think>" + reasoning + "</think>" + content;
}

Error BadReply(const std::string& what) {
  return {ErrorCode::kInvalidInput, "the server's reply is not a chat completion: " + what};
}

}  // namespace

Result<std::string> BuildChatBody(const GenerationRequest& request,
                                  const std::vector<std::string>& image_urls,
                                  const ChatBodyOptions& options) {
  const SamplingOptions& sampling = request.sampling;
  const bool extended =
      sampling.top_k > 0 || sampling.min_p > 0 || sampling.repetition_penalty != 1;
  if (extended && options.dialect == ChatDialect::kOpenAi) {
    return Error{ErrorCode::kInvalidArgument,
                 "top_k, min_p and repetition_penalty are not part of the OpenAI protocol: leave "
                 "them out or say "
                 "that the server is vLLM or SGLang (--api-dialect vllm)"};
  }
  Json messages = Json::array();
  for (const ChatMessage& message : request.messages) {
    Json parts = Json::array();
    for (const ContentPart& part : message.content) {
      if (part.kind == ContentPart::Kind::kText) {
        parts.push_back({{"type", "text"}, {"text", part.text}});
      } else if (part.image_index >= 0 &&
                 static_cast<size_t>(part.image_index) < image_urls.size()) {
        parts.push_back(
            {{"type", "image_url"},
             {"image_url", {{"url", image_urls[static_cast<size_t>(part.image_index)]}}}});
      } else {
        return Error{ErrorCode::kInvalidArgument, request.id + ": a message names image " +
                                                      std::to_string(part.image_index) + " of " +
                                                      std::to_string(image_urls.size())};
      }
    }
    // plain text goes as a string: several servers take part lists for users only
    const bool single_text = parts.size() == 1 && parts[0]["type"] == "text";
    messages.push_back(
        {{"role", RoleName(message.role)}, {"content", single_text ? parts[0]["text"] : parts}});
  }
  Json body = {{"model", options.model},
               {"messages", std::move(messages)},
               {"temperature", sampling.temperature},
               {"top_p", sampling.top_p},
               {options.max_tokens_field, sampling.max_new_tokens},
               {"seed", options.seed & 0x7FFFFFFFu}};
  if (options.num_samples > 1) body["n"] = options.num_samples;
  if (!sampling.stop.empty()) body["stop"] = sampling.stop;
  if (options.logprobs) body["logprobs"] = true;
  if (options.stream) {
    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}};
  }
  if (options.dialect == ChatDialect::kVllm) {
    body["top_k"] = sampling.top_k > 0 ? sampling.top_k : -1;
    body["min_p"] = sampling.min_p;
    body["repetition_penalty"] = sampling.repetition_penalty;
  }
  return DumpJson(body);
}

Result<ChatReply> ParseChatReply(std::string_view json) {
  GRE_ASSIGN_OR_RETURN(const Json reply, ParseJson(json));
  if (!reply.is_object()) return BadReply("expected an object");
  const auto choices = reply.find("choices");
  if (choices == reply.end() || !choices->is_array() || choices->empty() ||
      choices->size() > kMaxChoices) {
    return BadReply("expected a non-empty list \"choices\"");
  }
  ChatReply parsed;
  for (const Json& choice : *choices) {
    if (!choice.is_object() || !choice.contains("message") || !choice["message"].is_object()) {
      return BadReply("a choice has no \"message\"");
    }
    const Json& message = choice["message"];
    Completion completion;
    completion.finish_reason = ReasonOf(StringOr(choice, "finish_reason"));
    completion.text = JoinReasoning(ReasoningOf(message), ContentOf(message));
    completion.logprobs = LogprobsOf(choice);
    if (const std::string refusal = StringOr(message, "refusal"); !refusal.empty()) {
      completion.text = refusal;
      completion.finish_reason = FinishReason::kRefused;
    }
    parsed.completions.push_back(std::move(completion));
  }
  if (const auto usage = reply.find("usage"); usage != reply.end() && usage->is_object()) {
    parsed.prompt_tokens = IntOr(*usage, "prompt_tokens", 0);
    parsed.completion_tokens = IntOr(*usage, "completion_tokens", 0);
  }
  return parsed;
}

std::string ParseErrorMessage(std::string_view body) {
  std::string message;
  if (const Result<Json> parsed = ParseJson(body); parsed.ok() && parsed->is_object()) {
    const auto error = parsed->find("error");
    if (error != parsed->end() && error->is_object()) message = StringOr(*error, "message");
    if (error != parsed->end() && error->is_string()) message = error->get<std::string>();
    if (message.empty()) message = StringOr(*parsed, "message");
    if (message.empty()) message = StringOr(*parsed, "detail");
  }
  if (message.empty()) message = std::string(body.substr(0, kMaxErrorBytes));
  message = ReplaceInvalidUtf8(message.substr(0, kMaxErrorBytes));
  std::replace_if(
      message.begin(), message.end(), [](char c) { return static_cast<unsigned char>(c) < 32; },
      ' ');
  return std::string(Trim(message));
}

ChatStream::ChatStream(OnText on_text)
    : on_text_(std::move(on_text)),
      sse_([this](std::string_view data) { return TakeEvent(data); }) {}

Status ChatStream::TakeEvent(std::string_view data) {
  if (Trim(data) == "[DONE]" || Trim(data).empty()) return {};
  GRE_ASSIGN_OR_RETURN(const Json event, ParseJson(data));
  if (!event.is_object()) return BadReply("a stream event is no object");
  if (event.contains("error"))
    return Error{ErrorCode::kUnavailable, "the server stopped: " + ParseErrorMessage(data)};
  if (const auto usage = event.find("usage"); usage != event.end() && usage->is_object()) {
    prompt_tokens_ = IntOr(*usage, "prompt_tokens", prompt_tokens_);
    completion_tokens_ = IntOr(*usage, "completion_tokens", completion_tokens_);
  }
  const auto choices = event.find("choices");
  if (choices == event.end() || !choices->is_array()) return {};
  for (const Json& choice : *choices) {
    if (!choice.is_object()) return BadReply("a choice of the stream is no object");
    const int index = IntOr(choice, "index", 0);
    if (index >= kMaxChoices) return BadReply("choice number " + std::to_string(index));
    if (choices_.size() <= static_cast<size_t>(index))
      choices_.resize(static_cast<size_t>(index) + 1);
    Choice& state = choices_[static_cast<size_t>(index)];
    if (const auto delta = choice.find("delta"); delta != choice.end() && delta->is_object()) {
      state.reasoning += ReasoningOf(*delta);
      std::string text = ContentOf(*delta);
      if (const std::string refusal = StringOr(*delta, "refusal"); !refusal.empty()) {
        state.finish_reason = FinishReason::kRefused;
        text += refusal;
      }
      state.content += text;
      if (!text.empty() && on_text_) on_text_(index, text);
      const std::vector<float> logprobs = LogprobsOf(choice);
      state.logprobs.insert(state.logprobs.end(), logprobs.begin(), logprobs.end());
    }
    if (const std::string reason = StringOr(choice, "finish_reason"); !reason.empty()) {
      state.finished = true;
      if (state.finish_reason != FinishReason::kRefused) state.finish_reason = ReasonOf(reason);
    }
  }
  return {};
}

Result<ChatReply> ChatStream::Finish() {
  GRE_RETURN_IF_ERROR(sse_.Finish());
  const bool complete =
      !choices_.empty() &&
      std::all_of(choices_.begin(), choices_.end(), [](const Choice& c) { return c.finished; });
  if (!complete)
    return Error{ErrorCode::kUnavailable, "the stream broke off before the answer was complete"};
  ChatReply reply;
  reply.prompt_tokens = prompt_tokens_;
  reply.completion_tokens = completion_tokens_;
  for (Choice& choice : choices_) {
    reply.completions.push_back({JoinReasoning(choice.reasoning, choice.content),
                                 {},
                                 std::move(choice.logprobs),
                                 choice.finish_reason});
  }
  return reply;
}

}  // namespace gre
