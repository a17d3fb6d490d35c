#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "engine/local_engine.h"
#include "engine/request_prompt.h"
#include "generation/chat_body.h"
#include "image/decode.h"
#include "model/loader.h"
#include "support/scripted_http_server.h"

namespace gre::testing {

// A server that speaks vLLM's or SGLang's protocol as far as rollouts need it, with the engine of
// this program behind it: adapters are read from the folders that requests name. Settings may be
// changed between runs.
class FakeRolloutServer {
 public:
  // Chooses a request's id and seed by its photo and the adapter that is to answer, so that a
  // server can draw what an engine in the trainer's process would.
  using Identify = std::function<void(GenerationRequest& request, const std::string& adapter)>;

  FakeRolloutServer(ChatDialect dialect, std::string base, ModelLoadOptions load, Identify identify)
      : dialect_(dialect),
        base_(std::move(base)),
        load_(std::move(load)),
        identify_(std::move(identify)),
        server_([this](const ReceivedRequest& request, int number) {
          return Answer(request, number);
        }) {}

  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::vector<ReceivedRequest> requests() const { return server_.requests(); }
  // "load NAME" and "unload NAME" in the order in which they succeeded.
  [[nodiscard]] std::vector<std::string> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }

  double shift = 0;                        // added to every log-probability
  std::function<void(Json& reply)> spoil;  // of completions
  // A reply in place of the right one.
  std::function<std::optional<Reply>(const ReceivedRequest& request, int number)> instead;

 private:
  static Reply Refuse(int status, const std::string& message) {
    return {{HttpReply(status, Json{{"error", {{"message", message}}}}.dump())}};
  }

  Reply Answer(const ReceivedRequest& request, int number) {
    const std::lock_guard lock(mutex_);
    if (instead) {
      if (auto reply = instead(request, number)) return *reply;
    }
    at::set_num_threads(1);
    const Json body = ParseJson(request.body).value();
    const bool vllm = dialect_ == ChatDialect::kVllm;
    const std::string root = vllm ? "/v1/" : "/";
    if (request.target == root + "load_lora_adapter") return Load(body);
    if (request.target == root + "unload_lora_adapter") return Unload(body);
    if (request.target == (vllm ? "/v1/chat/completions" : "/generate")) return Complete(body);
    return Refuse(404, "Not Found");
  }

  Reply Load(const Json& body) {
    const std::string name = body["lora_name"];
    if (models_.contains(name)) return Refuse(400, "'" + name + "' has already been loaded");
    ModelLoadOptions load = load_;
    load.adapter_dir = body["lora_path"];
    auto model = LoadModel(base_, load);
    if (!model.ok()) return Refuse(400, model.error().message);
    models_[name] = std::move(*model);
    events_.push_back("load " + name);
    return {{HttpReply(200, dialect_ == ChatDialect::kVllm ? "Success" : R"({"success":true})")}};
  }

  Reply Unload(const Json& body) {
    const std::string name = body["lora_name"];
    if (models_.erase(name) == 0) return Refuse(404, "'" + name + "' is not loaded");
    events_.push_back("unload " + name);
    return {{HttpReply(200, "Success")}};
  }

  Reply Complete(const Json& body) {
    const bool vllm = dialect_ == ChatDialect::kVllm;
    const std::string name = body[vllm ? "model" : "lora_path"];
    const auto model = models_.find(name);
    if (model == models_.end()) return Refuse(vllm ? 404 : 400, "no adapter '" + name + "'");
    GenerationRequest request = vllm ? ReadChat(body) : ReadPrompt(body);
    identify_(request, name);
    LocalEngine engine(model->second, {});
    const auto results = engine.Generate(std::span(&request, 1), {}, CancellationToken());
    if (!results[0].ok()) return Refuse(400, results[0].error().message);
    const auto prompt = EncodeRequest(*model->second, request)->token_ids;
    Json reply = vllm ? ChatJson(name, *results[0], prompt) : GenerateJson(*results[0], prompt);
    if (spoil) spoil(reply);
    return {{HttpReply(200, reply.dump())}};
  }

