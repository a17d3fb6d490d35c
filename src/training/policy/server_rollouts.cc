#include "training/policy/server_rollouts.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "core/file.h"
#include "core/log.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "engine/request_prompt.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

constexpr char kImagePad[] = "<|image_pad|>";
constexpr std::string_view kPrefix = "gre-v";
constexpr float kMostLogProbability = 1e-3F;  // rounding may put a certain token above 0

// What the engine's flags are called in a recipe.
Error InRecipeWords(Error error) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"--api-url", "rollouts.engine"},
      {"--api-model", "the adapter"},
      {"--api-dialect", "rollouts.dialect"},
      {"--concurrency", "rollouts.concurrency"},
      {"--max-new-tokens", "grpo.max_new_tokens"},
      {"--max-pixels", "model.max_pixels"}};
  for (const auto& [flag, setting] : kWords) {
    for (size_t at = error.message.find(flag); at != std::string::npos;
         at = error.message.find(flag, at + setting.size())) {
      error.message.replace(at, flag.size(), setting);
    }
  }
  return error;
}

Error Bad(std::initializer_list<std::string_view> parts) {
  return {ErrorCode::kInvalidInput, Concat(parts)};
}

AdapterServer::Options ServerOptions(const RolloutConfig& config, const std::string& api_key) {
  AdapterServer::Options options;
  options.url = config.engine;
  options.dialect = config.chat_dialect();
  options.api_key = api_key;
  options.timeout_ms = static_cast<int64_t>(config.timeout_s * 1000);
  options.retry.max_attempts = config.attempts;
  return options;
}

AdapterServer::Options PartingOptions(AdapterServer::Options options) {
  options.timeout_ms = std::min<int64_t>(options.timeout_ms, 5000);
  options.retry.max_attempts = 1;
  return options;
}

int64_t CountOf(const std::vector<int32_t>& ids, std::optional<int32_t> id) {
  return id ? std::ranges::count(ids, *id) : 0;
}

}  // namespace

ServerRollouts::ServerRollouts(const RolloutConfig& config, const std::string& api_key,
                               std::shared_ptr<const VisionLanguageModel> model,
                               AdapterWriter write)
    : config_(config),
      model_(std::move(model)),
      write_(std::move(write)),
      adapters_(ServerOptions(config, api_key)),
      parting_(PartingOptions(ServerOptions(config, api_key))),
      info_{EngineKind::kRemote, config.engine, {}} {}

Result<std::unique_ptr<ServerRollouts>> ServerRollouts::Create(
    const RolloutConfig& config, const std::string& api_key,
    std::shared_ptr<const VisionLanguageModel> model, AdapterWriter write) {
  auto rollouts = std::unique_ptr<ServerRollouts>(
      new ServerRollouts(config, api_key, std::move(model), std::move(write)));
  ServerRollouts& self = *rollouts;
  RemoteEngineOptions options;
  options.api_url = config.engine;
  options.model = "none yet";  // Publish names the first adapter
  options.api_key = api_key;
  options.dialect = config.chat_dialect();
  options.request_logprobs = true;
  options.request_token_ids = true;
  options.max_concurrency = config.concurrency;
  options.timeout_ms = static_cast<int64_t>(config.timeout_s * 1000);
  options.retry.max_attempts = config.attempts;
  options.check_reply = [&self](const GenerationRequest& request, ChatReply& reply) {
    return self.CheckReply(request, reply);
  };
  options.render_prompt = [&self](const GenerationRequest& request) -> Result<std::string> {
    return self.asked_.at(request.id).text;
  };
  auto engine = RemoteEngine::Create(std::move(options));
  if (!engine.ok()) return InRecipeWords(std::move(engine).error());
  self.engine_ = std::move(*engine);
  std::error_code error;
  fs::create_directories(config.adapters, error);
  if (error) {
    return Error{ErrorCode::kUnavailable,
                 Concat({config.adapters, ": rollouts.adapters: ", error.message()})};
  }
  return rollouts;
}

