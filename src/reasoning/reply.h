#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gre {

// A model's reply cut at its <think> and <answer> marks (any letter case). The views point into the
// text given to SplitReply.
struct ReplyParts {
  // Inside of the last non-empty <think>…</think>. A closing mark without an opening one (templates
  // that put "<think>" in the prompt) ends a block that began at the start of the reply. An opening
  // mark that is never closed runs to the end, or to a complete answer block that ends the reply.
  std::string_view thinking;
  // Inside of the last complete <answer>…</answer> outside thinking.
  std::optional<std::string_view> answer;
  // What follows an <answer> outside thinking that is never closed, when it is the last one: a
  // reply cut at its token limit, or by a stop string that the server removed.
  std::optional<std::string_view> open_answer;
  // The reply without its thinking and answer blocks, for models that use neither mark.
  std::string rest;
  bool has_marks = false;  // any of the four marks occurs
};

// Linear in the length of `reply`; never fails.
ReplyParts SplitReply(std::string_view reply);

// "<think>\n" thinking "\n</think>\n<answer>" answer "</answer>": the form that the instruction
// asks for and that earns the format reward.
std::string RenderReply(std::string_view thinking, std::string_view answer);

}  // namespace gre
