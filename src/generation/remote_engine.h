#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/result.h"
#include "generation/chat_protocol.h"
#include "generation/text_generator.h"
#include "net/retry.h"

namespace gre {

struct RemoteEngineOptions {
  std::string api_url;  // "https://host[:port][/v1]"; "/v1" is added where the path is empty
  std::string model;    // the server's name of the model
  std::string api_key;  // from the environment or a file, never from argv; empty = none
  ChatDialect dialect = ChatDialect::kOpenAi;
  bool request_logprobs = false;  // several hosted services refuse the field
  int max_concurrency = 4;        // requests in flight
  int64_t timeout_ms = 300'000;   // one attempt of one request
  int64_t max_pixels = 0;  // larger photos are scaled down before they are sent; 0 = as they are
  RetryPolicy retry;
};

// A TextGenerator that asks an OpenAI-compatible server. Photos leave the machine only through this
// class, as PNG made from pixels: no EXIF, no file name. Redirects to other hosts are refused.
// Errors: kRefused (key, content policy), kNotFound (URL or model), kInvalidArgument (the server
// rejects a field), kUnavailable (after the last retry), kDeadlineExceeded, kCancelled.
class RemoteEngine final : public TextGenerator {
 public:
  // Checks the options; contacts nobody.
  static Result<std::unique_ptr<RemoteEngine>> Create(RemoteEngineOptions options);

  std::vector<Result<GenerationResult>> Generate(std::span<const GenerationRequest> requests,
                                                 const StreamCallback& stream,
                                                 const CancellationToken& cancellation) override;
  [[nodiscard]] const EngineInfo& info() const override { return info_; }

 private:
  explicit RemoteEngine(RemoteEngineOptions options);

  // All samples of one request, in as many exchanges as the server needs.
  Result<GenerationResult> Ask(const GenerationRequest& request,
                               const std::function<void(int, std::string_view)>& on_text,
                               const CancellationToken& cancellation) const;
  // One body and its reply, with retries.
  Result<ChatReply> Exchange(const GenerationRequest& request,
                             const std::vector<std::string>& image_urls,
                             ChatBodyOptions body_options, const ChatStream::OnText& on_text,
                             const CancellationToken& cancellation) const;
  Result<ChatReply> StreamOnce(const HttpRequest& http, const ChatStream::OnText& on_text,
                               HttpResponse* response, const CancellationToken& cancellation) const;
  [[nodiscard]] Error ErrorOf(const HttpResponse& response) const;

  RemoteEngineOptions options_;
  EngineInfo info_;
};

}  // namespace gre
