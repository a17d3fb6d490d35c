#include "dataset/import/record_importer.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/csv_cell.h"
#include "core/parallel.h"
#include "core/sha256.h"
#include "core/strings.h"
#include "image/decode.h"

namespace gre {
namespace {

constexpr size_t kBatchRecords = 500;
constexpr size_t kBatchBytes = size_t{64} << 20;  // of photos in memory
constexpr size_t kMaxExamples = 10;
constexpr size_t kMaxPhotoBytes = size_t{256} << 20;
constexpr std::string_view kStage = "import";

// "a/b c.csv" -> "a_b_c.csv".
std::string FileNameOf(std::string_view source) {
  std::string name(source);
  std::ranges::replace_if(
      name,
      [](char c) {
        return !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                 c == '.' || c == '-' || c == '_');
      },
      '_');
  return name;
}

bool SameTruth(const Photo& a, const Photo& b) {
  return a.point == b.point && (a.point.has_value() || a.country_code == b.country_code);
}

std::string Describe(const Photo& photo) {
  if (!photo.point) return photo.country_code;
  return FormatShortest(photo.point->latitude_deg) + ", " +
         FormatShortest(photo.point->longitude_deg);
}

}  // namespace

Status StorePhoto(const ImageFolder& images, std::string_view bytes, const std::string& name,
                  const std::string& link_from, Photo& photo) {
  GRE_ASSIGN_OR_RETURN(const PictureHeader header, ReadPictureHeader(bytes, name));
  photo.sha256 = Sha256Hex(bytes);
  photo.extension = header.extension;
  photo.width = header.width;
  photo.height = header.height;
  photo.bytes = static_cast<int64_t>(bytes.size());
  photo.presence = PhotoPresence::kPresent;
  return link_from.empty() ? images.Add(photo.sha256, photo.extension, bytes)
                           : images.AddLink(photo.sha256, photo.extension, bytes, link_from);
}

RecordImporter::RecordImporter(Dataset& dataset, const ImportOptions& options, std::string source,
                               ImportReport& report)
    : dataset_(dataset),
      options_(options),
      source_(std::move(source)),
      report_(report),
      photos_(dataset.database()),
      replies_(dataset.database()),
      entries_(dataset.database()),
      rejected_path_(dataset.folder() + "/rejected/" + FileNameOf(source_) + ".csv") {}

void RecordImporter::AddExample(std::string example) {
  if (report_.examples.size() < kMaxExamples) report_.examples.push_back(std::move(example));
}

void RecordImporter::Reject(const std::string& place, const std::string& id,
                            const std::string& reason, const std::string& detail) {
  ++report_.records;
  ++report_.rejected[reason];
  AddExample(Concat({place, ": ", reason, ": ", detail}));
  if (!rejected_status_.ok()) return;
  if (!rejected_) {
    std::error_code code;
    const auto folder = std::filesystem::path(rejected_path_).parent_path();
    std::filesystem::create_directories(folder, code);
    Result<AtomicFileWriter> writer = AtomicFileWriter::Create(rejected_path_);
    if (!writer.ok()) {
      rejected_status_ = writer.error();
      return;
    }
    rejected_.emplace(std::move(writer).value());
    report_.rejected_file = rejected_path_;
    rejected_status_ = rejected_->Write("place,id,reason,detail\n");
  }
  if (!rejected_status_.ok()) return;
  rejected_status_ = rejected_->Write(Concat({EscapeCsvCell(place), ",", EscapeCsvCell(id), ",",
                                              reason, ",", EscapeCsvCell(detail), "\n"}));
}

Status RecordImporter::Add(SourceRecord record) {
  if (record.rejected.empty() && record.id.empty()) {
    record.rejected = "no_id";
    record.detail = "expected an id, found none";
  }
  if (!record.rejected.empty()) {
    Reject(record.place, record.id, record.rejected, record.detail);
    return rejected_status_;
  }
  JudgedTruth truth = judge_.Judge(record.truth);
  if (!truth.rejected.empty()) {
    Reject(record.place, record.id, truth.rejected, truth.detail);
    return rejected_status_;
  }
  Item item;
  item.flags = std::move(truth.flags);
  Photo& photo = item.photo;
  photo.id = options_.prefix.empty() ? record.id : Concat({options_.prefix, "/", record.id});
  photo.source = source_;
  photo.url = record.url;
  photo.point = truth.point;
  photo.country_code = std::move(truth.country_code);
  if (photo.point) photo.precision_km = record.precision_km;
  photo.kind = std::move(record.kind);
  photo.source_split = std::move(record.split);
  photo.author = std::move(record.author);
  photo.licence = std::move(record.licence);
  photo.taken = std::move(record.taken);
  photo.extra = std::move(record.extra);
  batch_bytes_ += record.bytes.size();
  item.record = std::move(record);
  batch_.push_back(std::move(item));
  return batch_.size() >= kBatchRecords || batch_bytes_ >= kBatchBytes ? Write() : Status();
}

