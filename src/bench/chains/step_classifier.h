#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reasoning/chain.h"

namespace gre {

// What a statement of a chain does, after MME-CoT (Jiang et al. 2025), whose division GREval-Bench
// follows: it recalls what is known of the world, says what the photo shows, or concludes.
enum class StepClass { kBackground, kCaption, kInference };

inline constexpr StepClass kStepClasses[] = {StepClass::kBackground, StepClass::kCaption,
                                             StepClass::kInference};
std::string_view StepClassName(StepClass step_class);  // "background", "caption", "inference"
std::optional<StepClass> StepClassFromName(std::string_view name);

// A sentence or clause of a chain, small enough to be of one class.
struct Statement {
  enum class Part { kObservation, kInference, kHypothesis };
  size_t step = 0;  // index into the chain
  Part part = Part::kObservation;
  std::string text;
};

// The parts of every step, cut at sentence ends and at clauses that change the class ("…,
// suggesting …", "…, which is typical of …"), in order. Nothing is left out but white space.
// Linear.
std::vector<Statement> SplitStatements(const Chain& chain);

// By rules alone: hypotheses are inferences; a statement with a word of conclusion ("suggests",
// "therefore", "likely", …) is an inference; one that speaks of the world in general ("typical of",
// "native to", "drive on the left", …) is background; what is left is a caption, or an inference
// where it stands behind the arrow of a step. English words only. Agreement with people has not
// been measured. Thread-safe.
StepClass ClassifyStatement(const Statement& statement);

// Whether a text says that something is seen or read in the photo ("the sign reads", "visible").
bool MentionsSight(std::string_view text);

}  // namespace gre
