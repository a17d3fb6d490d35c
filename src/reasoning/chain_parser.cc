#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "reasoning/chain.h"
#include "reasoning/reply.h"

namespace gre {
namespace {

constexpr size_t kMaxChainBytes = size_t{1} << 18;

template <size_t kSize>
bool IsOneOf(std::string_view text, const std::array<std::string_view, kSize>& set) {
  return std::find(set.begin(), set.end(), text) != set.end();
}

std::optional<std::string> ToPart(std::string_view text) {
  std::string clean = CleanPart(text);
  if (clean.empty()) return std::nullopt;
  return clean;
}

struct Cut {
  std::string_view before;
  std::optional<std::string_view> after;
};

// `text` cut at the first of `arrows`.
Cut CutAt(std::string_view text, std::initializer_list<std::string_view> arrows) {
  size_t at = std::string_view::npos;
  size_t length = 0;
  for (const std::string_view arrow : arrows) {
    if (const size_t found = text.find(arrow); found < at) {
      at = found;
      length = arrow.size();
    }
  }
  if (at == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, at), text.substr(at + length)};
}

// OBSERVATION -> INFERENCE => HYPOTHESIS, each part optional.
ChainStep ReadParts(HeadingMeaning meaning, std::string_view text) {
  ChainStep step{.family = meaning.family, .indicator = meaning.indicator};
  const Cut hypothesis = CutAt(text, {"=>", "\xE2\x87\x92"});
  const Cut inference = CutAt(hypothesis.before, {"->", "\xE2\x86\x92"});
  step.observation = ToPart(inference.before);
  if (inference.after) step.inference = ToPart(*inference.after);
  if (hypothesis.after) step.hypothesis = ToPart(*hypothesis.after);
  return step;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "3. " or "3) " removed.
std::string_view SkipNumber(std::string_view text) {
  size_t digits = 0;
  while (digits < text.size() && digits < 3 && IsDigit(text[digits])) ++digits;
  const bool marked = digits > 0 && digits + 1 < text.size() &&
                      (text[digits] == '.' || text[digits] == ')') && text[digits + 1] == ' ';
  return marked ? Trim(text.substr(digits + 1)) : text;
}

// "[family/indicator] …"; nullopt when the family is not ours. An indicator that is not ours is
// left out.
std::optional<ChainStep> ReadCanonical(std::string_view segment) {
  std::string_view text = SkipNumber(segment);
  const size_t close = text.find(']');
  if (!text.starts_with('[') || close == std::string_view::npos) return std::nullopt;
  const std::string_view tag = text.substr(1, close - 1);
  const size_t slash = std::min(tag.find('/'), tag.size());
  const auto family = FamilyFromName(Trim(tag.substr(0, slash)));
  if (!family) return std::nullopt;
  HeadingMeaning meaning{.family = *family};
  if (slash < tag.size()) meaning.indicator = IndicatorFromName(Trim(tag.substr(slash + 1)));
  return ReadParts(meaning, text.substr(close + 1));
}

// ---- lines of prose, Markdown or broken JSON ----------------------------------------------------

constexpr std::array<std::string_view, 20> kFieldsThatAreNoClues = {"image information",
                                                                    "reverse geocoding",
                                                                    "coordinates",
                                                                    "location",
                                                                    "address",
                                                                    "confidence",
                                                                    "environment",
                                                                    "scene type",
                                                                    "setting",
                                                                    "street",
                                                                    "city",
                                                                    "state",
                                                                    "country",
                                                                    "latitude",
                                                                    "longitude",
                                                                    "final coordinates",
                                                                    "gps",
                                                                    "gps coordinates",
                                                                    "output",
                                                                    "answer"};
constexpr std::array<std::string_view, 9> kConclusions = {
    "hypothesis",  "conclusion", "final answer",         "best guess",     "final hypothesis",
    "final guess", "therefore",  "most likely location", "likely location"};
constexpr std::array<std::string_view, 5> kStarts = {"reasoning", "analysis", "chain of thought",
                                                     "thinking", "step by step"};

// One line or part of a line, its marks taken off.
struct Segment {
  std::string text;
  bool marked = false;  // it was bold, numbered, a bullet or a Markdown heading
  bool title = false;   // it is nothing but a heading
  bool json_field = false;
};

Segment TakeMarksOff(std::string_view raw) {
  Segment segment;
  std::string_view text = Trim(raw);
  const auto advance = [&](std::string_view shorter) {
    segment.marked |= shorter.size() != text.size();
    text = shorter;
  };
  if (text.starts_with('#')) {
    segment.title = true;
    advance(Trim(text.substr(std::min(text.find_first_not_of('#'), text.size()))));
  }
  for (const std::string_view bullet : {"- ", "* ", "+ ", "\xE2\x80\xA2 ", "\xE2\x80\x93 "}) {
    if (text.starts_with(bullet)) advance(Trim(text.substr(bullet.size())));
  }
  advance(SkipNumber(text));
  segment.json_field = text.starts_with('"') && text.find("\":") != std::string_view::npos;
  const bool bold = text.starts_with("**");
  segment.title |= bold && text.find("**", 2) == text.size() - 2;
  segment.marked |= bold;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '`' || text.substr(i).starts_with("**")) {
      i += text[i] == '`' ? 0 : 1;
    } else {
      segment.text.push_back(text[i]);
    }
  }
  return segment;
}

