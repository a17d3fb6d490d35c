#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"
#include "cli/line_input.h"
#include "dataset/review/review_table.h"

namespace gre {

// What is asked about: records of a dataset, or candidates of a benchmark.
struct ReviewSubject {
  std::span<const ReviewReason> reasons;
  std::string_view keep_reasons = {};  // keys that a kept record may have
  std::string_view keep_help = {};     // behind "keep"
  std::string_view fix;                // what follows "f REASONS": "the corrected reply"
};

// What an annotator decided about the record on the screen.
struct ReviewChoice {
  ReviewDecision decision = ReviewDecision::kKeep;
  std::vector<std::string> reasons = {};  // names
  std::string text = {};                  // of a fix, lines
};

// The conversation of a review session: asks until there is a decision or another command. Not
// thread-safe.
class ReviewDialogue {
 public:
  enum class Command { kDecide, kSkip, kUndo, kQuit };

  ReviewDialogue(const ReviewSubject& subject, CliContext& context)
      : subject_(subject), context_(context) {}

  // `choice` is filled with kDecide. The end of the input quits.
  Command Ask(int64_t left, ReviewChoice& choice);

 private:
  bool Read(std::string_view words, ReviewChoice& choice);
  bool ReadText(std::string& text);
  bool Help();
  [[nodiscard]] const ReviewReason* FindReason(char key) const;

  ReviewSubject subject_;
  CliContext& context_;
  LineInput input_;
};

}  // namespace gre
