#include "generation/chat_body.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"

namespace gre {
namespace {

constexpr char kMaxTokens[] = "max_tokens";
constexpr char kMaxCompletionTokens[] = "max_completion_tokens";

// The field that limits the length: the dialect's own unless the server wants the other one.
const char* LimitName(const ChatBodyOptions& options) {
  if (options.dialect == ChatDialect::kOpenAi) {
    return options.refused.contains(kMaxCompletionTokens) ? kMaxTokens : kMaxCompletionTokens;
  }
  return options.refused.contains(kMaxTokens) ? kMaxCompletionTokens : kMaxTokens;
}

// True when `text` holds `field` as a word; a single letter only where it is marked as a name.
bool Names(std::string_view text, std::string_view field) {
  constexpr std::string_view kWord =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  for (size_t at = text.find(field); at != std::string_view::npos; at = text.find(field, at + 1)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    const char after = at + field.size() == text.size() ? ' ' : text[at + field.size()];
    const bool marked = std::string_view("'\"`.").find(before) != std::string_view::npos;
    if (kWord.find(before) == std::string_view::npos &&
        kWord.find(after) == std::string_view::npos && (field.size() > 1 || marked)) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<std::string> BuildChatBody(const GenerationRequest& request,
                                  const std::vector<std::string>& image_urls,
                                  const ChatBodyOptions& options) {
  const SamplingOptions& sampling = request.sampling;
  if (options.dialect == ChatDialect::kOpenAi &&
      (sampling.top_k > 0 || sampling.min_p > 0 || sampling.repetition_penalty != 1)) {
    return Error{ErrorCode::kInvalidArgument,
                 "top_k, min_p and repetition_penalty are not part of the OpenAI protocol: leave "
                 "them out or say that the server is another one (--api-dialect vllm)"};
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
  const bool all = options.dialect == ChatDialect::kVllm;
  Json body = {{"model", options.model},
               {"messages", std::move(messages)},
               {"temperature", sampling.temperature},
               {LimitName(options), sampling.max_new_tokens}};
  const auto add = [&](const char* field, bool wanted, Json value) {
    if (wanted && !options.refused.contains(field)) body[field] = std::move(value);
  };
  add("seed", true, options.seed & 0x7FFFFFFFu);
  add("n", options.num_samples > 1, options.num_samples);
  add("stop", !sampling.stop.empty(), sampling.stop);
  add("logprobs", options.logprobs, true);
  add("return_token_ids", options.token_ids, true);
  add("stream", options.stream, true);
  add("stream_options", options.stream, {{"include_usage", true}});
  add("top_p", all || sampling.top_p != 1, sampling.top_p);
  add("top_k", all || sampling.top_k > 0, sampling.top_k > 0 ? sampling.top_k : -1);
  add("min_p", all || sampling.min_p > 0, sampling.min_p);
  add("repetition_penalty", all || sampling.repetition_penalty != 1, sampling.repetition_penalty);
  return DumpJson(body);
}

std::string BuildGenerateBody(const GenerationRequest& request, const std::string& prompt,
                              const std::vector<std::string>& image_urls,
                              const ChatBodyOptions& options) {
  const SamplingOptions& sampling = request.sampling;
  Json body = {{"text", prompt},
               {"image_data", image_urls},
               {"sampling_params",
                {{"temperature", sampling.temperature},
                 {"top_p", sampling.top_p},
                 {"top_k", sampling.top_k > 0 ? sampling.top_k : -1},
                 {"min_p", sampling.min_p},
                 {"repetition_penalty", sampling.repetition_penalty},
                 {"max_new_tokens", sampling.max_new_tokens},
                 {"n", options.num_samples}}},
               {"return_logprob", true},
               {"logprob_start_len", -1},
               {"top_logprobs_num", 0}};
  if (!sampling.stop.empty()) body["sampling_params"]["stop"] = sampling.stop;
  if (!options.model.empty()) body["lora_path"] = options.model;
  return DumpJson(body);
}

std::string RefusedField(std::string_view message, const ChatBodyOptions& sent) {
  const auto gone = [&](const char* field) { return sent.refused.contains(field); };
  // a limit that is only too high is named alone, as max_tokens
  if (Names(message, kMaxCompletionTokens) && !gone(kMaxTokens) && !gone(kMaxCompletionTokens)) {
    return LimitName(sent);
  }
  if (sent.stream && !gone("stream_options") && Names(message, "stream_options")) {
    return "stream_options";
  }
  // the second form is llama-server's
  if (sent.num_samples > 1 && !gone("n") &&
      (Names(message, "n") || message.find("one completion choice") != std::string_view::npos)) {
    return "n";
  }
  if (!gone("seed") && Names(message, "seed")) return "seed";
  return {};
}

}  // namespace gre
