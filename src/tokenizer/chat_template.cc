#include "tokenizer/chat_template.h"

#include <algorithm>

#include "core/sha256.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr std::string_view kDefaultSystemPrompt = "You are a helpful assistant.";

// SHA-256 of the known templates, without white space around them.
constexpr std::string_view kKnownTemplates[] = {
    // with image and video branches, as published with Qwen2-VL and Qwen2.5-VL
    "a0bc6f6fc7a29a80017a433e8f03a1cc1236e838a944a2d034295a60c4f2fddb",
    // the same without the video branch
    "c459f5d32f658172ebf1275779e4f7d153625b1019d242d0f8392c634346fa13",
};

// Ordinary text between two special tokens is encoded in one go, as the pieces of a rendered
// template are: "user\n" and a content that starts with a newline share a piece.
class IdWriter {
 public:
  explicit IdWriter(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  void Text(std::string_view text) { text_.append(text); }
  void Special(int32_t id, size_t count = 1) {
    FlushText();
    ids_.insert(ids_.end(), count, id);
  }
  std::vector<int32_t> Finish() {
    FlushText();
    return std::move(ids_);
  }

 private:
  void FlushText() {
    const std::vector<int32_t> ids = tokenizer_.Encode(text_, /*recognise_added=*/false);
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    text_.clear();
  }

  const Tokenizer& tokenizer_;
  std::string text_;
  std::vector<int32_t> ids_;
};

}  // namespace

Result<QwenChatTemplate> QwenChatTemplate::Create(const Tokenizer& tokenizer) {
  QwenChatTemplate chat(tokenizer);
  const std::pair<std::string_view, int32_t*> markers[] = {
      {"<|im_start|>", &chat.im_start_},         {"<|im_end|>", &chat.im_end_},
      {"<|vision_start|>", &chat.vision_start_}, {"<|vision_end|>", &chat.vision_end_},
      {"<|image_pad|>", &chat.image_pad_},
  };
  for (const auto& [content, id] : markers) {
    const std::optional<int32_t> found = tokenizer.TokenId(content);
    if (!found) {
      return Error{ErrorCode::kInvalidInput, "tokenizer.json: added_tokens: expected the token '" +
                                                 std::string(content) + "', found none"};
    }
    *id = *found;
  }
  return chat;
}

Status QwenChatTemplate::CheckTemplate(std::string_view jinja) {
  const std::string hash = Sha256Hex(Trim(jinja));
  if (std::find(std::begin(kKnownTemplates), std::end(kKnownTemplates), hash) !=
      std::end(kKnownTemplates)) {
    return {};
  }
  return Error{ErrorCode::kInvalidInput,
               "chat template: expected one of the published Qwen2.5-VL templates, found another "
               "(SHA-256 " +
                   hash + "); templates are not executed, ask for the built-in one instead"};
}

Result<std::vector<int32_t>> QwenChatTemplate::Render(std::span<const ChatTurn> turns,
                                                      std::span<const size_t> image_token_counts,
                                                      bool add_generation_prompt) const {
  IdWriter writer(*tokenizer_);
  size_t image = 0;
  const auto begin_turn = [&](std::string_view role) {
    writer.Special(im_start_);
    writer.Text(role);
    writer.Text("\n");
  };
  const auto end_turn = [&] {
    writer.Special(im_end_);
    writer.Text("\n");
  };
  if (!turns.empty() && turns.front().role != "system") {
    begin_turn("system");
    writer.Text(kDefaultSystemPrompt);
    end_turn();
  }
  for (const ChatTurn& turn : turns) {
    begin_turn(turn.role);
    for (const TurnPart& part : turn.parts) {
      if (const std::string* text = std::get_if<std::string>(&part)) {
        writer.Text(*text);
        continue;
      }
      if (image < image_token_counts.size()) {
        if (image_token_counts[image] == 0) {
          return Error{ErrorCode::kInvalidArgument,
                       "image " + std::to_string(image) + " of the conversation has no features"};
        }
        writer.Special(vision_start_);
        writer.Special(image_pad_, image_token_counts[image]);
        writer.Special(vision_end_);
      }
      ++image;
    }
    end_turn();
  }
  if (image != image_token_counts.size()) {
    return Error{ErrorCode::kInvalidArgument,
                 "the conversation has " + std::to_string(image) + " image slots, but " +
                     std::to_string(image_token_counts.size()) + " images were given"};
  }
  if (add_generation_prompt) begin_turn("assistant");
  return writer.Finish();
}

}  // namespace gre
