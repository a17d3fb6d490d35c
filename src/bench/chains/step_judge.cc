#include "bench/chains/step_judge.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/strings.h"
#include "reasoning/reply.h"

namespace gre {
namespace {

std::string NumberedStatements(const ChainRecord& chain) {
  std::string text;
  for (size_t i = 0; i < chain.statements.size(); ++i) {
    text.append(text.empty() ? "" : "\n").append(std::to_string(i + 1)).append(". ");
    text.append(chain.statements[i].text);
  }
  return text;
}

ChatMessage Message(Role role, std::string text) {
  return {role, {ContentPart::Text(std::move(text))}};
}

Result<GenerationRequest> MakeRequest(const PromptTemplate& prompt, const ChainRecord& chain,
                                      const StepJudgeOptions& options) {
  GRE_ASSIGN_OR_RETURN(RenderedPrompt rendered,
                       prompt.Render({{"statements", NumberedStatements(chain)}}));
  GenerationRequest request;
  request.id = "chain " + std::to_string(chain.prediction + 1);
  if (!rendered.system.empty()) {
    request.messages.push_back(Message(Role::kSystem, std::move(rendered.system)));
  }
  request.messages.push_back(Message(Role::kUser, std::move(rendered.user)));
  request.sampling.max_new_tokens = options.max_new_tokens;
  request.sampling.seed = options.seed;
  return request;
}

void TakeAnswer(const Result<GenerationResult>& generated, ChainRecord& chain) {
  const auto fail = [&](std::string reason) {
    chain.classes.clear();
    chain.unclassified = std::move(reason);
  };
  if (!generated.ok()) return fail(generated.error().message);
  const Completion& completion = generated->completions.front();
  if (completion.finish_reason == FinishReason::kLength) {
    return fail("the judge's answer was cut at its token limit");
  }
  auto classes = ReadJudgement(completion.text, chain.statements.size());
  if (!classes.ok()) return fail(std::move(classes).error().message);
  chain.classes = std::move(*classes);
}

}  // namespace

Result<std::vector<StepClass>> ReadJudgement(std::string_view answer, size_t count) {
  const ReplyParts parts = SplitReply(answer);
  const std::string_view text = parts.answer ? *parts.answer : std::string_view(parts.rest);
  std::vector<std::optional<StepClass>> found(count);
  for (const std::string_view raw : Split(text, '\n')) {
    const std::string line = AsciiLower(Trim(raw));
    size_t digits = 0;
    while (digits < line.size() && line[digits] >= '0' && line[digits] <= '9') ++digits;
    const auto number = ParseInt(std::string_view(line).substr(0, digits));
    if (!number || digits == line.size()) continue;
    if (*number < 1 || *number > static_cast<long long>(count)) {
      return Error{ErrorCode::kInvalidInput, "the judge's answer: expected numbers from 1 to " +
                                                 std::to_string(count) + ", found " +
                                                 std::to_string(*number)};
    }
    constexpr std::string_view kAround = " .):-*`\t\"";
    const size_t begin = line.find_first_not_of(kAround, digits);
    const size_t end = line.find_last_not_of(kAround);
    const std::string word = begin == std::string::npos ? "" : line.substr(begin, end + 1 - begin);
    const auto step_class = StepClassFromName(word);
    if (!step_class) {
      return Error{ErrorCode::kInvalidInput,
                   "the judge's answer: expected background, caption or inference for statement " +
                       std::to_string(*number) + ", found '" + word + "'"};
    }
    auto& place = found[static_cast<size_t>(*number) - 1];
    if (place) {
      return Error{ErrorCode::kInvalidInput,
                   "the judge's answer: statement " + std::to_string(*number) + " stands twice"};
    }
    place = step_class;
  }
  std::vector<StepClass> classes;
  for (size_t i = 0; i < count; ++i) {
    if (!found[i]) {
      return Error{ErrorCode::kInvalidInput,
                   "the judge's answer: expected a class for each of " + std::to_string(count) +
                       " statements, found none for statement " + std::to_string(i + 1)};
    }
    classes.push_back(*found[i]);
  }
  return classes;
}

Status ClassifyByJudge(TextGenerator& generator, const PromptTemplate& prompt,
                       const StepJudgeOptions& options, const CancellationToken& cancellation,
                       std::span<ChainRecord> chains) {
  while (!chains.empty()) {
    if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "judging was interrupted"};
    const std::span<ChainRecord> batch =
        chains.first(std::min(chains.size(), static_cast<size_t>(options.batch)));
    std::vector<GenerationRequest> requests;
    for (const ChainRecord& chain : batch) {
      GRE_ASSIGN_OR_RETURN(GenerationRequest request, MakeRequest(prompt, chain, options));
      requests.push_back(std::move(request));
    }
    const auto results = generator.Generate(requests, {}, cancellation);
    if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "judging was interrupted"};
    for (size_t i = 0; i < batch.size(); ++i) TakeAnswer(results[i], batch[i]);
    chains = chains.subspan(batch.size());
  }
  return {};
}

}  // namespace gre
