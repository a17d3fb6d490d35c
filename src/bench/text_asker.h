#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "bench/result_journal.h"
#include "core/cancellation.h"
#include "core/result.h"
#include "generation/text_generator.h"
#include "reasoning/prompt_template.h"

namespace gre {

// Puts questions of text to a language model, greedily and in batches, and keeps the answers that
// could be used, so that a command that is interrupted or done again asks nothing twice. Errors,
// refusals, answers cut at a limit and answers that cannot be read are asked for again. Not
// thread-safe.
class TextAsker {
 public:
  struct Options {
    int batch = 16;  // questions that are given to the engine at once
    int max_new_tokens = 1024;
    uint64_t seed = 1;
    std::function<void(size_t done, size_t questions)> progress = {};
  };
  struct Question {
    std::string id;  // names it in errors
    RenderedPrompt prompt;
  };

  // Both are borrowed. Without a journal nothing is kept. `settings` names the model.
  TextAsker(TextGenerator& generator, Options options, ResultJournal* journal = nullptr,
            std::string settings = {})
      : generator_(generator),
        options_(std::move(options)),
        journal_(journal),
        settings_(std::move(settings)) {}

  // Calls make(i) and read(i, answer) once for each i below `count`, in any order. `read` is given
  // the error of a question without an answer and returns whether an answer can be used. Fails
  // where make does, with kCancelled, and when an answer cannot be kept (a full disk).
  Status Ask(size_t count, const std::function<Result<Question>(size_t)>& make,
             const std::function<bool(size_t, const Result<std::string>&)>& read,
             const CancellationToken& cancellation);

  // Questions that were answered from the journal.
  [[nodiscard]] size_t remembered() const { return remembered_; }

 private:
  [[nodiscard]] GenerationRequest MakeRequest(Question question) const;

  TextGenerator& generator_;
  Options options_;
  ResultJournal* journal_;
  std::string settings_;
  size_t remembered_ = 0;
};

}  // namespace gre
