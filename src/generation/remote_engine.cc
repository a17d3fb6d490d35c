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
#include "core/check.h"
#include "core/log.h"
#include "core/random.h"
#include "core/strings.h"
#include "generation/server_refusal.h"
#include "image/encode.h"
#include "image/resize.h"
#include "net/secrets.h"

namespace gre {
namespace {

using Clock = std::chrono::steady_clock;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Shorter keys are the dummies of servers that need none; they would take letters out of answers.
constexpr size_t kShortestRealKey = 8;
constexpr size_t kMaxShownBytes = 500;
// Requests in a row that reached nobody, after which the next ones are tried only once each.
constexpr int kPatience = 3;

constexpr std::string_view kEndpoint = "/chat/completions";
constexpr std::string_view kNativeEndpoint = "/generate";  // of SGLang, beside /v1

// The root of the API in the form to which kEndpoint is added.
Result<std::string> NormalizeApiUrl(std::string url) {
  GRE_RETURN_IF_ERROR(UrlOrigin(url));
  if (WithoutUserInfo(url) != url || url.find_first_of("?#") != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument,
                 "--api-url holds a user name, a query or a fragment: expected scheme, host and "
                 "path only; keys come from --api-key-env or --api-key-file"};
  }
  while (url.ends_with('/')) url.pop_back();
  if (url.ends_with(kEndpoint)) url.resize(url.size() - kEndpoint.size());
  const size_t path = url.find('/', url.find("://") + 3);
  return path == std::string::npos ? url + "/v1" : url;
}

// Holds one of the slots while it lives.
class SlotHolder {
 public:
  explicit SlotHolder(std::counting_semaphore<>& slots) : slots_(slots) { slots_.acquire(); }
  SlotHolder(const SlotHolder&) = delete;
  SlotHolder& operator=(const SlotHolder&) = delete;
  ~SlotHolder() { slots_.release(); }

 private:
  std::counting_semaphore<>& slots_;
};

// Calls task(0) to task(count - 1) from at most `threads` threads, this one among them.
void RunInParallel(size_t count, int threads, const std::function<void(size_t)>& task) {
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < count; i = next++) task(i);
  };
  std::vector<std::jthread> pool;
  for (size_t i = 1; i < std::min(count, static_cast<size_t>(threads)); ++i) {
    pool.emplace_back(work);
  }
  work();
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
    : options_(std::move(options)),
      info_{EngineKind::kRemote, options_.model, {}},
      free_slots_(options_.max_concurrency) {}

Result<std::unique_ptr<RemoteEngine>> RemoteEngine::Create(RemoteEngineOptions options) {
  GRE_ASSIGN_OR_RETURN(options.api_url, NormalizeApiUrl(options.api_url));
  if (options.dialect == ChatDialect::kSglang) {
    if (options.api_url.ends_with("/v1")) options.api_url.resize(options.api_url.size() - 3);
    GRE_CHECK(options.render_prompt);
  } else if (options.model.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "a remote engine needs the server's name of the model (--api-model NAME)"};
  }
  if (options.max_concurrency < 1) {
    return Error{
        ErrorCode::kInvalidArgument,
        "max_concurrency is " + std::to_string(options.max_concurrency) + ", expected 1 or more"};
  }
  if (!options.api_key.empty()) {
    GRE_RETURN_IF_ERROR(CheckSecret(options.api_key));
    GRE_RETURN_IF_ERROR(CheckSecretTarget(options.api_url));
  }
  return std::unique_ptr<RemoteEngine>(new RemoteEngine(std::move(options)));
}

