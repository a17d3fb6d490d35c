#include "generation/remote_engine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "core/base64.h"
#include "core/log.h"
#include "core/random.h"
#include "core/strings.h"
#include "image/encode.h"
#include "image/resize.h"

namespace gre {
namespace {

using Clock = std::chrono::steady_clock;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Text that a server wrote in its own error must not bring the key back into our messages.
std::string WithoutSecret(std::string text, const std::string& secret) {
  if (secret.empty()) return text;
  for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret)) {
    text.replace(at, secret.size(), "[key]");
  }
  return text;
}

Result<std::vector<std::string>> EncodeImages(const GenerationRequest& request,
                                              int64_t max_pixels) {
  std::vector<std::string> urls;
  for (const auto& image : request.images) {
    const int64_t pixels = int64_t{image->width} * image->height;
    std::optional<RgbImage> smaller;
    if (max_pixels > 0 && pixels > max_pixels) {
      const double scale = std::sqrt(static_cast<double>(max_pixels) / static_cast<double>(pixels));
      const auto side = [&](int length) { return std::max(1, static_cast<int>(length * scale)); };
      smaller = Resize(*image, {side(image->width), side(image->height)}, ResizeFilter::kBicubic);
    }
    GRE_ASSIGN_OR_RETURN(const std::string png, EncodePng(smaller ? *smaller : *image));
    urls.push_back("data:image/png;base64," + Base64Encode(png));
  }
  return urls;
}

}  // namespace

RemoteEngine::RemoteEngine(RemoteEngineOptions options)
    : options_(std::move(options)), info_{EngineKind::kRemote, options_.model, {}} {}

Result<std::unique_ptr<RemoteEngine>> RemoteEngine::Create(RemoteEngineOptions options) {
  GRE_ASSIGN_OR_RETURN(const std::string origin, UrlOrigin(options.api_url));
  if (options.model.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "a remote engine needs the server's name of the model (--api-model NAME)"};
  }
  if (options.max_concurrency < 1) {
    return Error{
        ErrorCode::kInvalidArgument,
        "max_concurrency is " + std::to_string(options.max_concurrency) + ", expected 1 or more"};
  }
  if (!options.api_key.empty() && origin.starts_with("http://") &&
      !origin.starts_with("http://127.0.0.1:") && !origin.starts_with("http://localhost:") &&
      !origin.starts_with("http://[::1]:")) {
    return Error{ErrorCode::kInvalidArgument,
                 origin + " would receive the key unencrypted: use https://, or no key"};
  }
  while (options.api_url.ends_with('/')) options.api_url.pop_back();
  const size_t path = options.api_url.find('/', options.api_url.find("://") + 3);
  if (path == std::string::npos) options.api_url += "/v1";
  return std::unique_ptr<RemoteEngine>(new RemoteEngine(std::move(options)));
}

std::vector<Result<GenerationResult>> RemoteEngine::Generate(
    std::span<const GenerationRequest> requests, const StreamCallback& stream,
    const CancellationToken& cancellation) {
  std::vector<std::optional<Result<GenerationResult>>> slots(requests.size());
  std::atomic<size_t> next = 0;
  std::mutex stream_mutex;
  const auto work = [&] {
    for (size_t i = next++; i < requests.size(); i = next++) {
      std::function<void(int, std::string_view)> on_text;
      if (stream) {
        on_text = [&, i](int sample, std::string_view text) {
          const std::lock_guard lock(stream_mutex);
          stream({i, sample, text});
        };
      }
      Result<GenerationResult> answer = Ask(requests[i], on_text, cancellation);
      slots[i] = answer.ok() ? std::move(answer) : std::move(answer).error().Wrap(requests[i].id);
    }
  };
  const size_t threads = std::min(requests.size(), static_cast<size_t>(options_.max_concurrency));
  {
    std::vector<std::jthread> pool;
    for (size_t i = 1; i < threads; ++i) pool.emplace_back(work);
    work();
  }
  std::vector<Result<GenerationResult>> results;
  results.reserve(slots.size());
  for (auto& slot : slots) results.push_back(std::move(*slot));
  return results;
}

