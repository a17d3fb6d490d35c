#include "bench/build/indicator_corpus.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "bench/chains/clue_match.h"
#include "bench/chains/step_classifier.h"
#include "core/strings.h"
#include "knowledge/country_facts.h"
#include "knowledge/name_folding.h"
#include "reasoning/named_countries.h"
#include "reasoning/reply.h"

namespace gre {
namespace {

using Kind = CorpusEntry::Kind;
using Key = CorpusKey;

constexpr std::array<std::string_view, 22> kLinks = {
    "typical of",         "typical for",       "typical in",       "common in",
    "common across",      "commonly found in", "commonly seen in", "characteristic of",
    "characteristic for", "native to",         "endemic to",       "unique to",
    "standard in",        "found in",          "found across",     "used in",
    "widespread in",      "prevalent in",      "popular in",       "associated with",
    "spoken in",          "built in"};
// What stands between a feature and its link and belongs to neither.
constexpr std::array<std::string_view, 16> kBetween = {
    "is",   "are",   "was",   "were", "which", "that", "a",     "very",
    "most", "often", "style", "and",  "so",    "as",   "being", "also"};

bool IsCapital(std::string_view word) { return !word.empty() && word[0] >= 'A' && word[0] <= 'Z'; }

std::string_view Bare(std::string_view word) {
  constexpr std::string_view kAround = "\"'()[]{},;:!?.*";
  const size_t begin = word.find_first_not_of(kAround);
  if (begin == std::string_view::npos) return {};
  return word.substr(begin, word.find_last_not_of(kAround) + 1 - begin);
}

// "red torii gates" of "These red torii gates are": at most eight words, the last ones.
std::string FeatureOf(std::string_view text) {
  constexpr size_t kLongest = 8;
  std::vector<std::string> words;
  for (const std::string_view word : Split(text, ' ')) {
    const std::string_view bare = Bare(word);
    if (!bare.empty()) words.push_back(AsciiLower(bare));
  }
  while (!words.empty() && std::ranges::find(kBetween, words.back()) != kBetween.end()) {
    words.pop_back();
  }
  constexpr std::array<std::string_view, 9> kStarts = {"the",  "a",   "an",   "these", "this",
                                                       "such", "its", "with", "and"};
  size_t first = 0;
  while (first < words.size() && std::ranges::find(kStarts, words[first]) != kStarts.end()) {
    ++first;
  }
  if (words.size() - first > kLongest || words.size() == first) return {};
  std::string feature;
  for (size_t i = first; i < words.size(); ++i) {
    feature.append(feature.empty() ? "" : " ").append(words[i]);
  }
  return feature;
}

class Collector {
 public:
  explicit Collector(const Gazetteer* gazetteer) : gazetteer_(gazetteer) {}

  void Add(const Chain& chain) {
    held_.clear();
    const Country* conclusion = ConclusionOf(chain);
    const std::vector<Statement> statements = SplitStatements(chain);
    for (size_t i = 0; i < statements.size(); ++i) {
      const std::string& text = statements[i].text;
      for (const Country* country : CountriesNamedIn(text)) Hold(Kind::kPlace, country->name);
      if (conclusion != nullptr && gazetteer_ != nullptr) AddPlaces(text, *conclusion);
      const bool same_step = i > 0 && statements[i - 1].step == statements[i].step;
      AddPattern(text, same_step ? std::string_view(statements[i - 1].text) : std::string_view{});
    }
    for (const Key& key : held_) ++counts_[key];
  }

  [[nodiscard]] const std::map<Key, size_t>& counts() const { return counts_; }

 private:
  static const Country* ConclusionOf(const Chain& chain) {
    for (size_t i = chain.size(); i-- > 0;) {
      if (!chain[i].hypothesis) continue;
      const std::vector<const Country*> named = CountriesNamedIn(*chain[i].hypothesis);
      if (named.size() == 1) return named.front();
    }
    return nullptr;
  }

  void Hold(Kind kind, std::string text) { held_.emplace(kind, std::move(text)); }

  // Runs of one to three capitalised words.
  void AddPlaces(std::string_view text, const Country& country) {
    constexpr size_t kLongest = 3;
    constexpr size_t kShortestName = 4;
    const std::vector<std::string_view> words = Split(text, ' ');
    for (size_t i = 0; i < words.size();) {
      size_t used = 1;
      for (size_t n = std::min(kLongest, words.size() - i); n > 0; --n) {
        if (n == 1 && i == 0) break;
        if (!std::all_of(words.begin() + static_cast<std::ptrdiff_t>(i),
                         words.begin() + static_cast<std::ptrdiff_t>(i + n),
                         [](std::string_view word) { return IsCapital(Bare(word)); })) {
          continue;
        }
        const char* begin = words[i].data();
        const char* end = words[i + n - 1].data() + words[i + n - 1].size();
        const std::string_view name = Bare({begin, static_cast<size_t>(end - begin)});
        if (name.size() < kShortestName || FindCountryByName(name) != nullptr) continue;
        const auto places = gazetteer_->FindByName(name, country.code);
        if (places.empty()) continue;
        Hold(Kind::kPlace, std::string(places.front().name) + ", " + country.name);
        used = n;
        break;
      }
      i += used;
    }
  }

  void AddPattern(const std::string& text, std::string_view before) {
    const std::string lower = AsciiLower(text);
    for (const std::string_view link : kLinks) {
      const size_t at = lower.find(link);
      if (at == std::string::npos) continue;
      std::string feature = FeatureOf(std::string_view(text).substr(0, at));
      if (feature.empty()) feature = FeatureOf(before);
      if (feature.empty()) return;
      for (const Country* country :
           CountriesNamedIn(std::string_view(text).substr(at + link.size()))) {
        Hold(Kind::kPattern, feature + " -> " + country->name);
      }
      return;
    }
  }

