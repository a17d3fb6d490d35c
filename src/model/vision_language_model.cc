#include "model/vision_language_model.h"

#include <optional>

namespace gre {

std::vector<int32_t> VisionLanguageModel::EncodeReply(std::string_view text) const {
  std::vector<int32_t> reply = tokenizer().Encode(text, /*recognise_added=*/false);
  // of the ids that end a turn, the one that chat templates write
  const std::optional<int32_t> end_of_turn = tokenizer().TokenId("<|im_end|>");
  reply.push_back(end_of_turn.value_or(spec().eos_ids.front()));
  return reply;
}

}  // namespace gre