std::vector<Result<GenerationResult>> RemoteEngine::Generate(
    std::span<const GenerationRequest> requests, const StreamCallback& stream,
    const CancellationToken& cancellation) {
  std::vector<std::optional<Result<GenerationResult>>> slots(requests.size());
  std::mutex stream_mutex;
  RunInParallel(requests.size(), options_.max_concurrency, [&](size_t i) {
    std::function<void(int, std::string_view)> on_text;
    if (stream) {
      on_text = [&, i](int sample, std::string_view text) {
        const std::lock_guard lock(stream_mutex);
        stream({i, sample, text});
      };
    }
    slots[i] = Ask(requests[i], on_text, cancellation);
  });
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
  Result<std::vector<std::string>> image_urls = EncodeImages(request, options_.max_pixels);
  if (!image_urls.ok()) return std::move(image_urls).error().Wrap(request.id);
  result.timing.image_ms = MillisecondsSince(start);

  ChatBodyOptions body;
  body.model = options_.model;
  body.dialect = options_.dialect;
  body.logprobs = options_.request_logprobs;
  body.token_ids = options_.request_token_ids;
  GRE_CHECK(!on_text || options_.dialect != ChatDialect::kSglang);
  body.stream = static_cast<bool>(on_text);
  const uint64_t seed = HashSeed(request.sampling.seed, request.id);
  // The reply that begins with sample `first`.
  const auto ask = [&](int first, int samples) {
    ChatBodyOptions own = body;
    own.num_samples = samples;
    own.seed = HashSeed(seed, static_cast<uint64_t>(first));
    ChatStream::OnText on_choice;
    if (on_text) {
      on_choice = [&, first](int choice, std::string_view text) {
        if (choice < samples) on_text(first + choice, text);
      };
    }
    return Exchange(request, *image_urls, own, on_choice, cancellation);
  };
  const auto take = [&](ChatReply reply, int samples) {
    result.prompt_tokens = std::max(result.prompt_tokens, reply.prompt_tokens);
    result.completion_tokens += reply.completion_tokens;
    for (Completion& completion : reply.completions) {
      if (samples-- == 0) break;
      completion.text = ReplaceInvalidUtf8(completion.text);
      if (options_.api_key.size() >= kShortestRealKey) {
        completion.text = Redact(completion.text, options_.api_key);
      }
      result.completions.push_back(std::move(completion));
    }
  };
  GRE_ASSIGN_OR_RETURN(ChatReply first, ask(0, request.num_samples));
  take(std::move(first), request.num_samples);
  // Servers that ignore or refuse "n" answer with one choice: the rest is asked for singly.
  const int done = static_cast<int>(result.completions.size());
  std::vector<std::optional<Result<ChatReply>>> rest(
      static_cast<size_t>(request.num_samples - done));
  RunInParallel(rest.size(), options_.max_concurrency,
                [&](size_t i) { rest[i] = ask(done + static_cast<int>(i), 1); });
  for (auto& reply : rest) {
    if (!reply->ok()) return std::move(*reply).error();
    take(std::move(*reply).value(), 1);
  }
  result.timing.total_ms = MillisecondsSince(start);
  result.timing.decode_ms = result.timing.total_ms - result.timing.image_ms;
  return result;
}

void RemoteEngine::set_model(const std::string& model) { options_.model = info_.model = model; }

Result<std::string> RemoteEngine::BuildBody(const GenerationRequest& request,
                                            const std::vector<std::string>& image_urls,
                                            const ChatBodyOptions& options) const {
  if (options.dialect != ChatDialect::kSglang) return BuildChatBody(request, image_urls, options);
  GRE_ASSIGN_OR_RETURN(const std::string prompt, options_.render_prompt(request));
  return BuildGenerateBody(request, prompt, image_urls, options);
}

