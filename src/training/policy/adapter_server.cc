#include "training/policy/adapter_server.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "generation/chat_reply.h"
#include "net/http_client.h"
#include "net/secrets.h"

namespace gre {
namespace {

constexpr size_t kMaxShownBytes = 500;

}  // namespace

AdapterServer::AdapterServer(Options options) : options_(std::move(options)) {
  std::string& url = options_.url;
  while (url.ends_with('/')) url.pop_back();
  if (url.ends_with("/v1")) url.resize(url.size() - 3);
}

Status AdapterServer::Load(const std::string& name, const std::string& path,
                           const CancellationToken& cancellation) const {
  Status loaded = Post("load", name, path, cancellation);
  if (loaded.ok() || loaded.error().code != ErrorCode::kInvalidArgument) return loaded;
  if (!Post("unload", name, {}, cancellation).ok()) return loaded;
  return Post("load", name, path, cancellation);
}

Status AdapterServer::Unload(const std::string& name, const CancellationToken& cancellation) const {
  return Post("unload", name, {}, cancellation);
}

Status AdapterServer::Post(const std::string& action, const std::string& name,
                           const std::string& path, const CancellationToken& cancellation) const {
  const bool vllm = options_.dialect == ChatDialect::kVllm;
  Json body = {{"lora_name", name}};
  if (!path.empty()) body["lora_path"] = path;
  HttpRequest http;
  http.method = "POST";
  http.url = Concat({options_.url, vllm ? "/v1/" : "/", action, "_lora_adapter"});
  http.headers["Content-Type"] = "application/json";
  http.bearer_token = options_.api_key;
  http.body = DumpJson(body);
  http.timeout_ms = options_.timeout_ms;
  http.stall_timeout_ms = 0;
  http.max_response_bytes = 1 << 20;
  const Result<HttpResponse> response =
      Retry(options_.retry, /*seed=*/0, options_.url, cancellation,
            [&] { return SendHttp(http, cancellation); });
  const std::string what =
      Concat({"cannot ", action, " the adapter '", name, "'", path.empty() ? "" : " from ", path});
  if (!response.ok()) {
    return Error{response.error().code,
                 Concat({what, ": ", Redact(response.error().message, options_.api_key)})};
  }
  if (response->status / 100 == 2) return {};
  std::string said = Redact(ParseErrorMessage(response->body), options_.api_key);
  if (said.size() > kMaxShownBytes) said = ReplaceInvalidUtf8(said.substr(0, kMaxShownBytes));
  const char* advice = vllm ? "vLLM needs --enable-lora, a --max-lora-rank not below lora.rank, "
                              "VLLM_ALLOW_RUNTIME_LORA_UPDATING=True"
                            : "SGLang needs --enable-lora, a --max-lora-rank not below lora.rank, "
                              "--lora-target-modules";
  const bool busy = IsRetryableStatus(response->status);
  return Error{
      busy ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument,
      Concat({options_.url, ": ", what, ": the server answered ", std::to_string(response->status),
              said.empty() ? "" : " (", said, said.empty() ? "" : ")", "; ", advice,
              ", and must see rollouts.adapters (rollouts.adapters_on_server)"})};
}

}  // namespace gre
