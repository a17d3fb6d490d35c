#include "engine/request_prompt.h"

#include <string>
#include <utility>
#include <vector>

#include "engine/torch_errors.h"
#include "generation/sampling.h"

namespace gre {
namespace {

// The turns of a request, and its images in the order of their slots.
struct ChatInput {
  std::vector<ChatTurn> turns;
  std::vector<const RgbImage*> images;
};

ChatInput MakeChatInput(const GenerationRequest& request) {
  ChatInput input;
  for (const ChatMessage& message : request.messages) {
    ChatTurn& turn = input.turns.emplace_back();
    turn.role = RoleName(message.role);
    for (const ContentPart& part : message.content) {
      if (part.kind == ContentPart::Kind::kText) {
        turn.parts.emplace_back(part.text);
      } else {
        turn.parts.emplace_back(ImageSlot{});
        input.images.push_back(request.images[static_cast<size_t>(part.image_index)].get());
      }
    }
  }
  return input;
}

}  // namespace

Result<EncodedPrompt> EncodeRequest(const VisionLanguageModel& model,
                                    const GenerationRequest& request) {
  GRE_RETURN_IF_ERROR(ValidateRequest(request));
  const std::string where = "request '" + request.id + "'";
  const ChatInput input = MakeChatInput(request);
  Result<EncodedPrompt> prompt = CatchTorchErrors("encoding the prompt", [&] {
    return model.EncodePrompt(input.turns, input.images, /*add_generation_prompt=*/true);
  });
  if (!prompt.ok()) return std::move(prompt).error().Wrap(where);
  const auto tokens = static_cast<int64_t>(prompt->token_ids.size());
  const int64_t context = model.spec().max_positions;
  if (tokens == 0 || tokens >= context) {
    return Error{ErrorCode::kInvalidInput, where + ": the prompt has " + std::to_string(tokens) +
                                               " tokens, expected 1 to " +
                                               std::to_string(context - 1) +
                                               " (the model's context less one); allow fewer "
                                               "pixels a photo (max-pixels) or use less text"};
  }
  return prompt;
}

}  // namespace gre