Result<GenerationResult> RemoteEngine::Ask(
    const GenerationRequest& request, const std::function<void(int, std::string_view)>& on_text,
    const CancellationToken& cancellation) const {
  const Clock::time_point start = Clock::now();
  GenerationResult result;
  GRE_ASSIGN_OR_RETURN(const std::vector<std::string> image_urls,
                       EncodeImages(request, options_.max_pixels));
  result.timing.image_ms = MillisecondsSince(start);

  ChatBodyOptions body;
  body.model = options_.model;
  body.dialect = options_.dialect;
  body.logprobs = options_.request_logprobs;
  body.stream = static_cast<bool>(on_text);
  const uint64_t seed = HashSeed(request.sampling.seed, request.id);
  // Servers that ignore "n" answer with one choice: the rest is asked for again.
  while (static_cast<int>(result.completions.size()) < request.num_samples) {
    const int done = static_cast<int>(result.completions.size());
    body.num_samples = done == 0 ? request.num_samples : 1;
    body.seed = HashSeed(seed, static_cast<uint64_t>(done));
    const auto on_choice = [&](int choice, std::string_view text) {
      if (done + choice < request.num_samples) on_text(done + choice, text);
    };
    GRE_ASSIGN_OR_RETURN(ChatReply reply,
                         Exchange(request, image_urls, body,
                                  on_text ? ChatStream::OnText(on_choice) : nullptr, cancellation));
    for (Completion& completion : reply.completions) {
      if (static_cast<int>(result.completions.size()) == request.num_samples) break;
      completion.text = ReplaceInvalidUtf8(completion.text);
      result.completions.push_back(std::move(completion));
    }
    result.prompt_tokens = std::max(result.prompt_tokens, reply.prompt_tokens);
    result.completion_tokens += reply.completion_tokens;
  }
  result.timing.total_ms = MillisecondsSince(start);
  result.timing.decode_ms = result.timing.total_ms - result.timing.image_ms;
  return result;
}

Result<ChatReply> RemoteEngine::Exchange(const GenerationRequest& request,
                                         const std::vector<std::string>& image_urls,
                                         ChatBodyOptions body_options,
                                         const ChatStream::OnText& on_text,
                                         const CancellationToken& cancellation) const {
  HttpRequest http;
  http.method = "POST";
  http.url = options_.api_url + "/chat/completions";
  http.headers["Content-Type"] = "application/json";
  http.bearer_token = options_.api_key;
  http.timeout_ms = options_.timeout_ms;
  http.stall_timeout_ms =
      0;  // a server may think for long before the first byte; timeout_ms bounds it
  for (;;) {
    GRE_ASSIGN_OR_RETURN(http.body, BuildChatBody(request, image_urls, body_options));
    std::optional<ChatReply> streamed;
    bool shown = false;  // text of a broken stream cannot be taken back: a retry stays silent
    const Result<HttpResponse> response =
        Retry(options_.retry, body_options.seed, cancellation, [&]() -> Result<HttpResponse> {
          if (!body_options.stream) return SendHttp(http, cancellation);
          HttpResponse head;
          const bool silent = shown;
          Result<ChatReply> reply = StreamOnce(
              http,
              [&](int choice, std::string_view text) {
                shown = true;
                if (!silent && on_text) on_text(choice, text);
              },
              &head, cancellation);
          if (head.status != 0 && head.status / 100 != 2) return head;
          if (!reply.ok()) return std::move(reply).error();
          streamed = std::move(reply).value();
          return head;
        });
    if (!response.ok()) return response.error();
    if (response->status / 100 == 2) {
      return streamed ? Result<ChatReply>(std::move(*streamed)) : ParseChatReply(response->body);
    }
    // OpenAI's reasoning models name the field they want instead
    if (response->status == 400 && body_options.max_tokens_field == "max_tokens" &&
        response->body.find("max_completion_tokens") != std::string::npos) {
      body_options.max_tokens_field = "max_completion_tokens";
      continue;
    }
    return ErrorOf(*response);
  }
}

Result<ChatReply> RemoteEngine::StreamOnce(const HttpRequest& http,
                                           const ChatStream::OnText& on_text,
                                           HttpResponse* response,
                                           const CancellationToken& cancellation) const {
  ChatStream stream(on_text);
  Status status;
  GRE_ASSIGN_OR_RETURN(*response, SendHttp(http, cancellation, [&](std::string_view piece) {
    status = stream.Feed(piece);
    return status.ok();
  }));
  if (!status.ok()) return std::move(status).error();
  return stream.Finish();
}

Error RemoteEngine::ErrorOf(const HttpResponse& response) const {
  const std::string message = WithoutSecret(ParseErrorMessage(response.body), options_.api_key);
  const std::string said = "the server answered " + std::to_string(response.status) +
                           (message.empty() ? "" : " (" + message + ")");
  switch (response.status) {
    case 401:
    case 403:
      return {ErrorCode::kRefused,
              said + ": check the key (--api-key-env or --api-key-file) and its rights"};
    case 404:
      return {ErrorCode::kNotFound,
              said + ": check --api-url and --api-model '" + options_.model + "'"};
    case 413:
      return {ErrorCode::kInvalidArgument,
              said + ": the photo is too large for it, lower --max-pixels"};
    case 429:
      return {ErrorCode::kUnavailable,
              said + ": rate or quota limit; lower --concurrency or try later"};
    default:
      return {response.status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument, said};
  }
}

}  // namespace gre