Status ServerRollouts::Publish(int64_t version, const CancellationToken& cancellation) {
  if (version == version_) return {};
  const std::string folder = config_.adapters + "/next";
  if (Status written = write_(folder); !written.ok()) {
    return std::move(written).error().Wrap("rollouts.adapters");
  }
  std::string content;
  for (const char* file : {"/adapter_config.json", "/adapter_model.safetensors"}) {
    GRE_ASSIGN_OR_RETURN(const std::string hash, Sha256HexOfFile(folder + file));
    content += hash;
  }
  const std::string name =
      Concat({kPrefix, std::to_string(version), "-", Sha256Hex(content).substr(0, 8)});
  GRE_RETURN_IF_ERROR(ReplaceFolder(folder, Concat({config_.adapters, "/", name})));
  GRE_RETURN_IF_ERROR(
      adapters_.Load(name, Concat({config_.adapters_on_server, "/", name}), cancellation));
  engine_->set_model(name);
  info_.adapter = name;
  version_ = version;
  RemoveOthers(name, cancellation);
  return {};
}

void ServerRollouts::RemoveOthers(const std::string& kept, const CancellationToken& cancellation) {
  std::error_code error;
  std::vector<fs::path> others;
  for (const auto& entry : fs::directory_iterator(config_.adapters, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && name != kept) others.push_back(entry.path());
  }
  for (const fs::path& other : others) {
    const Status unloaded = adapters_.Unload(other.filename().string(), cancellation);
    if (!unloaded.ok()) LogWarning(unloaded.error().message);
    fs::remove_all(other, error);
  }
}

void ServerRollouts::Close() {
  if (info_.adapter.empty()) return;
  const Status unloaded = parting_.Unload(info_.adapter, CancellationToken());
  if (!unloaded.ok()) LogWarning(unloaded.error().message);
  std::error_code error;
  fs::remove_all(Concat({config_.adapters, "/", info_.adapter}), error);
  info_.adapter.clear();
  version_ = -1;
}

std::vector<Result<GenerationResult>> ServerRollouts::Generate(
    std::span<const GenerationRequest> requests, const StreamCallback& stream,
    const CancellationToken& cancellation) {
  GRE_CHECK(!stream && !info_.adapter.empty());
  asked_.clear();
  std::vector<GenerationRequest> prepared;
  for (const GenerationRequest& request : requests) {
    Result<GenerationRequest> own = Prepare(request);
    if (!own.ok()) return {requests.size(), own.error()};
    prepared.push_back(std::move(*own));
  }
  auto results = engine_->Generate(prepared, {}, cancellation);
  for (auto& result : results) {
    if (!result.ok()) result = InRecipeWords(std::move(result).error());
  }
  return results;
}

Result<GenerationRequest> ServerRollouts::Prepare(const GenerationRequest& request) {
  GenerationRequest prepared = request;
  for (auto& image : prepared.images) {
    GRE_ASSIGN_OR_RETURN(RgbImage fitted, model_->FitImage(*image));
    image = std::make_shared<const RgbImage>(std::move(fitted));
  }
  GRE_ASSIGN_OR_RETURN(EncodedPrompt prompt, EncodeRequest(*model_, request));
  Asked& asked = asked_[request.id];
  asked.ids = std::move(prompt.token_ids);
  if (config_.chat_dialect() == ChatDialect::kSglang) {
    GRE_ASSIGN_OR_RETURN(asked.text, PromptText(request, asked.ids));
  }
  return prepared;
}

Result<std::string> ServerRollouts::PromptText(const GenerationRequest& request,
                                               const std::vector<int32_t>& ids) const {
  const Tokenizer& tokenizer = model_->tokenizer();
  const std::optional<int32_t> pad = tokenizer.TokenId(kImagePad);
  std::vector<int32_t> once;  // an image is one placeholder, which the server repeats
  for (const int32_t id : ids) {
    if (pad && id == *pad && !once.empty() && once.back() == id) continue;
    once.push_back(id);
  }
  std::string text = tokenizer.Decode(once, /*skip_special=*/false);
  if (tokenizer.Encode(text, /*recognise_added=*/true) == once) return text;
  return Bad({"request '", request.id,
              "': the server would read its text as other tokens (does it hold something like "
              "<|im_end|>?); leave the record out"});
}

