#pragma once

#include <span>
#include <string>

#include "bench/build/benchmark_builder.h"
#include "bench/build/indicator_corpus.h"

namespace gre {

// What `gre bench build` did, for people: stages, agreement of annotators, and the composition
// beside GREval-Bench's.
std::string BuildText(const BuiltBenchmark& built);

// The same for programs, with every dropped photo and why, every failure and the corpus.
std::string BuildJson(const BuiltBenchmark& built, const IndicatorCorpus& corpus, int indent = 1);

}  // namespace gre
