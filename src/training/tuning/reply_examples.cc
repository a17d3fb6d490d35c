#include "training/tuning/reply_examples.h"

#include <algorithm>
#include <utility>

#include "core/strings.h"
#include "dataset/import/sources.h"
#include "image/decode.h"

namespace gre {
namespace {

constexpr size_t kShownExamples = 10;

}  // namespace

void LeftOutRecords::Add(const std::string& reason, const std::string& place) {
  ++counts[reason];
  if (examples.size() < kShownExamples) examples.push_back(Concat({place, ": ", reason}));
}

Result<std::vector<ReplyExample>> ReadReplyExamples(const std::string& source,
                                                    const std::string& root,
                                                    const std::string& instruction,
                                                    LeftOutRecords& left_out,
                                                    const CancellationToken& cancellation) {
  ImportOptions options;
  options.root = root;
  std::vector<ReplyExample> examples;
  TruthJudge judge;
  const Status read = ReadConversationSource(source, options, [&](SourceRecord record) -> Status {
    if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
    if (!record.rejected.empty()) {
      left_out.Add(record.rejected, record.place);
    } else if (!record.missing_file.empty()) {
      left_out.Add("missing photo", Concat({record.place, ": ", record.missing_file}));
    } else if (record.path.empty()) {
      left_out.Add("no photo", record.place);
    } else if (record.replies.empty() || record.replies.front().text.empty()) {
      left_out.Add("no reply", record.place);
    } else {
      const SourceReply& reply = record.replies.front();
      if (reply.instruction.empty() && instruction.empty()) {
        left_out.Add("no instruction (data.prompt gives one)", record.place);
        return {};
      }
      const JudgedTruth truth = judge.Judge(record.truth);
      examples.push_back({record.place, record.path,
                          reply.instruction.empty() ? instruction : reply.instruction, reply.text,
                          truth.point});
    }
    return {};
  });
  if (!read.ok()) return read.error();
  return examples;
}

Result<EncodedExample> EncodeExample(const VisionLanguageModel& model,
                                     const ReplyExample& example) {
  GRE_ASSIGN_OR_RETURN(const RgbImage image, DecodeImageFile(example.photo));
  const ChatTurn turn = {"user", {ImageSlot{}, example.instruction}};
  const RgbImage* images[] = {&image};
  EncodedExample encoded;
  GRE_ASSIGN_OR_RETURN(encoded.prompt, model.EncodePrompt({&turn, 1}, images,
                                                          /*add_generation_prompt=*/true));
  encoded.reply = model.tokenizer().Encode(example.reply, /*recognise_added=*/false);
  // of the ids that end a turn, the one that chat templates write
  const std::optional<int32_t> end_of_turn = model.tokenizer().TokenId("<|im_end|>");
  encoded.reply.push_back(end_of_turn.value_or(model.spec().eos_ids.front()));
  return encoded;
}

Result<ExampleLengths> CheckExamples(const VisionLanguageModel& model, int64_t cutoff_tokens,
                                     std::vector<ReplyExample>& examples, LeftOutRecords& left_out,
                                     const CancellationToken& cancellation) {
  ExampleLengths lengths;
  std::vector<ReplyExample> kept;
  for (ReplyExample& example : examples) {
    if (cancellation.IsCancelled()) return Error{ErrorCode::kCancelled, "interrupted"};
    const auto encoded = EncodeExample(model, example);
    if (!encoded.ok()) {
      left_out.Add("unreadable photo", Concat({example.place, ": ", encoded.error().message}));
      continue;
    }
    const auto prompt = static_cast<int64_t>(encoded->prompt.token_ids.size());
    const auto reply = static_cast<int64_t>(encoded->reply.size());
    if (prompt + reply > cutoff_tokens) {
      left_out.Add("longer than data.cutoff_tokens",
                   Concat({example.place, ": ", std::to_string(prompt + reply), " tokens"}));
      continue;
    }
    lengths.prompt_tokens += prompt;
    lengths.reply_tokens += reply;
    lengths.longest = std::max(lengths.longest, prompt + reply);
    kept.push_back(std::move(example));
  }
  examples = std::move(kept);
  return lengths;
}

}  // namespace gre