  const Gazetteer* gazetteer_;
  std::set<Key> held_;  // by this chain
  std::map<Key, size_t> counts_;
};

// What enough chains hold, by falling number of chains, then by text.
std::vector<CorpusEntry> Rank(const std::map<Key, size_t>& counts, const CorpusOptions& options) {
  std::vector<CorpusEntry> corpus;
  for (const auto& [key, count] : counts) {
    if (count >= options.min_chains) corpus.push_back({key.first, key.second, count});
  }
  std::ranges::stable_sort(corpus, [](const CorpusEntry& a, const CorpusEntry& b) {
    return a.chains != b.chains ? a.chains > b.chains : a.text < b.text;
  });
  if (corpus.size() > options.max_entries) corpus.resize(options.max_entries);
  return corpus;
}

// The statements, one a line.
std::string TextOf(const Chain& chain) {
  std::string text;
  for (const Statement& statement : SplitStatements(chain)) {
    text.append(text.empty() ? "" : "\n").append(statement.text);
  }
  return text;
}

// "Red Torii gates → japan" and "red torii gates -> Japan" are one entry.
std::string Normalized(Kind kind, std::string_view value) {
  const auto country_or_text = [](std::string_view text) {
    const Country* country = FindCountryByName(text);
    return country != nullptr ? country->name : std::string(text);
  };
  if (kind == Kind::kPlace) return country_or_text(value);
  for (const std::string_view arrow : {"->", "\xE2\x86\x92"}) {
    const size_t at = value.find(arrow);
    if (at == std::string_view::npos) continue;
    std::string feature = AsciiLower(Trim(value.substr(0, at)));
    const std::string region = country_or_text(Trim(value.substr(at + arrow.size())));
    if (feature.empty() || region.empty()) return {};
    return feature.append(" -> ").append(region);
  }
  return {};
}

}  // namespace

Result<std::set<CorpusKey>> ReadCorpusEntries(std::string_view answer) {
  constexpr size_t kLongest = 160;
  const ReplyParts parts = SplitReply(answer);
  const std::string_view text = parts.answer ? *parts.answer : std::string_view(parts.rest);
  std::set<Key> entries;
  bool is_list = false;
  for (const std::string_view line : Split(text, '\n')) {
    constexpr std::string_view kMarks = " \t\r-*_#>`.()0123456789";
    const size_t begin = line.find_first_not_of(kMarks);
    if (begin == std::string_view::npos) continue;
    const size_t colon = line.find(':', begin);
    const std::string_view word = line.substr(begin, std::min(colon, line.size()) - begin);
    const std::string name = AsciiLower(word.substr(0, word.find_last_not_of(kMarks) + 1));
    if (name == "none" && colon == std::string_view::npos) is_list = true;
    if ((name != "place" && name != "pattern") || colon == std::string_view::npos) continue;
    const Kind kind = name == "place" ? Kind::kPlace : Kind::kPattern;
    const std::string value = ReplaceInvalidUtf8(Trim(Bare(line.substr(colon + 1))));
    std::string entry = Normalized(kind, value);
    if (entry.empty() || entry.size() > kLongest) continue;
    is_list = true;
    entries.emplace(kind, std::move(entry));
  }
  if (!is_list) {
    return Error{ErrorCode::kInvalidInput,
                 "the engine's corpus entries: expected lines 'place: …' or 'pattern: … -> …', or "
                 "'none', found neither"};
  }
  return entries;
}

Result<IndicatorCorpus> DrawCorpusByEngine(TextAsker& engine, const PromptTemplate& prompt,
                                           std::span<const NamedChain> chains,
                                           const CorpusOptions& options,
                                           const CancellationToken& cancellation) {
  IndicatorCorpus corpus;
  corpus.chains = chains.size();
  std::map<Key, size_t> counts;
  std::vector<std::string> failures(chains.size());
  GRE_RETURN_IF_ERROR(engine.Ask(
      chains.size(),
      [&](size_t i) -> Result<TextAsker::Question> {
        GRE_ASSIGN_OR_RETURN(RenderedPrompt rendered,
                             prompt.Render({{"chain", TextOf(chains[i].chain)}}));
        return TextAsker::Question{chains[i].id + " corpus", std::move(rendered)};
      },
      [&](size_t i, const Result<std::string>& answer) {
        const auto entries =
            answer.ok() ? ReadCorpusEntries(*answer) : Result<std::set<Key>>(answer.error());
        failures[i] = entries.ok() ? "" : entries.error().message;
        if (!entries.ok()) return false;
        const std::string folded = FoldName(TextOf(chains[i].chain));
        for (const Key& key : *entries) {
          if (Clue(key.second).IsIn(folded)) {
            ++counts[key];
          } else {
            ++corpus.named_anew;
          }
        }
        return true;
      },
      cancellation));
  for (size_t i = 0; i < chains.size(); ++i) {
    if (failures[i].empty()) continue;
    corpus.failures.push_back(chains[i].id + ": corpus: " + failures[i]);
  }
  corpus.entries = Rank(counts, options);
  return corpus;
}

std::vector<CorpusEntry> BuildIndicatorCorpus(std::span<const Chain> chains,
                                              const Gazetteer* gazetteer,
                                              const CorpusOptions& options) {
  Collector collector(gazetteer);
  for (const Chain& chain : chains) collector.Add(chain);
  return Rank(collector.counts(), options);
}

}  // namespace gre
