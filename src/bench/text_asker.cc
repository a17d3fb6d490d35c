#include "bench/text_asker.h"

#include <vector>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/sha256.h"

namespace gre {
namespace {

constexpr char kStage[] = "answer";

Result<std::string> AnswerOf(const Result<GenerationResult>& generated) {
  if (!generated.ok()) return generated.error();
  const Completion& completion = generated->completions.front();
  if (completion.finish_reason == FinishReason::kLength) {
    return Error{ErrorCode::kInvalidInput, "the answer was cut at its token limit"};
  }
  if (completion.finish_reason == FinishReason::kRefused) {
    return Error{ErrorCode::kInvalidInput, "the server's filter refused to answer"};
  }
  return completion.text;
}

}  // namespace

GenerationRequest TextAsker::MakeRequest(Question question) const {
  GenerationRequest request;
  request.id = std::move(question.id);
  if (!question.prompt.system.empty()) {
    request.messages.push_back(
        {Role::kSystem, {ContentPart::Text(std::move(question.prompt.system))}});
  }
  request.messages.push_back({Role::kUser, {ContentPart::Text(std::move(question.prompt.user))}});
  request.sampling.max_new_tokens = options_.max_new_tokens;
  request.sampling.seed = options_.seed;
  return request;
}

Status TextAsker::Ask(size_t count, const std::function<Result<Question>(size_t)>& make,
                      const std::function<bool(size_t, const Result<std::string>&)>& read,
                      const CancellationToken& cancellation) {
  struct Open {
    size_t index = 0;
    std::string subject;  // what is asked, as a hash
  };
  std::vector<GenerationRequest> requests;
  std::vector<Open> open;
  const auto ask_open = [&]() -> Status {
    const auto results = generator_.Generate(requests, {}, cancellation);
    if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "asking was interrupted"};
    for (size_t i = 0; i < open.size(); ++i) {
      const Result<std::string> answer = AnswerOf(results[i]);
      if (!read(open[i].index, answer) || journal_ == nullptr || !answer.ok()) continue;
      GRE_RETURN_IF_ERROR(
          journal_->Add(kStage, open[i].subject, settings_, DumpJson(Json(*answer))));
    }
    requests.clear();
    open.clear();
    return {};
  };
  for (size_t i = 0; i < count; ++i) {
    if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "asking was interrupted"};
    if (options_.progress) options_.progress(i, count);
    GRE_ASSIGN_OR_RETURN(Question question, make(i));
    std::string subject = Sha256Hex(DumpJson(
        Json::array({question.prompt.system, question.prompt.user, options_.max_new_tokens})));
    const auto known =
        journal_ == nullptr ? std::nullopt : journal_->Find(kStage, subject, settings_);
    const auto json = known ? ParseJson(*known) : Result<Json>(Json());
    if (json.ok() && json->is_string() && read(i, json->get<std::string>())) {
      ++remembered_;
      continue;
    }
    requests.push_back(MakeRequest(std::move(question)));
    open.push_back({i, std::move(subject)});
    if (open.size() >= static_cast<size_t>(options_.batch)) GRE_RETURN_IF_ERROR(ask_open());
  }
  return open.empty() ? Status() : ask_open();
}

}  // namespace gre
