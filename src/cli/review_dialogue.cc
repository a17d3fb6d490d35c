#include "cli/review_dialogue.h"

#include <algorithm>
#include <optional>

#include "core/strings.h"

namespace gre {

ReviewDialogue::Command ReviewDialogue::Ask(int64_t left, ReviewChoice& choice) {
  for (;;) {
    context_.out.Write("keep, fix, drop, skip, undo, quit (" + std::to_string(left) + " left) > ");
    const std::optional<std::string> line = input_.Next(context_.cancellation());
    if (!line) {
      context_.out.WriteLine("");
      return Command::kQuit;
    }
    const std::string_view words = Trim(*line);
    const char command = words.empty() ? '?' : words.front();
    if (command == 'q') return Command::kQuit;
    if (command == 's') return Command::kSkip;
    if (command == 'u') return Command::kUndo;
    choice = {};
    if (Read(words, choice)) return Command::kDecide;
  }
}

const ReviewReason* ReviewDialogue::FindReason(char key) const {
  const auto found = std::ranges::find(subject_.reasons, key, &ReviewReason::key);
  return found == subject_.reasons.end() ? nullptr : &*found;
}

// False, with a word of help, when the line is no decision.
bool ReviewDialogue::Read(std::string_view words, ReviewChoice& choice) {
  const char command = words.empty() ? '?' : words.front();
  const std::string_view reasons = Trim(words.substr(std::min<size_t>(1, words.size())));
  bool keepable = true;
  for (const char key : reasons) {
    if (key == ' ') continue;
    const ReviewReason* const reason = FindReason(key);
    if (reason == nullptr) return Help();
    choice.reasons.emplace_back(reason->name);
    keepable = keepable && subject_.keep_reasons.find(key) != std::string_view::npos;
  }
  if (command == 'k' && keepable) {
    choice.decision = ReviewDecision::kKeep;
    return true;
  }
  if (command != 'f' && command != 'd') return Help();
  if (choice.reasons.empty()) {
    context_.out.WriteLine("a reason is wanted");
    return Help();
  }
  choice.decision = command == 'd' ? ReviewDecision::kDrop : ReviewDecision::kFix;
  return command == 'd' || ReadText(choice.text);
}

bool ReviewDialogue::ReadText(std::string& text) {
  context_.out.WriteLine(Concat({subject_.fix, ", then a line with a single dot:"}));
  while (const std::optional<std::string> line = input_.Next(context_.cancellation())) {
    if (*line == ".") {
      if (!text.empty()) return true;
      context_.out.WriteLine("no text: nothing is changed");
      return false;
    }
    if (!text.empty()) text += '\n';
    text += *line;
  }
  return false;
}

bool ReviewDialogue::Help() {
  constexpr std::string_view kRest =
      "  d REASONS  drop\n"
      "  s          skip for now        u  undo the last decision\n"
      "  q          stop; what was decided is stored       ?  this help\n"
      "  REASONS are letters:\n";
  context_.out.Write(Concat({"  k          keep", subject_.keep_help, "\n  f REASONS  fix: then ",
                             subject_.fix, ", ended by a line with a single dot\n", kRest}));
  for (const ReviewReason& reason : subject_.reasons) {
    context_.out.WriteLine(Concat(
        {"    ", std::string_view(&reason.key, 1), "  ", reason.name, ": ", reason.meaning}));
  }
  return false;
}

}  // namespace gre
