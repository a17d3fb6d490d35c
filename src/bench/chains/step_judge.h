#pragma once

#include <span>

#include "bench/chains/chain_quality.h"
#include "core/cancellation.h"
#include "core/result.h"
#include "generation/text_generator.h"
#include "reasoning/prompt_template.h"

namespace gre {

struct StepJudgeOptions {
  int batch = 16;  // chains that are given to the engine at once
  int max_new_tokens = 1024;
  uint64_t seed = 1;
};

// Lets a language model class the statements of chains instead of the rules, greedily. The template
// takes one value, "statements": the statements of one chain, numbered from 1, one a line. Expected
// is a line "N. class" for each. A chain whose answer lacks a number, repeats one or names another
// class keeps no classes and says why in `unclassified`; nothing is filled in. kCancelled when
// `cancellation` fires. Errors of single requests are such reasons too.
Status ClassifyByJudge(TextGenerator& generator, const PromptTemplate& prompt,
                       const StepJudgeOptions& options, const CancellationToken& cancellation,
                       std::span<ChainRecord> chains);

// The classes of `count` numbered statements in a judge's answer. Any text is accepted; what is not
// a numbered line is passed over. The error says what is missing.
Result<std::vector<StepClass>> ReadJudgement(std::string_view answer, size_t count);

}  // namespace gre
