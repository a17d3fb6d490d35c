#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reasoning/taxonomy.h"

namespace gre {

// One step of a chain of reasoning: a claim that can be checked. A part is absent, never empty.
struct ChainStep {
  Family family = Family::kOther;
  std::optional<Indicator> indicator = std::nullopt;
  // What is seen; absent where the model claims no sight.
  std::optional<std::string> observation = std::nullopt;
  // What that implies.
  std::optional<std::string> inference = std::nullopt;
  // Where the photo may be, as of this step.
  std::optional<std::string> hypothesis = std::nullopt;

  friend bool operator==(const ChainStep&, const ChainStep&) = default;
};

using Chain = std::vector<ChainStep>;

// The canonical text, one step a line, the lines joined by '\n':
//   N. [family/indicator] OBSERVATION -> INFERENCE => HYPOTHESIS
// Absent parts are left out with their arrow, "/indicator" likewise. Text in parts is cleaned so
// that ParseChain gives the same steps back: white space becomes single spaces, arrows and " // "
// inside a part are replaced, reply marks are defused (CleanPart).
std::string RenderChain(const Chain& chain);

// What RenderChain writes of one part; idempotent. "" when nothing is left.
std::string CleanPart(std::string_view part);

// Reads a chain from a reply, or from the inside of its thinking; never fails, and the worst case
// is `other` steps with the text as observation. Understood besides the canonical lines:
//   - numbered lines, Markdown bullets, bold, headings, steps separated by " // ";
//   - headings such as "Street-level analysis:" in front of a step or above several;
//   - JSON, also fenced or broken: an object with "reasoning" or "chain", which is an object keyed
//   by
//     kind of clue, an array of steps, or a text;
//   - free prose: one `other` step a paragraph.
// Parts are cleaned; at most kMaxChainSteps steps of at most kMaxPartBytes a part are kept.
// Linear time.
Chain ParseChain(std::string_view reply);

inline constexpr size_t kMaxChainSteps = 64;
inline constexpr size_t kMaxPartBytes = 4000;

}  // namespace gre
