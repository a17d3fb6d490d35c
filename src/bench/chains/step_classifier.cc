#include "bench/chains/step_classifier.h"

#include <algorithm>
#include <array>
#include <span>

#include "core/strings.h"

namespace gre {
namespace {

using Words = std::span<const std::string_view>;

// Begins with these, as whole words: a word of the list that ends in '*' stands for its endings.
constexpr std::string_view kConclusions[] = {
    "suggest*",        "indicat*",     "imply*",        "implies",      "implying",
    "therefore",       "thus",         "hence",         "consequently", "so this",
    "so the",          "so it",        "conclud*",      "conclusion",   "likely",
    "probably",        "presumably",   "most probable", "must be",      "could be",
    "may be",          "might be",     "would be",      "point* to",    "point* toward*",
    "hint*",           "narrow*",      "rule* out",     "ruling out",   "exclud*",
    "consistent with", "in line with", "taken in",      "taken at",     "taken near",
    "confirm*",        "leading to",   "leads to",      "which means",  "evokes",
    "reminiscent of",  "we are in",    "guess",         "estimate*",    "deduc*",
    "infer*",          "reinforc*",    "support* the",  "aligns with",  "align with",
    "matches the",     "possibly",     "perhaps",       "coordinates",  "this places",
    "places us",       "placing",      "best match*",   "my answer"};
constexpr std::string_view kGeneralKnowledge[] = {"typical of",
                                                  "typical for",
                                                  "typical in",
                                                  "typically",
                                                  "common in",
                                                  "common to",
                                                  "common across",
                                                  "common throughout",
                                                  "commonly",
                                                  "characteristic of",
                                                  "characteristic for",
                                                  "is known for",
                                                  "are known for",
                                                  "is known as",
                                                  "are known as",
                                                  "known for",
                                                  "famous for",
                                                  "native to",
                                                  "endemic to",
                                                  "unique to",
                                                  "standard in",
                                                  "standard for",
                                                  "found in",
                                                  "found only",
                                                  "found across",
                                                  "found throughout",
                                                  "used in",
                                                  "used across",
                                                  "used by",
                                                  "used throughout",
                                                  "official language",
                                                  "spoken in",
                                                  "drive on the",
                                                  "drives on the",
                                                  "driving on the",
                                                  "drives on",
                                                  "keeps to the",
                                                  "traffic keeps",
                                                  "hallmark of",
                                                  "associated with",
                                                  "widespread in",
                                                  "prevalent in",
                                                  "popular in",
                                                  "grow in",
                                                  "grows in",
                                                  "thrive* in",
                                                  "is located in",
                                                  "are located in",
                                                  "lies in",
                                                  "is the capital",
                                                  "is situated in",
                                                  "stands in",
                                                  "was built",
                                                  "were built",
                                                  "generally",
                                                  "usually",
                                                  "traditionally",
                                                  "in many",
                                                  "in most",
                                                  "is a city in",
                                                  "is a town in",
                                                  "is a region",
                                                  "originat*",
                                                  "iconic of",
                                                  "standard road",
                                                  "feature of",
                                                  "features of",
                                                  "style of",
                                                  "historically"};
constexpr std::string_view kSights[] = {"visible",
                                        "visibly",
                                        "can be seen",
                                        "is seen",
                                        "are seen",
                                        "seen in",
                                        "i see",
                                        "we see",
                                        "the image",
                                        "the photo",
                                        "the picture",
                                        "the scene",
                                        "this image",
                                        "this photo",
                                        "shows",
                                        "shown",
                                        "depict*",
                                        "in the background",
                                        "in the foreground",
                                        "reads",
                                        "read",
                                        "says",
                                        "sign",
                                        "signs",
                                        "signage",
                                        "written",
                                        "plate",
                                        "plates",
                                        "plaque",
                                        "lettering",
                                        "letters",
                                        "the text",
                                        "text on",
                                        "text",
                                        "words",
                                        "inscri*",
                                        "label*",
                                        "legible",
                                        "displays",
                                        "displayed",
                                        "displaying",
                                        "banner",
                                        "logo",
                                        "caption",
                                        "watermark"};
// What changes the class inside of a sentence, behind a comma, dash or "and".
constexpr std::string_view kClauseStarts[] = {
    "suggest*",        "indicat*",       "imply*",      "implies",    "which",
    "typical of",      "typical for",    "common in",   "commonly",   "characteristic of",
    "consistent with", "pointing",       "points to",   "hence",      "so",
    "therefore",       "thus",           "hinting",     "confirming", "standard in",
    "native to",       "used in",        "often found", "placing",    "narrowing",
    "ruling out",      "reminiscent of", "likely",      "probably"};

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

// Whether `phrase` stands at `at` of `lower`, ended by a word's end.
bool StandsAt(std::string_view lower, size_t at, std::string_view phrase) {
  const bool open_end = phrase.ends_with('*');
  if (open_end) phrase.remove_suffix(1);
  // A '*' inside stands for the rest of a word ("point* to").
  const size_t star = phrase.find('*');
  std::string_view rest = lower.substr(at);
  if (star != std::string_view::npos) {
    if (!rest.starts_with(phrase.substr(0, star))) return false;
    rest.remove_prefix(star);
    while (!rest.empty() && IsWordByte(rest.front())) rest.remove_prefix(1);
    phrase.remove_prefix(star + 1);
  }
  if (!rest.starts_with(phrase)) return false;
  return open_end || rest.size() == phrase.size() || !IsWordByte(rest[phrase.size()]);
}

bool StartsAny(std::string_view lower, size_t at, Words phrases) {
  return std::ranges::any_of(phrases,
                             [&](std::string_view phrase) { return StandsAt(lower, at, phrase); });
}

bool HoldsAny(std::string_view lower, Words phrases) {
  for (size_t at = 0; at < lower.size(); ++at) {
    if (!IsWordByte(lower[at]) || (at > 0 && IsWordByte(lower[at - 1]))) continue;
    if (StartsAny(lower, at, phrases)) return true;
  }
  return false;
}

// ---- cutting ------------------------------------------------------------------------------------

constexpr std::string_view kAbbreviations[] = {
    "st", "mt",   "dr", "mr",     "mrs", "no", "e.g", "i.e",  "u.s", "vs",  "ave",
    "rd", "blvd", "ft", "approx", "etc", "ca", "fig", "prof", "inc", "ltd", "u.k"};

// Whether the '.' at `dot` ends a sentence: white space and no small letter follow, and what stands
// before it is no abbreviation or initial.
bool EndsSentence(std::string_view text, size_t dot) {
  const char mark = text[dot];
  if (mark != '.' && mark != '!' && mark != '?') return false;
  size_t next = dot + 1;
  while (next < text.size() && (text[next] == '"' || text[next] == '\'' || text[next] == ')')) {
    ++next;
  }
  if (next >= text.size()) return true;
  if (text[next] != ' ') return false;
  while (next < text.size() && text[next] == ' ') ++next;
  if (next < text.size() && text[next] >= 'a' && text[next] <= 'z') return false;
  if (mark != '.') return true;
  size_t begin = dot;
  while (begin > 0 && text[begin - 1] != ' ' && text[begin - 1] != '(') --begin;
  const std::string word = AsciiLower(text.substr(begin, dot - begin));
  if (word.size() <= 1 && dot > 1) return false;
  return std::ranges::find(kAbbreviations, word) == std::end(kAbbreviations);
}

// The first clause of `text` that may be of another class begins here; npos: none does.
size_t FindClause(std::string_view text, std::string_view lower) {
  for (size_t at = 1; at < text.size(); ++at) {
    size_t length = 0;  // of what divides the clauses
    if (text.substr(at).starts_with(", ")) {
      length = StandsAt(lower, at + 2, "and") ? 6 : 2;
    } else if (lower.substr(at).starts_with(" - ")) {
      length = 3;
    }
    const size_t next = at + length;
    if (length > 0 && next < text.size() && StartsAny(lower, next, kClauseStarts)) return next;
  }
  return std::string_view::npos;
}

class Splitter {
 public:
  Splitter(size_t step, Statement::Part part, std::vector<Statement>& out)
      : step_(step), part_(part), out_(out) {}

