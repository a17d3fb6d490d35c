#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/cancellation.h"
#include "core/result.h"
#include "generation/remote_engine.h"
#include "generation/text_generator.h"
#include "model/vision_language_model.h"
#include "training/policy/adapter_server.h"
#include "training/policy/rollout_config.h"

namespace gre {

// Writes what the model has learnt as a PEFT folder.
using AdapterWriter = std::function<Status(const std::string& directory)>;

// Completions of a vLLM or SGLang server that is given the adapter after each update. A reply
// counts only when it is of the adapter that is current, was drawn from the very prompt that the
// trainer computes with, and tells each token with its log-probability; anything else is a one-line
// error that names the server, never repaired: tokens are not made from text. The text that earns
// rewards is the tokens' own.
//
// An adapter is called gre-vVERSION-HASH after the update it follows and what it holds: names are
// never used for other weights, so a server's caches of prefixes cannot be stale.
class ServerRollouts final : public TextGenerator {
 public:
  // Checks address and key, makes rollouts.adapters; contacts nobody. `config` has been checked.
  // The key is that of the server, "" none.
  static Result<std::unique_ptr<ServerRollouts>> Create(
      const RolloutConfig& config, const std::string& api_key,
      std::shared_ptr<const VisionLanguageModel> model, AdapterWriter write);

  // Lets the server answer with the weights as they are now, after `version` updates: writes the
  // adapter to its folder, has it loaded, and only then asks for it; older ones are unloaded and
  // removed. Does nothing when that version is served already. After an error the one before is
  // still current.
  Status Publish(int64_t version, const CancellationToken& cancellation);

  // Photos go in the size in which the model reads them. `stream` must be empty.
  std::vector<Result<GenerationResult>> Generate(std::span<const GenerationRequest> requests,
                                                 const StreamCallback& stream,
                                                 const CancellationToken& cancellation) override;
  // adapter: the current one's name.
  [[nodiscard]] const EngineInfo& info() const override { return info_; }

  // Completions whose text the server told otherwise than its tokens read, since the last call.
  int64_t TakeDifferentTexts() { return different_texts_.exchange(0); }

  // Unloads the current adapter and removes its folder; what fails is said on the log. Waits for
  // seconds at most.
  void Close();

 private:
  ServerRollouts(const RolloutConfig& config, const std::string& api_key,
                 std::shared_ptr<const VisionLanguageModel> model, AdapterWriter write);
  // The prompt of a request as the trainer reads it.
  struct Asked {
    std::vector<int32_t> ids;
    std::string text;  // kSglang
  };
  Result<GenerationRequest> Prepare(const GenerationRequest& request);
  [[nodiscard]] Result<std::string> PromptText(const GenerationRequest& request,
                                               const std::vector<int32_t>& ids) const;
  // Called by the engine from its threads.
  Status CheckReply(const GenerationRequest& request, ChatReply& reply);
  [[nodiscard]] Status CheckAuthor(const ChatReply& reply);
  [[nodiscard]] Status CheckPrompt(const GenerationRequest& request, const ChatReply& reply) const;
  [[nodiscard]] Status CheckCompletion(const GenerationRequest& request,
                                       const Completion& completion) const;
  // Unloads and removes every adapter of the folder but `kept`.
  void RemoveOthers(const std::string& kept, const CancellationToken& cancellation);

  RolloutConfig config_;
  std::shared_ptr<const VisionLanguageModel> model_;
  AdapterWriter write_;
  AdapterServer adapters_;
  AdapterServer parting_;  // without patience, for Close
  std::unique_ptr<RemoteEngine> engine_;
  EngineInfo info_;
  int64_t version_ = -1;
  std::map<std::string, Asked> asked_;  // by request id; constant while requests run
  std::atomic<int64_t> different_texts_ = 0;
  std::mutex mutex_;
  std::string weight_version_;  // SGLang: of the base's weights, guarded by mutex_
};

}  // namespace gre
