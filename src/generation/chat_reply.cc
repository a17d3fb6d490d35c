#include "generation/chat_reply.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr int kMaxChoices = 1024;
constexpr int64_t kMaxTokenId = std::numeric_limits<int32_t>::max();
constexpr size_t kMaxErrorBytes = 4096;  // the caller shortens what it shows

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

// Reasons that are no end of an answer (vLLM and SGLang: abort, routers: error).
Status CheckReason(const std::string& name) {
  if (name != "abort" && name != "error") return {};
  return Error{ErrorCode::kUnavailable,
               "the server gave up the answer (finish_reason \"" + name + "\")"};
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

// The list of token ids `key`; nullopt where it is there and is no such list.
std::optional<std::vector<int32_t>> IdsOr(const Json& object, const char* key) {
  std::vector<int32_t> ids;
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return ids;
  if (!found->is_array()) return std::nullopt;
  for (const Json& id : *found) {
    if (!id.is_number_integer() || id < 0 || id > kMaxTokenId) return std::nullopt;
    ids.push_back(id.get<int32_t>());
  }
  return ids;
}

std::string JoinReasoning(const std::string& reasoning, const std::string& content) {
  return reasoning.empty() ? content : "<think>" + reasoning + "</think>" + content;
}

// What a text is that should have been JSON.
std::string DescribeText(std::string_view text) {
  text = Trim(text);
  if (text.empty()) return "nothing";
  if (text.front() == '<') return "an HTML page";
  return "text that is not JSON";
}

Error BadReply(const std::string& found) {
  return {ErrorCode::kInvalidInput,
          "the server answered with " + found +
              ", expected a chat completion; is --api-url the root of its API, such as …/v1?"};
}

// The error of a reply or event that holds one; null ones are left over from servers that fill in
// every field.
Status CheckErrorObject(const Json& reply, std::string_view body) {
  const auto error = reply.find("error");
  if (error == reply.end() || error->is_null()) return {};
  const int code = error->is_object() ? IntOr(*error, "code", 0) : 0;
  const bool lasting = code >= 400 && code < 500 && code != 408 && code != 429;
  return Error{lasting ? ErrorCode::kInvalidArgument : ErrorCode::kUnavailable,
               "the server answered with an error: " + ParseErrorMessage(body)};
}

// FastAPI's list of what is wrong with a request: "body.seed: Extra inputs are not permitted".
std::string JoinDetails(const Json& details) {
  std::string text;
  for (const Json& detail : details) {
    if (!detail.is_object() || text.size() > kMaxErrorBytes) continue;
    std::string where;
    if (const auto location = detail.find("loc"); location != detail.end()) {
      for (const Json& part : *location) {
        if (part.is_string()) where += (where.empty() ? "" : ".") + part.get<std::string>();
      }
    }
    text +=
        (text.empty() ? "" : "; ") + where + (where.empty() ? "" : ": ") + StringOr(detail, "msg");
  }
  return text;
}

}  // namespace

