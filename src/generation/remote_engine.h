#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "generation/chat_body.h"
#include "generation/chat_reply.h"
#include "generation/text_generator.h"
#include "net/http_client.h"
#include "net/retry.h"

namespace gre {

struct RemoteEngineOptions {
  // "https://host[:port][/v1]"; "/v1" is added where the path is empty. Neither user names nor
  // query strings: keys do not belong into URLs.
  std::string api_url;
  std::string model;    // the server's name of the model
  std::string api_key;  // from the environment or a file, never from argv; empty = none
  ChatDialect dialect = ChatDialect::kAuto;
  bool request_logprobs = false;  // several hosted services refuse the field
  int max_concurrency = 4;        // requests in flight
  int64_t timeout_ms = 300'000;   // one attempt of one request; 0 = none
  size_t max_reply_bytes = 32 << 20;
  int64_t max_pixels = 0;  // larger photos are scaled down before they are sent; 0 = as they are
  RetryPolicy retry;
  // For training, which learns from the very tokens: asks for their ids (kVllm; kSglang always
  // tells) and lets `check_reply` look at every reply, which it may correct; its error is the
  // request's. Called from several threads.
  bool request_token_ids = false;
  std::function<Status(const GenerationRequest& request, ChatReply& reply)> check_reply;
  // kSglang: the prompt as the model's chat template renders it, one placeholder an image. Called
  // from several threads.
  std::function<Result<std::string>(const GenerationRequest& request)> render_prompt;
};

// A TextGenerator that asks an OpenAI-compatible server. Photos leave the machine only through this
// class, as PNG made from pixels: no EXIF, no file name. Redirects to other hosts are refused, and
// what the server says never brings the key into an error, a log or a long enough answer.
// Fields that the server refuses by name and that can be done without are left out from then on;
// after a few requests in a row that reached nobody, the next ones are tried only once each.
// Errors name the server: kRefused (key, content policy), kNotFound (URL or model),
// kInvalidArgument (the server rejects a field), kInvalidInput (its reply is no chat completion),
// kUnavailable (after the last retry), kDeadlineExceeded, kCancelled.
class RemoteEngine final : public TextGenerator {
 public:
  // Checks the options; contacts nobody.
  static Result<std::unique_ptr<RemoteEngine>> Create(RemoteEngineOptions options);

  std::vector<Result<GenerationResult>> Generate(std::span<const GenerationRequest> requests,
                                                 const StreamCallback& stream,
                                                 const CancellationToken& cancellation) override;
  [[nodiscard]] const EngineInfo& info() const override { return info_; }
  // What the server is asked for from now on. Not while Generate runs.
  void set_model(const std::string& model);

 private:
  explicit RemoteEngine(RemoteEngineOptions options);

  // All samples of one request: in one exchange, and where the server gives fewer, the others in an
  // exchange each.
  Result<GenerationResult> Ask(const GenerationRequest& request,
                               const std::function<void(int, std::string_view)>& on_text,
                               const CancellationToken& cancellation) const;
  [[nodiscard]] Result<std::string> BuildBody(const GenerationRequest& request,
                                              const std::vector<std::string>& image_urls,
                                              const ChatBodyOptions& options) const;
  // One body and its reply, with retries. Waits while max_concurrency others are in progress.
  Result<ChatReply> Exchange(const GenerationRequest& request,
                             const std::vector<std::string>& image_urls,
                             ChatBodyOptions body_options, const ChatStream::OnText& on_text,
                             const CancellationToken& cancellation) const;
  // One attempt; a reply goes to `reply`, the rest into the result.
  Result<HttpResponse> Attempt(const HttpRequest& http, const ChatStream::OnText& on_text,
                               std::optional<ChatReply>& reply,
                               const CancellationToken& cancellation) const;
  // An error of the server's own with its name; those of the exchange have it already.
  [[nodiscard]] Error Blame(const Error& error) const;
  // An error of the exchange without the key, short enough for a line.
  [[nodiscard]] std::string Clean(std::string_view server_text) const;
  [[nodiscard]] std::set<std::string> RefusedFields() const;
  void Refuse(const std::string& field) const;

  RemoteEngineOptions options_;
  EngineInfo info_;
  mutable std::counting_semaphore<> free_slots_;
  // What was learnt about the server, by all threads.
  mutable std::mutex mutex_;
  mutable std::set<std::string> refused_;
  mutable std::atomic<int> unreachable_ = 0;  // requests in a row that reached nobody
};

}  // namespace gre