// The heading in front of a colon, and what follows it.
struct Headed {
  std::string heading;  // lower case, underscores as spaces
  std::string_view body;
};

std::string FoldHeading(std::string_view heading) {
  std::string folded = AsciiLower(Trim(heading));
  std::replace(folded.begin(), folded.end(), '_', ' ');
  while (folded.ends_with(':')) folded.pop_back();
  return folded;
}

// A sentence can hold a colon too ("The sign reads: STOP"); without list or bold marks only a few
// words that do not begin like a sentence are a heading.
bool LooksLikeHeading(std::string_view heading, bool marked) {
  constexpr std::array<std::string_view, 10> kSentenceStarts = {"the", "a", "an", "this",  "there",
                                                                "it",  "i", "we", "these", "one"};
  constexpr size_t kMaxWords = 5;
  const std::vector<std::string_view> words = Split(heading, ' ');
  if (words.size() > kMaxWords || IsOneOf(words.front(), kSentenceStarts)) return false;
  return marked || words.size() < kMaxWords;
}

std::optional<Headed> CutHeading(const Segment& segment) {
  constexpr size_t kLongestHeading = 80;
  std::string_view text = segment.text;
  if (segment.json_field) {
    const size_t end = text.find("\":", 1);
    std::string_view body = Trim(text.substr(end + 2));
    const auto drop = [&](char c) {
      if (body.ends_with(c)) body.remove_suffix(1);
    };
    drop(',');
    if (body.starts_with('"')) {
      body.remove_prefix(1);
      drop('"');
    }
    return Headed{FoldHeading(text.substr(1, end - 1)), body};
  }
  const size_t colon = text.find(':');
  if (segment.title) return Headed{FoldHeading(text), {}};
  if (colon == std::string_view::npos || colon > kLongestHeading) return std::nullopt;
  std::string heading = FoldHeading(text.substr(0, colon));
  if (!LooksLikeHeading(heading, segment.marked)) return std::nullopt;
  return Headed{std::move(heading), Trim(text.substr(colon + 1))};
}

class LineReader {
 public:
  Chain Read(std::string_view text) {
    for (const std::string_view line : Split(text, '\n')) {
      std::string_view rest = line;
      for (;;) {
        const size_t end = rest.find(" // ");
        ReadSegment(Trim(rest.substr(0, end)));
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 4);
      }
    }
    return std::move(chain_);
  }

 private:
  void ReadSegment(std::string_view raw) {
    if (raw.starts_with("```") ||
        raw.find_first_not_of("-*_=#/{}[](),|: ") == std::string_view::npos) {
      return;
    }
    if (auto step = ReadCanonical(raw)) {
      Add(*std::move(step));
      return;
    }
    const Segment segment = TakeMarksOff(raw);
    if (const auto headed = CutHeading(segment)) {
      ReadHeaded(*headed, segment);
    } else if (!skipping_) {
      Add(ReadParts(section_, segment.text));
    }
  }

  void ReadHeaded(const Headed& headed, const Segment& segment) {
    if (IsOneOf(headed.heading, kFieldsThatAreNoClues)) {
      skipping_ |= headed.body.empty() || headed.body == "{";
    } else if (IsOneOf(headed.heading, kStarts)) {
      Enter({});
      if (!headed.body.empty() && headed.body != "{") Add(ReadParts({}, headed.body));
    } else if (IsOneOf(headed.heading, kConclusions)) {
      Enter({});
      if (auto place = ToPart(headed.body)) Add({.hypothesis = std::move(place)});
    } else if (const auto meaning = ReadHeading(headed.heading)) {
      if (headed.body.empty()) {
        Enter(*meaning);
      } else {
        skipping_ = false;
        Add(ReadParts(*meaning, headed.body));
      }
    } else if (segment.title) {
      Enter({});
    } else if (!skipping_ && !segment.json_field) {
      Add(ReadParts(section_, segment.text));
    }
  }

  void Enter(const HeadingMeaning& meaning) {
    section_ = meaning;
    skipping_ = false;
  }

  void Add(ChainStep step) {
    if (chain_.size() < kMaxChainSteps) chain_.push_back(std::move(step));
  }

  Chain chain_;
  HeadingMeaning section_;  // what the last heading announced
  bool skipping_ = false;   // inside a section that holds no clues
};

// ---- JSON ---------------------------------------------------------------------------------------

