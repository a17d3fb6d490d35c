#include "dataset/teacher/engine_teacher.h"

#include <algorithm>
#include <utility>

#include "image/decode.h"

namespace gre {
namespace {

// Questions that one request of an engine answers.
struct Group {
  size_t begin = 0, end = 0;  // of the questions
  size_t request = 0;
};

bool SameRequest(const TeacherQuestion& a, const TeacherQuestion& b) {
  return a.photo->number == b.photo->number && a.attempt == b.attempt;
}

}  // namespace

EngineTeacher::EngineTeacher(TextGenerator& generator, TeacherRecord record, RenderedPrompt prompt,
                             std::string prompt_hash, SamplingOptions sampling, ImageFolder images)
    : generator_(&generator),
      record_(std::move(record)),
      prompt_(std::move(prompt)),
      prompt_hash_(std::move(prompt_hash)),
      sampling_(std::move(sampling)),
      images_(std::move(images)) {}

Result<std::unique_ptr<EngineTeacher>> EngineTeacher::Create(TextGenerator& generator,
                                                             TeacherRecord record,
                                                             const PromptTemplate& prompt,
                                                             SamplingOptions sampling,
                                                             ImageFolder images) {
  GRE_ASSIGN_OR_RETURN(RenderedPrompt rendered, prompt.Render({{"area", ""}}));
  return std::unique_ptr<EngineTeacher>(new EngineTeacher(generator, std::move(record),
                                                          std::move(rendered), prompt.hash(),
                                                          std::move(sampling), std::move(images)));
}

Result<GenerationRequest> EngineTeacher::MakeRequest(const TeacherQuestion& question,
                                                     int num_samples) const {
  const Photo& photo = *question.photo;
  if (photo.sha256.empty()) {
    return Error{ErrorCode::kInvalidInput,
                 photo.id + ": the record has no photo, and a model that sees is asked"};
  }
  GRE_ASSIGN_OR_RETURN(RgbImage image,
                       DecodeImageFile(images_.PathOf(photo.sha256, photo.extension)));
  GenerationRequest request;
  request.id = photo.id;
  if (question.attempt > 1) request.id += "~" + std::to_string(question.attempt);
  if (!prompt_.system.empty()) {
    request.messages.push_back({Role::kSystem, {ContentPart::Text(prompt_.system)}});
  }
  request.messages.push_back(
      {Role::kUser, {ContentPart::Image(0), ContentPart::Text(prompt_.user)}});
  request.images.push_back(std::make_shared<const RgbImage>(std::move(image)));
  request.sampling = sampling_;
  request.num_samples = num_samples;
  return request;
}

std::vector<Result<TeacherReply>> EngineTeacher::Ask(std::span<const TeacherQuestion> questions,
                                                     const CancellationToken& cancellation) {
  // A sample depends on its number: a local engine draws those before it again where they are not
  // wanted any more. A server draws each by itself, and is paid for each.
  const bool draws_in_order = generator_->info().kind != EngineKind::kRemote;
  std::vector<Result<TeacherReply>> replies(
      questions.size(), Error{ErrorCode::kInternal, "a question without an answer"});
  std::vector<GenerationRequest> requests;
  std::vector<Group> groups;
  for (size_t begin = 0; begin < questions.size();) {
    size_t end = begin + 1;
    while (end < questions.size() && SameRequest(questions[begin], questions[end])) ++end;
    int64_t last = questions[begin].sample;
    for (size_t i = begin; i < end; ++i) last = std::max(last, questions[i].sample);
    const auto samples = draws_in_order ? last + 1 : static_cast<int64_t>(end - begin);
    Result<GenerationRequest> request = MakeRequest(questions[begin], static_cast<int>(samples));
    if (request.ok()) {
      groups.push_back({begin, end, requests.size()});
      requests.push_back(std::move(*request));
    } else {
      std::fill(replies.begin() + static_cast<ptrdiff_t>(begin),
                replies.begin() + static_cast<ptrdiff_t>(end), request.error());
    }
    begin = end;
  }
  const auto results = generator_->Generate(requests, {}, cancellation);
  for (const Group& group : groups) {
    const Result<GenerationResult>& result = results[group.request];
    for (size_t i = group.begin; i < group.end; ++i) {
      if (!result.ok()) {
        replies[i] = result.error();
        continue;
      }
      const auto index =
          draws_in_order ? static_cast<size_t>(questions[i].sample) : i - group.begin;
      const Completion& completion = result->completions.at(index);
      if (completion.finish_reason == FinishReason::kCancelled) {
        replies[i] = Error{ErrorCode::kCancelled, "cancelled"};
        continue;
      }
      const auto asked = static_cast<int64_t>(result->completions.size());
      TeacherReply reply;
      reply.text = completion.text;
      reply.finish_reason = FinishReasonName(completion.finish_reason);
      // The prompt is paid once a request, the completions each.
      reply.prompt_tokens = i == group.begin ? result->prompt_tokens : 0;
      reply.completion_tokens = completion.token_ids.empty()
                                    ? result->completion_tokens / asked
                                    : static_cast<int64_t>(completion.token_ids.size());
      reply.milliseconds = result->timing.total_ms / static_cast<double>(asked);
      replies[i] = std::move(reply);
    }
  }
  return replies;
}

}  // namespace gre