  void Split(std::string_view text) {
    size_t begin = 0;
    for (size_t at = 0; at < text.size(); ++at) {
      constexpr std::string_view kFullStop = "\xE3\x80\x82";
      if (text[at] == ';' || EndsSentence(text, at)) {
        size_t end = at + 1;
        while (end < text.size() && text[end] != ' ') ++end;
        AddSentence(text.substr(begin, end - begin));
        begin = end;
        at = end - 1;
      } else if (text.substr(at).starts_with(kFullStop)) {
        AddSentence(text.substr(begin, at + kFullStop.size() - begin));
        begin = at + kFullStop.size();
        at = begin - 1;
      }
    }
    AddSentence(text.substr(begin));
  }

 private:
  void AddSentence(std::string_view sentence) {
    sentence = Trim(sentence);
    const std::string lower = AsciiLower(sentence);
    std::string_view folded = lower;
    // A place that is named as a hypothesis is not a sentence ("Kyoto, likely Gion").
    while (part_ != Statement::Part::kHypothesis) {
      const size_t clause = FindClause(sentence, folded);
      if (clause == std::string_view::npos) break;
      Add(sentence.substr(0, clause));
      sentence.remove_prefix(clause);
      folded.remove_prefix(clause);
    }
    Add(sentence);
  }

  void Add(std::string_view text) {
    text = Trim(text);
    while (text.ends_with(',') || text.ends_with(';') || text.ends_with('-')) {
      text = Trim(text.substr(0, text.size() - 1));
    }
    if (!text.empty()) out_.push_back({step_, part_, std::string(text)});
  }

  size_t step_;
  Statement::Part part_;
  std::vector<Statement>& out_;
};

}  // namespace

std::string_view StepClassName(StepClass step_class) {
  switch (step_class) {
    case StepClass::kBackground:
      return "background";
    case StepClass::kCaption:
      return "caption";
    case StepClass::kInference:
      break;
  }
  return "inference";
}

std::optional<StepClass> StepClassFromName(std::string_view name) {
  for (const StepClass step_class : kStepClasses) {
    if (StepClassName(step_class) == name) return step_class;
  }
  return std::nullopt;
}

std::vector<Statement> SplitStatements(const Chain& chain) {
  std::vector<Statement> statements;
  for (size_t i = 0; i < chain.size(); ++i) {
    using enum Statement::Part;
    const ChainStep& step = chain[i];
    if (step.observation) Splitter(i, kObservation, statements).Split(*step.observation);
    if (step.inference) Splitter(i, kInference, statements).Split(*step.inference);
    if (step.hypothesis) Splitter(i, kHypothesis, statements).Split(*step.hypothesis);
  }
  return statements;
}

StepClass ClassifyStatement(const Statement& statement) {
  if (statement.part == Statement::Part::kHypothesis) return StepClass::kInference;
  const std::string lower = AsciiLower(statement.text);
  if (HoldsAny(lower, kConclusions)) return StepClass::kInference;
  if (HoldsAny(lower, kGeneralKnowledge)) return StepClass::kBackground;
  return statement.part == Statement::Part::kInference ? StepClass::kInference
                                                       : StepClass::kCaption;
}

bool MentionsSight(std::string_view text) { return HoldsAny(AsciiLower(text), kSights); }

}  // namespace gre
