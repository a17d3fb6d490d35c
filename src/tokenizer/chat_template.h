#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"
#include "tokenizer/tokenizer.h"

namespace gre {

// What stands in a turn: text (never scanned for special tokens) or a place for the next image.
struct ImageSlot {};
using TurnPart = std::variant<std::string, ImageSlot>;

struct ChatTurn {
  std::string role;  // "system", "user" or "assistant"
  std::vector<TurnPart> parts;
};

// The chat format of Qwen2-VL and Qwen2.5-VL:
//   <|im_start|>role\ncontent<|im_end|>\n   a turn; a default system turn if the first is none
//   <|vision_start|><|image_pad|>…<|vision_end|>   an image, one pad per feature row
//   <|im_start|>assistant\n   the generation prompt
// Templates from model files are programs and are never executed: CheckTemplate() tells whether a
// file's template is one that this class renders. Immutable; thread-safe; keeps a reference to the
// tokenizer.
class QwenChatTemplate {
 public:
  // Fails when the tokenizer lacks one of the marker tokens.
  static Result<QwenChatTemplate> Create(const Tokenizer& tokenizer);
  // Keeps a reference; a temporary would dangle.
  static Result<QwenChatTemplate> Create(const Tokenizer&& tokenizer) = delete;

  // Success when `jinja` (the "chat_template" of chat_template.json, chat_template.jinja or
  // tokenizer_config.json) is a published template of these models.
  static Status CheckTemplate(std::string_view jinja);

  // Ids of the conversation. `image_token_counts[i]` is the number of placeholders of image i; an
  // error unless there are as many as image slots, each at least 1. Text is encoded without
  // recognition of special tokens, so "<|image_pad|>" in a caption stays text.
  [[nodiscard]] Result<std::vector<int32_t>> Render(std::span<const ChatTurn> turns,
                                                    std::span<const size_t> image_token_counts,
                                                    bool add_generation_prompt) const;

  [[nodiscard]] int32_t image_token_id() const { return image_pad_; }
  // Ends an assistant turn.
  [[nodiscard]] int32_t end_of_turn_id() const { return im_end_; }

 private:
  explicit QwenChatTemplate(const Tokenizer& tokenizer) : tokenizer_(&tokenizer) {}

  const Tokenizer* tokenizer_;
  int32_t im_start_ = 0;
  int32_t im_end_ = 0;
  int32_t vision_start_ = 0;
  int32_t vision_end_ = 0;
  int32_t image_pad_ = 0;
};

}  // namespace gre