  // The bytes of "data:image/png;base64,…".
  static std::string Decode64(std::string_view url) {
    constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    uint32_t bits = 0;
    int count = 0;
    for (const char letter : url.substr(url.find(',') + 1)) {
      if (letter == '=') break;
      bits = (bits << 6) | static_cast<uint32_t>(kLetters.find(letter));
      count += 6;
      if (count >= 8) bytes += static_cast<char>((bits >> (count -= 8)) & 0xFF);
    }
    return bytes;
  }

  static GenerationRequest Begin(const std::string& image_url, const Json& sampling) {
    GenerationRequest request;
    request.images.push_back(
        std::make_shared<const RgbImage>(DecodeImage(Decode64(image_url), "photo").value()));
    request.sampling.temperature = sampling["temperature"];
    request.sampling.top_p = sampling["top_p"];
    request.sampling.top_k = std::max(0, sampling["top_k"].get<int>());
    request.sampling.repetition_penalty = sampling["repetition_penalty"];
    request.num_samples = sampling.value("n", 1);
    return request;
  }

  static GenerationRequest ReadChat(const Json& body) {
    const Json& parts = body["messages"][0]["content"];
    GenerationRequest request = Begin(parts[0]["image_url"]["url"], body);
    request.sampling.max_new_tokens = body["max_tokens"];
    request.messages = {
        {Role::kUser, {ContentPart::Image(0), ContentPart::Text(parts[1]["text"])}}};
    return request;
  }

  // One turn of the user behind the default turn of the system.
  static GenerationRequest ReadPrompt(const Json& body) {
    GenerationRequest request = Begin(body["image_data"][0], body["sampling_params"]);
    request.sampling.max_new_tokens = body["sampling_params"]["max_new_tokens"];
    std::string text = body["text"];
    constexpr std::string_view kImage = "<|vision_start|><|image_pad|><|vision_end|>";
    text = text.substr(text.find(kImage) + kImage.size());
    text.resize(text.find("<|im_end|>"));
    request.messages = {{Role::kUser, {ContentPart::Image(0), ContentPart::Text(text)}}};
    return request;
  }

  [[nodiscard]] Json ChatJson(const std::string& name, const GenerationResult& result,
                              const std::vector<int32_t>& prompt) const {
    Json choices = Json::array();
    for (const Completion& completion : result.completions) {
      Json tokens = Json::array();
      for (const float logprob : completion.logprobs)
        tokens.push_back({{"logprob", logprob + shift}});
      choices.push_back({{"index", choices.size()},
                         {"message", {{"role", "assistant"}, {"content", completion.text}}},
                         {"finish_reason", FinishReasonName(completion.finish_reason)},
                         {"token_ids", completion.token_ids},
                         {"logprobs", {{"content", tokens}}}});
    }
    return {{"model", name},
            {"choices", choices},
            {"prompt_token_ids", prompt},
            {"usage", {{"prompt_tokens", prompt.size()}, {"completion_tokens", 1}}}};
  }

  [[nodiscard]] Json GenerateJson(const GenerationResult& result,
                                  const std::vector<int32_t>& prompt) const {
    Json samples = Json::array();
    for (const Completion& completion : result.completions) {
      Json tokens = Json::array();
      for (size_t i = 0; i < completion.token_ids.size(); ++i) {
        tokens.push_back({completion.logprobs[i] + shift, completion.token_ids[i], nullptr});
      }
      samples.push_back(
          {{"text", completion.text},
           {"output_ids", completion.token_ids},
           {"meta_info",
            {{"finish_reason", {{"type", FinishReasonName(completion.finish_reason)}}},
             {"prompt_tokens", prompt.size()},
             {"completion_tokens", completion.token_ids.size()},
             {"weight_version", "default"},
             {"output_token_logprobs", tokens}}}});
    }
    return samples;
  }

  ChatDialect dialect_;
  std::string base_;
  ModelLoadOptions load_;
  Identify identify_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const VisionLanguageModel>> models_;
  std::vector<std::string> events_;
  ScriptedHttpServer server_;  // last: its threads use the rest
};

}  // namespace gre::testing
