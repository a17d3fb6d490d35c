#include "bench/chains/step_judge.h"

#include <optional>
#include <string>
#include <utility>

#include "core/strings.h"
#include "knowledge/country_facts.h"
#include "reasoning/reply.h"

namespace gre {
namespace {

Error Unusable(std::string what) {
  return {ErrorCode::kInvalidInput, "the judge's answer: " + std::move(what)};
}

// "1. first\n2. second"
std::string Numbered(std::span<const std::string> texts) {
  std::string list;
  for (size_t i = 0; i < texts.size(); ++i) {
    list.append(list.empty() ? "" : "\n").append(std::to_string(i + 1)).append(". ");
    list.append(texts[i]);
  }
  return list;
}

std::vector<std::string> TextsOf(std::span<const Statement> statements) {
  std::vector<std::string> texts;
  texts.reserve(statements.size());
  for (const Statement& statement : statements) texts.push_back(statement.text);
  return texts;
}

// The words of `count` lines "N. word", in the order of their numbers; what is not a numbered line
// is passed over. `expected` names the words that are meant.
Result<std::vector<std::string>> ReadNumberedWords(std::string_view answer, size_t count,
                                                   std::string_view expected) {
  const ReplyParts parts = SplitReply(answer);
  const std::string_view text = parts.answer ? *parts.answer : std::string_view(parts.rest);
  std::vector<std::optional<std::string>> found(count);
  for (const std::string_view raw : Split(text, '\n')) {
    const std::string line = AsciiLower(Trim(raw));
    size_t digits = 0;
    while (digits < line.size() && line[digits] >= '0' && line[digits] <= '9') ++digits;
    const auto number = ParseInt(std::string_view(line).substr(0, digits));
    if (!number || digits == line.size()) continue;
    if (*number < 1 || *number > static_cast<long long>(count)) {
      return Unusable("expected numbers from 1 to " + std::to_string(count) + ", found " +
                      std::to_string(*number));
    }
    constexpr std::string_view kAround = " .):-*`\t\"";
    const size_t begin = line.find_first_not_of(kAround, digits);
    const size_t end = line.find_last_not_of(kAround);
    auto& place = found[static_cast<size_t>(*number) - 1];
    if (place) return Unusable("statement " + std::to_string(*number) + " stands twice");
    place = begin == std::string::npos ? "" : line.substr(begin, end + 1 - begin);
  }
  std::vector<std::string> words;
  for (size_t i = 0; i < count; ++i) {
    if (!found[i]) {
      return Unusable("expected " + std::string(expected) + " for each of " +
                      std::to_string(count) + " statements, found none for statement " +
                      std::to_string(i + 1));
    }
    words.push_back(std::move(*found[i]));
  }
  return words;
}

Error UnknownWord(size_t index, std::string_view expected, const std::string& found) {
  return Unusable("expected " + std::string(expected) + " for statement " +
                  std::to_string(index + 1) + ", found '" + found + "'");
}

// "48.8566, 2.3522 (France)"; of country-only truths the country.
std::string TruthText(const TruthRecord& truth) {
  constexpr int kDecimals = 4;
  const Country* country = FindCountry(TruthCountryCode(truth));
  std::string text;
  if (truth.point) {
    text = FormatFixed(truth.point->latitude_deg, kDecimals);
    text.append(", ").append(FormatFixed(truth.point->longitude_deg, kDecimals));
  }
  if (country != nullptr) {
    text.append(text.empty() ? "a place in " : " (").append(country->name);
    text.append(truth.point ? ")" : "");
  }
  return text.empty() ? "an unknown place" : text;
}

}  // namespace

Result<std::vector<StepClass>> ReadJudgement(std::string_view answer, size_t count) {
  constexpr std::string_view kClasses = "background, caption or inference";
  GRE_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                       ReadNumberedWords(answer, count, kClasses));
  std::vector<StepClass> classes;
  for (size_t i = 0; i < count; ++i) {
    const auto step_class = StepClassFromName(words[i]);
    if (!step_class) return UnknownWord(i, kClasses, words[i]);
    classes.push_back(*step_class);
  }
  return classes;
}

ChainScorers::Verdicts ReadVerdicts(std::string_view answer, size_t count) {
  constexpr std::string_view kVerdicts = "reasonable or wrong";
  GRE_ASSIGN_OR_RETURN(const std::vector<std::string> words,
                       ReadNumberedWords(answer, count, kVerdicts));
  std::vector<bool> verdicts;
  for (size_t i = 0; i < count; ++i) {
    if (words[i] != "reasonable" && words[i] != "wrong") {
      return UnknownWord(i, kVerdicts, words[i]);
    }
    verdicts.push_back(words[i] == "reasonable");
  }
  return verdicts;
}

Status ClassifyByJudge(TextAsker& judge, const PromptTemplate& prompt,
                       const CancellationToken& cancellation, std::span<ChainRecord> chains) {
  return judge.Ask(
      chains.size(),
      [&](size_t i) -> Result<TextAsker::Question> {
        GRE_ASSIGN_OR_RETURN(
            RenderedPrompt rendered,
            prompt.Render({{"statements", Numbered(TextsOf(chains[i].statements))}}));
        return TextAsker::Question{"chain " + std::to_string(chains[i].prediction + 1),
                                   std::move(rendered)};
      },
      [&](size_t i, const Result<std::string>& answer) {
        ChainRecord& chain = chains[i];
        auto classes = answer.ok() ? ReadJudgement(*answer, chain.statements.size())
                                   : Result<std::vector<StepClass>>(answer.error());
        chain.classes.clear();
        chain.unclassified.clear();
        if (!classes.ok()) {
          chain.unclassified = std::move(classes).error().message;
          return false;
        }
        chain.classes = std::move(*classes);
        return true;
      },
      cancellation);
}

Result<std::vector<ChainScorers::Verdicts>> JudgeSteps(TextAsker& judge,
                                                       const PromptTemplate& prompt,
                                                       const CancellationToken& cancellation,
                                                       std::span<const TruthRecord> truth,
                                                       std::span<const UnmatchedSteps> open) {
  std::vector<ChainScorers::Verdicts> verdicts(open.size(),
                                               Error{ErrorCode::kInternal, "not asked"});
  GRE_RETURN_IF_ERROR(judge.Ask(
      open.size(),
      [&](size_t i) -> Result<TextAsker::Question> {
        const TruthRecord& record = truth[open[i].truth];
        const std::vector<std::string> chain = TextsOf(open[i].chain->statements);
        std::vector<std::string> asked;
        for (const size_t index : open[i].statements) asked.push_back(chain[index]);
        std::string whole;
        for (const std::string& text : chain) whole.append(whole.empty() ? "" : "\n").append(text);
        GRE_ASSIGN_OR_RETURN(RenderedPrompt rendered,
                             prompt.Render({{"truth", TruthText(record)},
                                            {"key_steps", Numbered(record.key_steps)},
                                            {"captions", Numbered(record.captions)},
                                            {"chain", whole},
                                            {"statements", Numbered(asked)}}));
        return TextAsker::Question{
            "steps of chain " + std::to_string(open[i].chain->prediction + 1), std::move(rendered)};
      },
      [&](size_t i, const Result<std::string>& answer) {
        verdicts[i] = answer.ok() ? ReadVerdicts(*answer, open[i].statements.size())
                                  : ChainScorers::Verdicts(answer.error());
        return verdicts[i].ok();
      },
      cancellation));
  return verdicts;
}

}  // namespace gre
