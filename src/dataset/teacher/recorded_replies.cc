#include "dataset/teacher/recorded_replies.h"

#include <array>
#include <filesystem>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/sha256.h"
#include "core/strings.h"
#include "dataset/field_names.h"
#include "dataset/parts/photo_splits.h"
#include "dataset/photo_table.h"
#include "dataset/record_file.h"
#include "dataset/teacher/reply_reading.h"
#include "dataset/teacher/reply_table.h"

namespace gre {
namespace {

constexpr size_t kBatch = 500;  // records a transaction
constexpr size_t kMaxRemarks = 1000;
constexpr std::array<std::string_view, 5> kImageExtensions = {".jpg", ".jpeg", ".png", ".webp",
                                                              ".tif"};
constexpr std::array<std::string_view, 4> kPromptTokenFields = {
    "usage.prompt_tokens", "usage.input_tokens", "usage_info.input_tokens",
    "usage_info.prompt_tokens"};
constexpr std::array<std::string_view, 4> kCompletionTokenFields = {
    "usage.completion_tokens", "usage.output_tokens", "usage_info.output_tokens",
    "usage_info.completion_tokens"};

enum Wanted : size_t { kId, kText, kPromptTokens, kCompletionTokens };

class RecordedReader {
 public:
  RecordedReader(Dataset& dataset, const RecordedFile& options, RecordFile file, PhotoSplits splits)
      : options_(options),
        file_(std::move(file)),
        database_(dataset.database()),
        photos_(database_),
        replies_(database_),
        splits_(splits) {}

  Result<RecordedSummary> Run(const std::function<void(int64_t)>& progress,
                              const CancellationToken& cancellation) {
    GRE_RETURN_IF_ERROR(Resolve());
    teacher_ = options_.teacher.empty() ? std::filesystem::path(options_.path).stem().string()
                                        : options_.teacher;
    GRE_RETURN_IF_ERROR(
        replies_.AddTeacher({.name = teacher_,
                             .kind = "recorded",
                             .model = std::filesystem::path(options_.path).filename().string()}));
    for (bool more = true; more;) {
      if (cancellation.IsCancelled()) {
        return Error{ErrorCode::kCancelled, "interrupted; the same command goes on"};
      }
      const Status stored = database_.InTransaction([&]() -> Status { return StoreBatch(more); });
      if (!stored.ok()) return stored.error();
      if (progress) progress(summary_.records);
    }
    return std::move(summary_);
  }

 private:
  Status Resolve() {
    names_.resize(4);
    GRE_ASSIGN_OR_RETURN(names_[kId],
                         ResolveField(file_, options_.id_field, "--recorded-id", kIdSpellings));
    GRE_ASSIGN_OR_RETURN(names_[kText], ResolveField(file_, options_.text_field, "--recorded-text",
                                                     kReplySpellings));
    for (const auto& [wanted, option] :
         {std::pair{kId, "--recorded-id"}, std::pair{kText, "--recorded-text"}}) {
      if (names_[wanted].empty()) {
        return Error{ErrorCode::kInvalidInput, file_.name() + ": there is no field for " + option +
                                                   "; there are: " + DescribeFields(file_)};
      }
    }
    names_[kPromptTokens] = file_.FindField(kPromptTokenFields).value_or("");
    names_[kCompletionTokens] = file_.FindField(kCompletionTokenFields).value_or("");
    return {};
  }

  Status StoreBatch(bool& more) {
    for (size_t i = 0; i < kBatch; ++i) {
      const Result<bool> next = file_.Next(names_, values_);
      if (!next.ok()) {  // it goes on behind the record
        ++summary_.broken;
        if (summary_.remarks.size() < kMaxRemarks) {
          summary_.remarks.push_back(next.error().message);
        }
        continue;
      }
      more = *next;
      if (!more) return {};
      ++summary_.records;
      GRE_RETURN_IF_ERROR(StoreRecord());
    }
    return {};
  }

  void Remark(std::string_view what) {
    if (summary_.remarks.size() >= kMaxRemarks) return;
    summary_.remarks.push_back(Concat({file_.Place(), ": '", values_[kId].text, "': ", what}));
  }

  Result<std::optional<Photo>> FindPhoto() {
    const std::string& id = values_[kId].text;
    GRE_ASSIGN_OR_RETURN(std::optional<Photo> photo, photos_.Find(id));
    if (photo) return photo;
    const std::string lower = AsciiLower(id);
    for (const std::string_view extension : kImageExtensions) {
      if (!lower.ends_with(extension)) continue;
      return photos_.Find(id.substr(0, id.size() - extension.size()));
    }
    return photo;
  }

  [[nodiscard]] int64_t Tokens(Wanted field) const {
    return static_cast<int64_t>(values_[field].AsNumber().value_or(0));
  }

  Status StoreRecord() {
    GRE_ASSIGN_OR_RETURN(const std::optional<Photo> photo, FindPhoto());
    std::optional<std::string> split;
    if (photo) {
      GRE_ASSIGN_OR_RETURN(split, splits_.SplitOf(*photo));
    }
    if (!photo || !split) {
      ++summary_.unmatched;
      Remark(photo ? "the photo takes no part" : "there is no photo of this id");
      return {};
    }
    const int64_t sample = samples_[photo->number]++;
    if (values_[kText].text.empty()) {
      ++summary_.empty;
      Remark("the record holds no reply");
      return {};
    }
    Reply reply;
    reply.teacher = teacher_;
    reply.photo = photo->number;
    reply.sample = sample;
    reply.text = values_[kText].text;
    std::erase(reply.text, '\0');
    reply.content_key = Sha256Hex(Concat({teacher_, "\n", photo->id, "\n", reply.text}));
    reply.prompt_tokens = Tokens(kPromptTokens);
    reply.completion_tokens = Tokens(kCompletionTokens);
    reply.cost = options_.price.Cost(reply.prompt_tokens, reply.completion_tokens);
    ReadReply(*photo, options_.json_fields_only, reply);
    GRE_ASSIGN_OR_RETURN(const bool stored, replies_.StoreUnasked(ReplyPurpose::kChain, reply));
    ++(stored ? summary_.stored : summary_.earlier);
    return {};
  }

  const RecordedFile& options_;
  RecordFile file_;
  Database& database_;
  PhotoTable photos_;
  ReplyTable replies_;
  PhotoSplits splits_;
  std::string teacher_;
  std::vector<std::string> names_;
  std::vector<FieldValue> values_;
  std::unordered_map<int64_t, int64_t> samples_;  // of each photo so far
  RecordedSummary summary_;
};

}  // namespace

Result<RecordedSummary> StoreRecordedReplies(Dataset& dataset, const RecordedFile& file,
                                             const std::function<void(int64_t done)>& progress,
                                             const CancellationToken& cancellation) {
  GRE_ASSIGN_OR_RETURN(RecordFile records, RecordFile::Open(file.path));
  GRE_ASSIGN_OR_RETURN(const PhotoSplits splits, PhotoSplits::Read(dataset.database()));
  return RecordedReader(dataset, file, std::move(records), splits).Run(progress, cancellation);
}

}  // namespace gre