Result<ChatReply> ParseChatReply(std::string_view body) {
  const Result<Json> json = ParseJson(body);
  if (!json.ok()) return BadReply(DescribeText(body));
  const Json& reply = *json;
  if (!reply.is_object()) return BadReply("JSON that is no object");
  GRE_RETURN_IF_ERROR(CheckErrorObject(reply, body));
  const auto choices = reply.find("choices");
  if (choices == reply.end() || !choices->is_array() || choices->empty() ||
      choices->size() > kMaxChoices) {
    return BadReply("JSON without a list \"choices\"");
  }
  ChatReply parsed;
  for (const Json& choice : *choices) {
    if (!choice.is_object() || !choice.contains("message") || !choice["message"].is_object()) {
      return BadReply("a choice without \"message\"");
    }
    const Json& message = choice["message"];
    Completion completion;
    const std::string reason = StringOr(choice, "finish_reason");
    GRE_RETURN_IF_ERROR(CheckReason(reason));
    completion.finish_reason = ReasonOf(reason);
    completion.text = JoinReasoning(ReasoningOf(message), ContentOf(message));
    completion.logprobs = LogprobsOf(choice);
    auto ids = IdsOr(choice, "token_ids");
    if (!ids) return BadReply("\"token_ids\" that are no list of ids");
    completion.token_ids = std::move(*ids);
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
  parsed.model = StringOr(reply, "model");
  auto prompt_ids = IdsOr(reply, "prompt_token_ids");
  if (!prompt_ids) return BadReply("\"prompt_token_ids\" that are no list of ids");
  parsed.prompt_ids = std::move(*prompt_ids);
  return parsed;
}

Result<ChatReply> ParseGenerateReply(std::string_view body) {
  const auto bad = [](const char* found) {
    return Error{ErrorCode::kInvalidInput,
                 Concat({"the server answered with ", found, ", expected a reply of SGLang's ",
                         "/generate"})};
  };
  Result<Json> json = ParseJson(body);
  if (!json.ok()) return bad(DescribeText(body).c_str());
  if (json->is_object()) GRE_RETURN_IF_ERROR(CheckErrorObject(*json, body));
  const Json samples = json->is_array() ? std::move(*json) : Json::array({std::move(*json)});
  if (samples.empty() || samples.size() > kMaxChoices) return bad("a list of the wrong length");
  ChatReply parsed;
  for (const Json& sample : samples) {
    if (!sample.is_object() || !sample.contains("meta_info") || !sample["meta_info"].is_object()) {
      return bad("JSON without \"meta_info\"");
    }
    const Json& meta = sample["meta_info"];
    Completion completion;
    completion.text = StringOr(sample, "text");
    const auto reason = meta.find("finish_reason");
    const bool typed = reason != meta.end() && reason->is_object();
    const std::string name = typed ? StringOr(*reason, "type") : StringOr(meta, "finish_reason");
    GRE_RETURN_IF_ERROR(CheckReason(name));
    if (name.empty()) return bad("a sample without \"finish_reason\"");
    completion.finish_reason = ReasonOf(name);
    const auto tokens = meta.find("output_token_logprobs");
    if (tokens != meta.end() && tokens->is_array()) {
      for (const Json& token : *tokens) {  // [logprob, id, text]
        if (!token.is_array() || token.size() < 2 || !token[0].is_number() ||
            !token[1].is_number_integer() || token[1] < 0 || token[1] > kMaxTokenId) {
          return bad("\"output_token_logprobs\" that are no list of [logprob, id, text]");
        }
        completion.logprobs.push_back(token[0].get<float>());
        completion.token_ids.push_back(token[1].get<int32_t>());
      }
    }
    const auto ids = IdsOr(sample, "output_ids");
    if (!ids || (!ids->empty() && *ids != completion.token_ids)) {
      return bad("\"output_ids\" that are not the ids of \"output_token_logprobs\"");
    }
    parsed.prompt_tokens = std::max(parsed.prompt_tokens, IntOr(meta, "prompt_tokens", 0));
    parsed.completion_tokens += IntOr(meta, "completion_tokens", 0);
    parsed.weight_version = StringOr(meta, "weight_version");
    parsed.completions.push_back(std::move(completion));
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
    if (message.empty()) message = StringOr(*parsed, "error_message");  // SGLang's adapters
    if (message.empty()) message = StringOr(*parsed, "detail");
    const auto details = parsed->find("detail");
    if (message.empty() && details != parsed->end() && details->is_array()) {
      message = JoinDetails(*details);
    }
  }
  if (message.empty() && Trim(body).starts_with('<')) return "an HTML page";
  if (message.empty()) message = std::string(body.substr(0, kMaxErrorBytes));
  message = ReplaceInvalidUtf8(message.substr(0, kMaxErrorBytes));
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; };
  std::replace_if(message.begin(), message.end(), is_control, ' ');
  return std::string(Trim(message));
}

ChatStream::ChatStream(OnText on_text)
    : on_text_(std::move(on_text)),
      sse_([this](std::string_view data) { return TakeEvent(data); }) {}

Status ChatStream::Feed(std::string_view bytes) {
  if (form_ == Form::kUnknown) {
    const std::string_view text = Trim(bytes);
    if (text.empty()) return {};
    const bool whole = std::string_view("{[<").find(text.front()) != std::string_view::npos;
    form_ = whole ? Form::kWholeReply : Form::kEvents;
  }
  if (form_ == Form::kEvents) return sse_.Feed(bytes);
  whole_ += bytes;
  return {};
}

Status ChatStream::TakeEvent(std::string_view data) {
  done_ = done_ || Trim(data) == "[DONE]";
  if (done_ || Trim(data).empty()) return {};
  const Result<Json> json = ParseJson(data);
  if (!json.ok()) return BadReply("a stream event that holds " + DescribeText(data));
  const Json& event = *json;
  if (!event.is_object()) return BadReply("a stream event that is no object");
  GRE_RETURN_IF_ERROR(CheckErrorObject(event, data));
  if (const auto usage = event.find("usage"); usage != event.end() && usage->is_object()) {
    prompt_tokens_ = IntOr(*usage, "prompt_tokens", prompt_tokens_);
    completion_tokens_ = IntOr(*usage, "completion_tokens", completion_tokens_);
  }
  const auto choices = event.find("choices");
  if (choices == event.end() || !choices->is_array()) return {};
  for (const Json& choice : *choices) {
    if (!choice.is_object()) return BadReply("a stream event whose choice is no object");
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
      GRE_RETURN_IF_ERROR(CheckReason(reason));
      state.finished = true;
      if (state.finish_reason != FinishReason::kRefused) state.finish_reason = ReasonOf(reason);
    }
  }
  return {};
}

Result<ChatReply> ChatStream::Finish() {
  if (form_ == Form::kWholeReply) {
    GRE_ASSIGN_OR_RETURN(ChatReply whole, ParseChatReply(whole_));
    for (size_t i = 0; i < whole.completions.size() && on_text_; ++i) {
      on_text_(static_cast<int>(i), whole.completions[i].text);
    }
    return whole;
  }
  GRE_RETURN_IF_ERROR(sse_.Finish());
  const bool complete =
      !choices_.empty() &&
      std::all_of(choices_.begin(), choices_.end(), [](const Choice& c) { return c.finished; });
  if (!complete && done_) {
    return Error{ErrorCode::kInvalidInput,
                 std::string("the server ended the stream ") +
                     (choices_.empty() ? "without an answer"
                                       : "without a finish_reason: the answer may be cut off")};
  }
  if (!complete) {
    return Error{ErrorCode::kUnavailable, "the stream broke off before the answer was complete"};
  }
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