Status RecordImporter::Finish() {
  GRE_RETURN_IF_ERROR(Write());
  GRE_RETURN_IF_ERROR(rejected_status_);
  if (rejected_) return rejected_->Commit();
  std::error_code ignored;  // of an earlier import, when all is well now
  std::filesystem::remove(rejected_path_, ignored);
  return {};
}

// Records whose photo would be read for nothing.
Status RecordImporter::PassOverKnown(std::vector<Item>& items) {
  ImportReport counts;
  std::vector<Item> rest;
  rest.reserve(items.size());
  for (Item& item : items) {
    std::optional<Photo> there;
    if (!item.record.bytes.empty() || !item.record.path.empty()) {
      GRE_ASSIGN_OR_RETURN(there, photos_.Find(item.photo.id));
    }
    // a photo that could not be stored may have been put right since
    if (!there || there->presence != PhotoPresence::kPresent) {
      rest.push_back(std::move(item));
      continue;
    }
    GRE_RETURN_IF_ERROR(CountTaken(item, *there, counts));
  }
  report_.records += counts.records;
  report_.there += counts.there;
  report_.replies += counts.replies;
  items = std::move(rest);
  return {};
}

void RecordImporter::StoreItem(Item& item) const {
  SourceRecord& record = item.record;
  if (!options_.photos) return;
  if (!record.missing_file.empty()) {
    item.failure = record.missing_file;
    item.photo.presence = PhotoPresence::kFailed;
    return;
  }
  if (record.bytes.empty() && record.path.empty()) {
    if (!record.url.empty()) item.photo.presence = PhotoPresence::kWanted;
    return;
  }
  Status stored;
  const std::string& name = record.path.empty() ? record.place : record.path;
  if (record.bytes.empty()) {
    Result<std::string> bytes = ReadFile(record.path, kMaxPhotoBytes);
    if (bytes.ok()) record.bytes = std::move(*bytes);
    if (!bytes.ok()) stored = bytes.error();
  }
  if (stored.ok()) {
    stored = StorePhoto(dataset_.images(), record.bytes, name,
                        options_.link ? record.path : std::string(), item.photo);
  }
  record.bytes = {};
  if (stored.ok()) return;
  if (item.photo.sha256.empty()) {
    item.failure = stored.error().message;
    item.photo.presence = PhotoPresence::kFailed;
  } else {
    item.status = stored;  // the dataset's own disk
  }
}

Status RecordImporter::Write() {
  if (batch_.empty()) return {};
  if (first_new_ == 0) {
    GRE_ASSIGN_OR_RETURN(first_new_, photos_.LastNumber());
    ++first_new_;
  }
  std::vector<Item> items = std::move(batch_);
  batch_.clear();
  batch_bytes_ = 0;
  GRE_RETURN_IF_ERROR(PassOverKnown(items));
  ParallelFor(items.size(), {.min_items = 8}, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) StoreItem(items[i]);
  });
  for (const Item& item : items) GRE_RETURN_IF_ERROR(item.status);

  ImportReport counts;
  Status written = dataset_.database().InTransaction([&]() -> Status {
    counts = {};
    for (Item& item : items) GRE_RETURN_IF_ERROR(Insert(item, counts));
    return {};
  });
  if (!written.ok()) return written;
  report_.records += counts.records;
  report_.added += counts.added;
  report_.there += counts.there;
  report_.photos += counts.photos;
  report_.replies += counts.replies;
  for (const auto& [reason, photos] : counts.flagged) report_.flagged[reason] += photos;
  for (std::string& example : counts.examples) AddExample(std::move(example));
  return rejected_status_;
}

