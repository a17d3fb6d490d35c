#include "training/tuning/training_records.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"
#include "dataset/import/sources.h"
#include "image/decode.h"
#include "reasoning/reply.h"
#include "rewards/rewards.h"

namespace gre {
namespace {

constexpr size_t kShownRecords = 10;

// A field of the source that the importer keeps as it is.
std::string Extra(const SourceRecord& record, const char* key) {
  const auto json = ParseJson(record.extra);
  if (!json.ok() || !json->is_object()) return {};
  const auto place = json->find(key);
  return place != json->end() && place->is_string() ? place->get<std::string>() : std::string();
}

// Why a record cannot be used; "" when it can.
std::string FillRecord(const SourceRecord& source, const RenderedPrompt& instruction,
                       RecordNeed need, TruthJudge& judge, TrainingRecord& record) {
  if (!source.rejected.empty()) return source.rejected;
  if (!source.missing_file.empty()) return "missing photo";
  if (source.path.empty()) return "no photo";
  const JudgedTruth truth = judge.Judge(source.truth);
  record.place = source.place;
  record.photo = source.path;
  record.point = truth.point;
  record.country_code = truth.country_code;
  record.instruction = instruction;
  record.label = ParseVerdict(Extra(source, "label"));
  if (const std::string own = Extra(source, "instructions"); !own.empty()) {
    record.instruction = {Extra(source, "system"), own};
  }
  if (!source.replies.empty()) {
    const SourceReply& reply = source.replies.front();
    if (!reply.instruction.user.empty()) record.instruction = reply.instruction;
    if (reply.label) record.label = reply.label;
    record.reply = reply.text;
  }
  if (record.label) {
    if (const std::string question = Extra(source, "question"); !question.empty()) {
      record.instruction = {Extra(source, "system"), question};
    } else {
      record.instruction.user = Concat({record.instruction.user, "\n\n", record.reply});
    }
    record.reply = Concat({"<answer>", *record.label ? "True" : "False", "</answer>"});
  }
  if (record.reply.empty() && need == RecordNeed::kAnswer) record.reply = source.answer;
  if (record.instruction.user.empty()) return "no instruction (data.prompt gives one)";
  switch (need) {
    case RecordNeed::kReply:
    case RecordNeed::kAnswer:
      return record.reply.empty() ? "no reply" : "";
    case RecordNeed::kVerdict:
      return record.label ? "" : "no label True or False";
    case RecordNeed::kPlace:
      break;
  }
  if (record.label) return "a record of Judge";
  return record.point || !record.country_code.empty() ? "" : "no coordinates and no country";
}

}  // namespace

void LeftOutRecords::Add(const std::string& reason, const std::string& place) {
  ++counts[reason];
  if (examples.size() < kShownRecords) examples.push_back(Concat({place, ": ", reason}));
}

Result<std::vector<TrainingRecord>> ReadTrainingRecords(const std::string& source,
                                                        const std::string& root,
                                                        const RenderedPrompt& instruction,
                                                        RecordNeed need, LeftOutRecords& left_out,
                                                        const CancellationToken& cancellation) {
  ImportOptions options;
  options.root = root;
  std::vector<TrainingRecord> records;
  TruthJudge judge;
  int64_t number = 0;
  const Status read =
      ReadConversationSource(source, options, [&](const SourceRecord& found) -> Status {
        if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
        TrainingRecord record;
        const std::string place = found.missing_file.empty()
                                      ? found.place
                                      : Concat({found.place, ": ", found.missing_file});
        const std::string problem = FillRecord(found, instruction, need, judge, record);
        record.number = ++number;
        if (problem.empty()) {
          records.push_back(std::move(record));
        } else {
          left_out.Add(problem, place);
        }
        return {};
      });
  if (!read.ok()) return read.error();
  return records;
}

Result<EncodedRecord> EncodeRecord(const VisionLanguageModel& model, const TrainingRecord& record) {
  GRE_ASSIGN_OR_RETURN(const RgbImage image, DecodeImageFile(record.photo));
  std::vector<ChatTurn> turns;
  if (!record.instruction.system.empty()) turns.push_back({"system", {record.instruction.system}});
  turns.push_back({"user", {ImageSlot{}, record.instruction.user}});
  const RgbImage* images[] = {&image};
  EncodedRecord encoded;
  GRE_ASSIGN_OR_RETURN(encoded.prompt, model.EncodePrompt(turns, images,
                                                          /*add_generation_prompt=*/true));
  encoded.reply = model.EncodeReply(record.reply);
  return encoded;
}

Result<GenerationRequest> MakeRequest(const TrainingRecord& record, const SamplingOptions& sampling,
                                      int num_samples) {
  GRE_ASSIGN_OR_RETURN(RgbImage image, DecodeImageFile(record.photo));
  GenerationRequest request;
  request.id = std::to_string(record.number);
  request.images.push_back(std::make_shared<const RgbImage>(std::move(image)));
  if (!record.instruction.system.empty()) {
    request.messages.push_back({Role::kSystem, {ContentPart::Text(record.instruction.system)}});
  }
  request.messages.push_back(
      {Role::kUser, {ContentPart::Image(0), ContentPart::Text(record.instruction.user)}});
  request.sampling = sampling;
  request.num_samples = num_samples;
  return request;
}

Result<RecordLengths> CheckRecords(const VisionLanguageModel& model, int64_t cutoff_tokens,
                                   int64_t completion_tokens, std::vector<TrainingRecord>& records,
                                   LeftOutRecords& left_out,
                                   const CancellationToken& cancellation) {
  RecordLengths lengths;
  std::vector<TrainingRecord> kept;
  for (TrainingRecord& record : records) {
    if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
    const auto encoded = EncodeRecord(model, record);
    if (!encoded.ok()) {
      left_out.Add("cannot be read", Concat({record.place, ": ", encoded.error().message}));
      continue;
    }
    const auto prompt = static_cast<int64_t>(encoded->prompt.token_ids.size());
    const int64_t reply =
        completion_tokens > 0 ? completion_tokens : static_cast<int64_t>(encoded->reply.size());
    if (prompt + reply > cutoff_tokens) {
      left_out.Add("longer than data.cutoff_tokens",
                   Concat({record.place, ": ", std::to_string(prompt + reply), " tokens"}));
      continue;
    }
    lengths.prompt_tokens += prompt;
    lengths.reply_tokens += reply;
    lengths.longest = std::max(lengths.longest, prompt + reply);
    kept.push_back(std::move(record));
  }
  records = std::move(kept);
  return lengths;
}

}  // namespace gre
