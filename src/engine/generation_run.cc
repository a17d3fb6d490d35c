#include "engine/generation_run.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "core/strings.h"
#include "engine/torch_errors.h"

namespace gre {
namespace {

GenerationResult CancelledBeforeStart(const GenerationRequest& request) {
  GenerationResult result;
  result.completions.resize(static_cast<size_t>(std::max(request.num_samples, 0)));
  for (Completion& completion : result.completions) {
    completion.finish_reason = FinishReason::kCancelled;
  }
  return result;
}

std::string Mebibytes(int64_t bytes) {
  return FormatFixed(static_cast<double>(bytes) / (1 << 20), 1) + " MiB";
}

}  // namespace

GenerationRun::GenerationRun(const VisionLanguageModel& model, const LocalEngineLimits& limits,
                             std::span<const GenerationRequest> requests,
                             const StreamCallback& stream, const CancellationToken& cancellation)
    : model_(model),
      limits_(limits),
      requests_(requests),
      stream_(stream),
      cancellation_(cancellation),
      results_(requests.size()) {}

std::vector<Result<GenerationResult>> GenerationRun::Run() {
  while (!cancellation_.IsCancelled()) {
    Admit();
    if (running_.empty()) break;  // all done: one that fits nowhere fails in Admit
    Step();
  }
  FinishCancelled();
  std::vector<Result<GenerationResult>> results;
  results.reserve(results_.size());
  for (auto& result : results_) results.push_back(*std::move(result));
  return results;
}

void GenerationRun::Admit() {
  while (!cancellation_.IsCancelled()) {
    if (!prepared_) {
      if (next_request_ == requests_.size()) return;
      const size_t index = next_request_++;
      auto prepared = RunningRequest::Prepare(model_, requests_[index], index);
      if (!prepared.ok()) {
        results_[index] = std::move(prepared).error();
        continue;
      }
      prepared_ = *std::move(prepared);
    }
    const int64_t needed = prepared_->CacheBytes();
    if (needed > limits_.kv_memory_bytes) {
      Finish(*prepared_,
             Error{ErrorCode::kUnavailable,
                   "request '" + prepared_->request().id + "' needs " + Mebibytes(needed) +
                       " for keys and values, more than the " + Mebibytes(limits_.kv_memory_bytes) +
                       " allowed; use fewer samples or fewer new tokens (max-new-tokens)"});
      prepared_.reset();
      continue;
    }
    if (!Fits(*prepared_)) return;
    const Result<bool> started = CatchTorchErrors("request '" + prepared_->request().id + "'",
                                                  [&] { return prepared_->Start(cancellation_); });
    if (started.ok() && !*started) return;  // cancelled
    if (started.ok()) {
      running_.push_back(std::move(prepared_));
    } else {
      Finish(*prepared_, started.error());
      prepared_.reset();
    }
  }
}

bool GenerationRun::Fits(const RunningRequest& request) const {
  if (running_.empty()) return true;
  int64_t bytes = request.CacheBytes();
  int64_t samples = request.num_live_samples();
  for (const auto& running : running_) {
    bytes += running->CacheBytes();
    samples += running->num_live_samples();
  }
  return bytes <= limits_.kv_memory_bytes && samples <= limits_.max_running_samples;
}

void GenerationRun::Step() {
  const auto start = std::chrono::steady_clock::now();
  StepBatch batch(running_.front()->position_axes());
  std::vector<RunningRequest*> in_step;  // in the order of their rows
  for (const auto& request : running_) {
    if (request->prefilling()) continue;
    request->AddSampleRows(&batch);
    in_step.push_back(request.get());
  }
  const size_t num_decoding = in_step.size();
  int64_t prompt_tokens = limits_.max_prompt_tokens_per_step;
  for (const auto& request : running_) {
    if (!request->prefilling() || prompt_tokens == 0) continue;
    prompt_tokens -= request->AddPromptRows(prompt_tokens, &batch);
    in_step.push_back(request.get());
  }

  const Result<std::optional<StepBatch::Output>> output =
      CatchTorchErrors("the model", [&] { return batch.Evaluate(model_, cancellation_); });
  if (!output.ok()) {
    const size_t first_failed = num_decoding == in_step.size() ? 0 : num_decoding;
    for (size_t i = first_failed; i < in_step.size(); ++i) {
      Finish(*in_step[i], Error(output.error()).Wrap("request '" + in_step[i]->request().id + "'"));
    }
    return RemoveFinished();
  }
  if (!*output) return;  // cancelled

  const double step_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  std::vector<TokenDraw> draws;
  std::vector<size_t> ends;  // of each request's draws
  int64_t row = 0;
  for (RunningRequest* request : in_step) {
    const int64_t rows = request->NumLogitRows();
    const Status status = request->AddDraws(**output, row, step_ms, &draws);
    row += rows;
    if (!status.ok()) Finish(*request, status.error());
    ends.push_back(draws.size());
  }
  DrawTokens(draws, model_.spec().eos_ids, &workspaces_);
  size_t begin = 0;
  for (size_t i = 0; i < in_step.size(); ++i) {
    in_step[i]->FinishStep(std::span(draws).subspan(begin, ends[i] - begin), stream_);
    begin = ends[i];
    if (in_step[i]->finished()) Finish(*in_step[i], in_step[i]->TakeResult());
  }
  RemoveFinished();
}

void GenerationRun::FinishCancelled() {
  for (const auto& request : running_) {
    request->Cancel(stream_);
    Finish(*request, request->TakeResult());
  }
  for (size_t i = 0; i < results_.size(); ++i) {
    if (!results_[i]) results_[i] = CancelledBeforeStart(requests_[i]);
  }
}

void GenerationRun::Finish(const RunningRequest& request, Result<GenerationResult> result) {
  results_[request.index()] = std::move(result);
}

void GenerationRun::RemoveFinished() {
  std::erase_if(running_,
                [this](const auto& request) { return results_[request->index()].has_value(); });
}

}  // namespace gre