Status RecordImporter::Insert(Item& item, ImportReport& counts) {
  GRE_ASSIGN_OR_RETURN(int64_t number, photos_.Add(item.photo));
  if (number == 0) {
    GRE_ASSIGN_OR_RETURN(const std::optional<Photo> there, photos_.Find(item.photo.id));
    if (!there) return {};  // another process takes it back; its next import finds it
    GRE_RETURN_IF_ERROR(CountTaken(item, *there, counts));
    if (there->source != source_ || !SameTruth(*there, item.photo) ||
        there->presence != PhotoPresence::kFailed ||
        item.photo.presence != PhotoPresence::kPresent) {
      return {};
    }
    // the photo that was missing is there now
    item.photo.number = there->number;
    ++counts.photos;
    GRE_RETURN_IF_ERROR(photos_.SetImage(item.photo));
    return photos_.RemoveFinding(there->number, std::string(kStage), "unreadable");
  }
  ++counts.records;
  ++counts.added;
  if (item.photo.presence == PhotoPresence::kPresent) ++counts.photos;
  if (!item.failure.empty()) {
    GRE_RETURN_IF_ERROR(
        photos_.AddFinding({number, std::string(kStage), "unreadable", true, item.failure}));
    ++counts.flagged["unreadable"];
    counts.examples.push_back(Concat({item.record.place, ": unreadable: ", item.failure}));
  }
  for (const TruthFlag& flag : item.flags) {
    GRE_RETURN_IF_ERROR(
        photos_.AddFinding({number, std::string(kStage), flag.reason, flag.drops, flag.detail}));
    ++counts.flagged[flag.reason];
  }
  item.photo.number = number;
  return AddReplies(item.record, item.photo, counts);
}

Status RecordImporter::CountTaken(const Item& item, const Photo& there, ImportReport& counts) {
  const SourceRecord& record = item.record;
  if (there.source != source_) {
    Reject(record.place, record.id, "id_taken",
           Concat({"the id '", item.photo.id, "' is that of a record of '", there.source,
                   "'; import with --prefix NAME"}));
    return {};
  }
  if (!SameTruth(there, item.photo)) {
    Reject(record.place, record.id, "id_repeated",
           Concat({"the id '", item.photo.id, "' is there with another truth: ", Describe(there),
                   ", here ", Describe(item.photo)}));
    return {};
  }
  if (there.number >= first_new_ && record.replies.empty()) {
    Reject(record.place, record.id, "id_repeated",
           Concat({"the id '", item.photo.id, "' stands twice in the source"}));
    return {};
  }
  ++counts.records;
  ++counts.there;
  return AddReplies(record, there, counts);
}

Status RecordImporter::AddReplies(const SourceRecord& record, const Photo& photo,
                                  ImportReport& counts) {
  for (const SourceReply& reply : record.replies) {
    const std::string& teacher = reply.teacher.empty() ? source_ : reply.teacher;
    GRE_ASSIGN_OR_RETURN(const bool is_new, replies_.Store(photo, {"imported:" + teacher,
                                                                   reply.text, reply.instruction}));
    counts.replies += is_new ? 1 : 0;
  }
  return record.finished ? AddFinished(record, photo) : Status();
}

Status RecordImporter::AddFinished(const SourceRecord& record, const Photo& photo) {
  DataEntry entry = *record.finished;
  entry.photo = photo.number;
  if (entry.split.empty()) entry.split = photo.source_split;
  if (entry.split != "dev" && entry.split != "test") entry.split = "train";
  if (entry.part == DataPart::kSeed) return entries_.AddFinished(entry);
  for (const SourceReply& reply : record.replies) {
    if (entry.part == DataPart::kJudge && !reply.label) continue;
    const std::string& teacher = reply.teacher.empty() ? source_ : reply.teacher;
    GRE_ASSIGN_OR_RETURN(
        const std::optional<Reply> stored,
        replies_.Find(photo, {"imported:" + teacher, reply.text, reply.instruction}));
    if (!stored) continue;
    entry.reply = stored->number;
    entry.label = reply.label;
    entry.deviation_km = stored->deviation_km;
    GRE_RETURN_IF_ERROR(entries_.AddFinished(entry));
  }
  return {};
}

}  // namespace gre
