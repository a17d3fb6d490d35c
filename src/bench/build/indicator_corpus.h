#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "knowledge/gazetteer.h"
#include "reasoning/chain.h"

namespace gre {

// What existing chains go by when they say where a photo was taken (GREval: "named-entity
// recognition and semantic-role labelling over the CoT set"; ours are rules).
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

}  // namespace gre
