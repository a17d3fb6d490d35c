#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gre {

// What stands in a turn: text (never scanned for special tokens) or a place for the next image.
struct ImageSlot {};
using TurnPart = std::variant<std::string, ImageSlot>;

struct ChatTurn {
  std::string role;  // "system", "user" or "assistant"
  std::vector<TurnPart> parts;
};

}  // namespace gre
