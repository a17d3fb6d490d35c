#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "bench/chains/chain_quality.h"
#include "bench/text_asker.h"
#include "core/cancellation.h"
#include "core/result.h"
#include "reasoning/prompt_template.h"

namespace gre {

// A language model that judges chains, one question a chain. An answer lists "N. word" for every
// statement that was asked about; one that lacks a number, repeats one or has another word is not
// used at all, and why is kept with the chain; nothing is filled in. Functions fail where the asker
// does.

// Lets the judge class the statements of chains instead of the rules. The template takes one value,
// "statements": the statements of one chain, numbered from 1, one a line. A chain whose answer
// cannot be used keeps no classes and says why in `unclassified`.
Status ClassifyByJudge(TextAsker& judge, const PromptTemplate& prompt,
                       const CancellationToken& cancellation, std::span<ChainRecord> chains);

// Verdicts for ChainScorers::reasonable: which of the statements that match no key step are
// "reasonable", which "wrong". Values of the template: truth (coordinates and country), key_steps,
// captions (may be empty), chain, statements.
Result<std::vector<ChainScorers::Verdicts>> JudgeSteps(TextAsker& judge,
                                                       const PromptTemplate& prompt,
                                                       const CancellationToken& cancellation,
                                                       std::span<const TruthRecord> truth,
                                                       std::span<const UnmatchedSteps> open);

// The classes of `count` numbered statements in a judge's answer. Any text is accepted; what is not
// a numbered line is passed over. The error says what is missing.
Result<std::vector<StepClass>> ReadJudgement(std::string_view answer, size_t count);
// The same for verdicts; true: reasonable.
ChainScorers::Verdicts ReadVerdicts(std::string_view answer, size_t count);

}  // namespace gre
