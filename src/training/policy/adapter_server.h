#pragma once

#include <cstdint>
#include <string>

#include "core/cancellation.h"
#include "core/result.h"
#include "generation/chat_body.h"
#include "net/retry.h"

namespace gre {

// The part of a vLLM or SGLang server that loads LoRA adapters from folders it can read, while it
// serves: POST [/v1]/load_lora_adapter and /unload_lora_adapter. Errors name the server, the
// adapter and what the server said, never the key. Thread-safe.
class AdapterServer {
 public:
  struct Options {
    std::string url;                           // the server's root; a "/v1" at its end is left out
    ChatDialect dialect = ChatDialect::kVllm;  // kVllm or kSglang
    std::string api_key;
    int64_t timeout_ms = 600'000;  // an attempt
    RetryPolicy retry;
  };

  explicit AdapterServer(Options options);

  // A name that is loaded already, by a run that was killed or an answer that got lost, is unloaded
  // and loaded anew: names are unique for what they name.
  [[nodiscard]] Status Load(const std::string& name, const std::string& path,
                            const CancellationToken& cancellation) const;
  [[nodiscard]] Status Unload(const std::string& name, const CancellationToken& cancellation) const;

 private:
  // What the server answered with 2xx is success.
  [[nodiscard]] Status Post(const std::string& action, const std::string& name,
                            const std::string& path, const CancellationToken& cancellation) const;

  Options options_;
};

}  // namespace gre