std::optional<std::string> TextField(const Json& object, const char* key) {
  const auto field = object.find(key);
  if (field == object.end() || !field->is_string()) return std::nullopt;
  return ToPart(field->get_ref<const std::string&>());
}

HeadingMeaning MeaningOf(const std::string& key) {
  if (const auto family = FamilyFromName(key)) return {.family = *family};
  return ReadHeading(key).value_or(HeadingMeaning{});
}

ChainStep ReadStepObject(const Json& object) {
  ChainStep step;
  if (const auto family = TextField(object, "family")) step.family = MeaningOf(*family).family;
  if (const auto name = TextField(object, "indicator")) step.indicator = IndicatorFromName(*name);
  step.observation = TextField(object, "observation");
  step.inference = TextField(object, "inference");
  step.hypothesis = TextField(object, "hypothesis");
  return step;
}

void AddTexts(const HeadingMeaning& meaning, const Json& value, Chain* chain) {
  if (value.is_string()) {
    ChainStep step = ReadParts(meaning, value.get_ref<const std::string&>());
    if (step != ChainStep{.family = step.family, .indicator = step.indicator}) {
      chain->push_back(std::move(step));
    }
  } else if (value.is_array()) {
    for (const Json& item : value) {
      if (item.is_string()) AddTexts(meaning, item, chain);
    }
  }
}

Chain ReadReasoning(const Json& reasoning) {
  Chain chain;
  if (reasoning.is_string()) return LineReader().Read(reasoning.get_ref<const std::string&>());
  if (reasoning.is_array()) {
    for (const Json& item : reasoning) {
      if (item.is_object()) {
        chain.push_back(ReadStepObject(item));
      } else if (item.is_string()) {
        Chain steps = LineReader().Read(item.get_ref<const std::string&>());
        std::move(steps.begin(), steps.end(), std::back_inserter(chain));
      }
    }
  } else if (reasoning.is_object()) {
    for (const auto& [key, value] : reasoning.items()) AddTexts(MeaningOf(key), value, &chain);
    // A JSON object has no order: give the steps that of the families.
    std::stable_sort(chain.begin(), chain.end(),
                     [](const ChainStep& a, const ChainStep& b) { return a.family < b.family; });
  }
  if (chain.size() > kMaxChainSteps) chain.resize(kMaxChainSteps);
  return chain;
}

// "Tuscaloosa, AL, USA" of {"city": …, "state": …, "country": …}; nullopt when it says nothing.
std::optional<std::string> ReadPlace(const Json& object) {
  std::string place;
  for (const char* key :
       {"neighbourhood", "neighborhood", "district", "city", "region", "state", "country"}) {
    const auto name = TextField(object, key);
    if (!name) continue;
    const std::string lower = AsciiLower(*name);
    if (lower.starts_with("unknown") || lower.starts_with("not ") || lower == "n/a") continue;
    place.append(place.empty() ? "" : ", ").append(*name);
  }
  return ToPart(place);
}

// The object that names the place: the reply itself or one of the usual fields below it.
const Json& PlaceObject(const Json& reply) {
  const Json* object = &reply;
  for (const char* key : {"reverse_geocoding", "location", "place", "address"}) {
    if (const auto field = object->find(key); field != object->end() && field->is_object()) {
      object = &*field;
    }
  }
  return *object;
}

std::optional<Chain> ReadJson(const Json& reply) {
  for (const char* key : {"chain", "reasoning", "steps", "analysis", "clues", "explanation"}) {
    const auto value = reply.find(key);
    if (value == reply.end()) continue;
    Chain chain = ReadReasoning(*value);
    if (auto place = ReadPlace(PlaceObject(reply)); place && chain.size() < kMaxChainSteps) {
      chain.push_back({.hypothesis = std::move(place)});
    }
    return chain;
  }
  return std::nullopt;
}

// The first '{' that begins a line; elsewhere it is part of a sentence.
size_t LineThatOpensObject(std::string_view text) {
  for (size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const size_t before = text.substr(0, at).find_last_not_of(" \t");
    if (before == std::string_view::npos || text[before] == '\n') return at;
  }
  return std::string_view::npos;
}

}  // namespace

Chain ParseChain(std::string_view reply) {
  const ReplyParts parts = SplitReply(reply);
  std::string_view text = parts.thinking.empty() ? std::string_view(parts.rest) : parts.thinking;
  text = text.substr(0, kMaxChainBytes);
  const size_t open = LineThatOpensObject(text);
  const size_t close = text.rfind('}');
  if (open != std::string_view::npos && close != std::string_view::npos && open < close) {
    const Result<Json> json = ParseJson(text.substr(open, close - open + 1));
    if (json.ok() && json->is_object()) {
      if (auto chain = ReadJson(*json)) return *std::move(chain);
      text = text.substr(0, open);  // the reasoning, if any, stands before the result
    }
  }
  return LineReader().Read(text);
}

}  // namespace gre