Status ServerRollouts::CheckReply(const GenerationRequest& request, ChatReply& reply) {
  GRE_RETURN_IF_ERROR(CheckAuthor(reply));
  GRE_RETURN_IF_ERROR(CheckPrompt(request, reply));
  for (Completion& completion : reply.completions) {
    if (Status status = CheckCompletion(request, completion); !status.ok()) {
      return std::move(status).error().Wrap(Concat({"request '", request.id, "'"}));
    }
    std::string text = model_->tokenizer().Decode(completion.token_ids, /*skip_special=*/true);
    if (text != completion.text) ++different_texts_;
    completion.text = std::move(text);
  }
  return {};
}

Status ServerRollouts::CheckAuthor(const ChatReply& reply) {
  if (config_.chat_dialect() == ChatDialect::kSglang) {
    // its replies do not name the adapter, but which weights the base has
    const std::lock_guard lock(mutex_);
    if (weight_version_.empty()) weight_version_ = reply.weight_version;
    if (reply.weight_version == weight_version_) return {};
    return Bad({"the weights of the server's base changed from version '", weight_version_,
                "' to '", reply.weight_version, "' while training"});
  }
  if (reply.model == info_.adapter) return {};
  return Bad({"a completion was written by '", reply.model, "', expected the current adapter '",
              info_.adapter, "': stale rollouts are not learnt from"});
}

Status ServerRollouts::CheckPrompt(const GenerationRequest& request, const ChatReply& reply) const {
  const std::vector<int32_t>& ids = asked_.at(request.id).ids;
  const auto count =
      static_cast<int64_t>(reply.prompt_ids.empty() ? static_cast<size_t>(reply.prompt_tokens)
                                                    : reply.prompt_ids.size());
  const bool same = reply.prompt_ids.empty() ? count == static_cast<int64_t>(ids.size())
                                             : reply.prompt_ids == ids;
  if (same) return {};
  const std::optional<int32_t> pad = model_->tokenizer().TokenId(kImagePad);
  const auto photo = [&](const std::vector<int32_t>& prompt) {
    return Concat({std::to_string(prompt.size()), " tokens, ", std::to_string(CountOf(prompt, pad)),
                   " of them of the photo"});
  };
  return Bad({"request '", request.id, "': the server read the prompt as ",
              reply.prompt_ids.empty() ? Concat({std::to_string(count), " tokens"})
                                       : photo(reply.prompt_ids),
              ", the trainer as ", photo(ids),
              ": it must serve model.base with the same chat template, and photos of ",
              "model.max_pixels must pass its own limits"});
}

Status ServerRollouts::CheckCompletion(const GenerationRequest& request,
                                       const Completion& completion) const {
  const auto tokens = completion.token_ids.size();
  if (tokens == 0) {
    return Bad(
        {"the server does not tell the token ids of its completions, which training needs: "
         "it must know return_token_ids (vLLM) or return_logprob (SGLang)"});
  }
  if (completion.logprobs.size() != tokens) {
    return Bad({"a completion has ", std::to_string(tokens), " tokens and ",
                std::to_string(completion.logprobs.size()),
                " log-probabilities, expected one of each token"});
  }
  const auto most = static_cast<size_t>(request.sampling.max_new_tokens);
  if (tokens > most) {
    return Bad({"a completion has ", std::to_string(tokens),
                " tokens, expected at most grpo.max_new_tokens = ", std::to_string(most)});
  }
  for (size_t i = 0; i < tokens; ++i) {
    const int32_t id = completion.token_ids[i];
    const float logprob = completion.logprobs[i];
    if (id < 0 || id >= model_->tokenizer().size()) {
      return Bad({"a completion holds token ", std::to_string(id), ", expected ids below ",
                  std::to_string(model_->tokenizer().size()),
                  ": the server has another tokenizer"});
    }
    if (!std::isfinite(logprob) || logprob > kMostLogProbability) {
      return Bad({"a log-probability is ", FormatShortest(logprob), ", expected at most 0"});
    }
  }
  const bool ended = std::ranges::count(model_->spec().eos_ids, completion.token_ids.back()) > 0;
  const FinishReason reason = completion.finish_reason;
  const bool as_told = reason == FinishReason::kStop ? ended : reason == FinishReason::kLength;
  if (as_told) return {};
  return Bad({"a completion ended with '", FinishReasonName(reason), "' and token ",
              std::to_string(completion.token_ids.back()),
              ", expected a token that ends a turn, or 'length'"});
}

}  // namespace gre