Result<ChatReply> RemoteEngine::Exchange(const GenerationRequest& request,
                                         const std::vector<std::string>& image_urls,
                                         ChatBodyOptions body_options,
                                         const ChatStream::OnText& on_text,
                                         const CancellationToken& cancellation) const {
  const SlotHolder slot(free_slots_);
  HttpRequest http;
  http.method = "POST";
  const bool native = options_.dialect == ChatDialect::kSglang;
  http.url = Concat({options_.api_url, native ? kNativeEndpoint : kEndpoint});
  http.headers["Content-Type"] = "application/json";
  http.bearer_token = options_.api_key;
  http.timeout_ms = options_.timeout_ms;
  // a server may think for long before the first byte; timeout_ms bounds it
  http.stall_timeout_ms = 0;
  http.max_response_bytes = options_.max_reply_bytes;
  for (;;) {
    body_options.refused = RefusedFields();
    GRE_ASSIGN_OR_RETURN(http.body, BuildBody(request, image_urls, body_options));
    RetryPolicy policy = options_.retry;
    if (unreachable_ >= kPatience) policy.max_attempts = 1;
    std::optional<ChatReply> reply;
    bool shown = false;  // text of a broken stream cannot be taken back: a retry stays silent
    const Result<HttpResponse> response =
        Retry(policy, body_options.seed, options_.api_url, cancellation, [&] {
          ChatStream::OnText show;
          if (on_text) {
            show = [&, silent = shown](int choice, std::string_view text) {
              shown = true;
              if (!silent) on_text(choice, text);
            };
          }
          return Attempt(http, show, reply, cancellation);
        });
    if (!response.ok()) {
      if (response.error().code == ErrorCode::kUnavailable) ++unreachable_;
      return response.error();
    }
    if (reply && options_.check_reply) {
      if (const Status status = options_.check_reply(request, *reply); !status.ok()) {
        return Blame(status.error());
      }
    }
    if (reply) return std::move(*reply);
    if (!native &&
        (response->status == 400 || response->status == 422 || response->status == 500)) {
      const std::string field = RefusedField(ParseErrorMessage(response->body), body_options);
      if (!field.empty()) {
        Refuse(field);
        continue;
      }
    }
    std::optional<std::string> wait = response->Header("retry-after");
    if (wait) wait = Clean(*wait);
    return DescribeRefusal({options_.api_url, options_.model, response->status,
                            Clean(ParseErrorMessage(response->body)), wait});
  }
}

Result<HttpResponse> RemoteEngine::Attempt(const HttpRequest& http,
                                           const ChatStream::OnText& on_text,
                                           std::optional<ChatReply>& reply,
                                           const CancellationToken& cancellation) const {
  ChatStream stream(on_text);
  Status status;
  BodyCallback on_body;
  if (on_text) {
    on_body = [&](const HttpResponse&, std::string_view piece) {
      status = stream.Feed(piece);
      return status.ok();
    };
  }
  Result<HttpResponse> response = SendHttp(http, cancellation, on_body);
  if (!response.ok()) return Error{response.error().code, Clean(response.error().message)};
  unreachable_ = 0;
  if (!status.ok()) return Blame(status.error());
  if (response->status / 100 != 2) return response;
  const auto parse = options_.dialect == ChatDialect::kSglang ? ParseGenerateReply : ParseChatReply;
  Result<ChatReply> parsed = on_text ? stream.Finish() : parse(response->body);
  if (!parsed.ok()) return Blame(parsed.error());
  reply = std::move(parsed).value();
  return response;
}

Error RemoteEngine::Blame(const Error& error) const {
  return {error.code, options_.api_url + ": " + Clean(error.message)};
}

std::string RemoteEngine::Clean(std::string_view server_text) const {
  std::string text = Redact(server_text, options_.api_key);
  if (text.size() <= kMaxShownBytes) return text;
  return ReplaceInvalidUtf8(text.substr(0, kMaxShownBytes)) + "...";
}

std::set<std::string> RemoteEngine::RefusedFields() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

void RemoteEngine::Refuse(const std::string& field) const {
  const std::lock_guard lock(mutex_);
  if (refused_.insert(field).second) {
    LogWarning(options_.api_url + ": does not take \"" + field +
               "\", which is left out from now on" +
               (field == "seed" ? ": equal seeds may give other answers" : ""));
  }
}

}  // namespace gre
