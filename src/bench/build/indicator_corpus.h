#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/text_asker.h"
#include "core/cancellation.h"
#include "core/result.h"
#include "knowledge/gazetteer.h"
#include "reasoning/chain.h"
#include "reasoning/prompt_template.h"

namespace gre {

// What existing chains go by when they say where a photo was taken (GREval: "named-entity
// recognition and semantic-role labelling over the CoT set"; ours are rules, or an engine).
struct CorpusEntry {
  enum class Kind {
    kPlace,    // "Japan", "Kyoto, Japan"
    kPattern,  // "red torii gates -> Japan": a feature and where it is met
  };
  Kind kind = Kind::kPlace;
  std::string text;
  size_t chains = 0;  // that hold it
};

struct CorpusOptions {
  size_t min_chains = 2;      // what fewer chains hold is left out
  size_t max_entries = 5000;  // the most frequent ones
};

// Places: countries under their English names, and names of the gazetteer that stand in the country
// with which the chain concludes (without a gazetteer only countries); single words that begin a
// sentence are no names. Patterns: statements of the form "FEATURE typical of / common in / native
// to … REGION" with a country as region; a feature of at most eight words.
// By falling number of chains, then by text.
std::vector<CorpusEntry> BuildIndicatorCorpus(std::span<const Chain> chains,
                                              const Gazetteer* gazetteer,
                                              const CorpusOptions& options = {});

// A chain with what names it in errors.
struct NamedChain {
  std::string id;
  Chain chain;
};

// A corpus and what it was drawn from.
struct IndicatorCorpus {
  std::vector<CorpusEntry> entries;
  std::string drawn_by;   // "rules", "ENGINE (prompt HASH)"
  size_t chains = 0;      // that were read
  size_t named_anew = 0;  // entries of an engine's answers that their chain does not hold: left out
  std::vector<std::string> failures;  // "ID: corpus: why", chains without a usable answer
};

// The corpus as a language model reads it from each chain. Its entries count where the chain holds
// them (bench/chains/clue_match.h), so that nothing enters that no chain goes by. The template
// takes one value, "chain". Fails where the asker does.
Result<IndicatorCorpus> DrawCorpusByEngine(TextAsker& engine, const PromptTemplate& prompt,
                                           std::span<const NamedChain> chains,
                                           const CorpusOptions& options,
                                           const CancellationToken& cancellation);

// Lines "place: …" and "pattern: FEATURE -> REGION", other text passed over; "none" stands for an
// empty list. kInvalidInput for an answer that holds none of the three.
using CorpusKey = std::pair<CorpusEntry::Kind, std::string>;
Result<std::set<CorpusKey>> ReadCorpusEntries(std::string_view answer);

}  // namespace gre
