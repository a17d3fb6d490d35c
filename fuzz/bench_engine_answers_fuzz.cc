// What a model answers when a benchmark is built or chains are judged: classes, verdicts, corpus
// entries, labels, key steps.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bench/build/indicator_corpus.h"
#include "bench/build/photo_annotator.h"
#include "bench/chains/step_judge.h"
#include "core/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view answer(reinterpret_cast<const char*>(data), size);
  constexpr size_t kStatements = 2;
  if (const auto classes = gre::ReadJudgement(answer, kStatements); classes.ok()) {
    GRE_CHECK(classes->size() == kStatements);
  }
  if (const auto verdicts = gre::ReadVerdicts(answer, kStatements); verdicts.ok()) {
    GRE_CHECK(verdicts->size() == kStatements);
  }
  if (const auto entries = gre::ReadCorpusEntries(answer); entries.ok()) {
    for (const auto& [kind, text] : *entries) GRE_CHECK(!text.empty());
  }
  (void)gre::ReadPhotoLabels(answer);
  if (const auto steps = gre::ReadKeySteps(answer); steps.ok()) GRE_CHECK(!steps->empty());
  return 0;
}
