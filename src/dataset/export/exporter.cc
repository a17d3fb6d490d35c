#include "dataset/export/exporter.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/strings.h"
#include "dataset/export/export_folder.h"
#include "dataset/export/export_table.h"
#include "dataset/export/image_placer.h"
#include "dataset/export/record_writers.h"
#include "dataset/photo_records.h"

namespace gre {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr size_t kPageRecords = 512;
constexpr std::array<DataPart, 3> kParts = {DataPart::kCot, DataPart::kJudge, DataPart::kSeed};

// "gre_cot", "gre_cot_dev": GRE's names are those of the training split.
std::string NameOf(DataPart part, const std::string& split) {
  std::string name = Concat({"gre_", DataPartName(part)});
  if (split != "train") (name += '_') += split;
  return name;
}

Error Cancelled() {
  return Error{ErrorCode::kCancelled, "interrupted; nothing is written, run it again"};
}

// Writes the chosen parts and splits, one after the other, with all that goes beside them.
class Exporter {
 public:
  Exporter(const Dataset& dataset, const ExportOptions& options, const ExportTools& tools,
           std::string folder, Instructions instructions)
      : dataset_(dataset),
        options_(options),
        tools_(tools),
        folder_(std::move(folder)),
        table_(dataset.database()),
        instructions_(std::move(instructions)),
        placer_(dataset.images(), options.copy_images) {
    summary_.format = options.format;
    summary_.out = options.out;
  }

  Result<ExportSummary> Run(const std::vector<ExportTable::PartCount>& slices) && {
    for (const ExportTable::PartCount& slice : slices) total_ += slice.records;
    GRE_ASSIGN_OR_RETURN(
        RecordFileWriter provenance,
        RecordFileWriter::Create(folder_ + "/provenance.jsonl", RecordFileWriter::Layout::kLines));
    provenance_ = &provenance;
    std::optional<RecordFileWriter> manifest;
    if (options_.format == ExportFormat::kPhotos) {
      GRE_ASSIGN_OR_RETURN(
          RecordFileWriter file,
          RecordFileWriter::Create(folder_ + "/manifest.jsonl", RecordFileWriter::Layout::kLines));
      manifest.emplace(std::move(file));
    }
    for (const ExportTable::PartCount& slice : slices) {
      GRE_RETURN_IF_ERROR(WriteSlice(slice, manifest));
    }
    if (manifest) GRE_RETURN_IF_ERROR(manifest->Commit());
    GRE_RETURN_IF_ERROR(provenance.Commit());
    GRE_RETURN_IF_ERROR(WriteDrops());
    return Finish(slices);
  }

 private:
  // Where the records of a slice go; one of the members is set.
  struct Target {
    RecordFileWriter* manifest = nullptr;
    std::optional<RecordFileWriter> file;
    std::optional<ShardWriter> shards;
    std::string image_root;
  };

  Result<Target> OpenTarget(ExportSummary::Slice& slice,
                            std::optional<RecordFileWriter>& manifest) {
    const std::string name = NameOf(slice.part, slice.split);
    Target target;
    target.image_root = folder_;
    if (manifest) {
      target.manifest = &*manifest;
      slice.file = "manifest.jsonl";
      return target;
    }
    if (options_.format == ExportFormat::kWebDataset) {
      const std::string prefix = Concat({"gre_", DataPartName(slice.part), "-", slice.split});
      slice.file = prefix + "-*.tar";
      target.shards.emplace(folder_ + "/" + prefix,
                            ShardWriter::Limits{.records = options_.shard_records});
      return target;
    }
    const bool lines = options_.format == ExportFormat::kVlmR1 ||
                       options_.format == ExportFormat::kTrl ||
                       (options_.format == ExportFormat::kGre && slice.part == DataPart::kSeed);
    slice.file = name + (lines ? ".jsonl" : ".json");
    if (options_.format == ExportFormat::kGre) {
      const std::string sub = Concat({"gre_", DataPartName(slice.part)});
      target.image_root = folder_ + "/" + sub;
      slice.file = sub + "/" + slice.file;
      GRE_RETURN_IF_ERROR(MakeFolder(target.image_root + "/imgs"));
    }
    GRE_ASSIGN_OR_RETURN(RecordFileWriter file,
                         RecordFileWriter::Create(folder_ + "/" + slice.file,
                                                  lines ? RecordFileWriter::Layout::kLines
                                                        : RecordFileWriter::Layout::kArray));
    target.file.emplace(std::move(file));
    return target;
  }

  static Status MakeFolder(const std::string& path);

  Status WriteSlice(const ExportTable::PartCount& chosen,
                    std::optional<RecordFileWriter>& manifest) {
    ExportSummary::Slice slice{.part = chosen.part, .split = chosen.split};
    GRE_ASSIGN_OR_RETURN(Target target, OpenTarget(slice, manifest));
    int64_t photo = 0;
    int64_t reply = -1;
    while (true) {
      GRE_ASSIGN_OR_RETURN(const std::vector<ExportRow> page,
                           table_.Page(chosen.part, chosen.split, photo, reply, kPageRecords));
      if (page.empty()) break;
      for (const ExportRow& row : page) {
        if (tools_.cancellation.IsCancelled()) return Cancelled();
        GRE_RETURN_IF_ERROR(WriteRecord(row, target, slice));
      }
      photo = page.back().entry.photo;
      reply = page.back().entry.reply;
      done_ += static_cast<int64_t>(page.size());
      if (tools_.progress) tools_.progress(done_, total_);
    }
    if (target.file) GRE_RETURN_IF_ERROR(target.file->Commit());
    if (target.shards) GRE_RETURN_IF_ERROR(target.shards->Commit());
    summary_.slices.push_back(std::move(slice));
    return {};
  }

  Status WriteRecord(const ExportRow& row, Target& target, ExportSummary::Slice& slice) {
    if (target.manifest != nullptr) return WritePhoto(row, target, slice);
    if (row.entry.part != DataPart::kSeed && row.reply_text.empty() && row.entry.chain.empty()) {
      ++summary_.unanswered;
      return {};
    }
    FinishedRecord record{row, {}, {}, {}};
    if (row.entry.part != DataPart::kSeed) record.chain = ChainTextOf(row);
    if (row.entry.part == DataPart::kJudge) {
      // GRE's fields hold chain and answer; other trainers read the conversation alone
      const bool with_chain =
          options_.format != ExportFormat::kGre && options_.format != ExportFormat::kWebDataset;
      GRE_ASSIGN_OR_RETURN(record.prompt, instructions_.OfJudge(row, record.chain, with_chain));
    } else {
      GRE_ASSIGN_OR_RETURN(record.prompt, instructions_.OfChain(row));
    }
    if (target.shards) {
      GRE_RETURN_IF_ERROR(WriteShardRecord(record, *target.shards));
    } else {
      GRE_ASSIGN_OR_RETURN(record.image, placer_.Place(row.photo, target.image_root));
      GRE_RETURN_IF_ERROR(
          target.file->Write(FormatRecord(options_.format, record, !options_.without_extra)));
    }
    return Account(record, slice);
  }

  Status WriteShardRecord(FinishedRecord& record, ShardWriter& shards) {
    const Photo& photo = record.row.photo;
    std::shared_ptr<const MappedFile> file;
    record.image = ExportedImageName(photo);
    if (photo.presence == PhotoPresence::kPresent) {
      record.image = Concat({shards.NextKey(), ".", photo.extension});
      GRE_ASSIGN_OR_RETURN(
          file, MappedFile::Open(dataset_.images().PathOf(photo.sha256, photo.extension)));
      ++summary_.copied;
    } else {
      ++summary_.missing;
    }
    const std::string_view bytes =
        file == nullptr ? std::string_view()
                        : std::string_view(reinterpret_cast<const char*>(file->bytes().data()),
                                           file->bytes().size());
    return shards.Write(FormatRecord(options_.format, record, !options_.without_extra), bytes,
                        photo.extension);
  }

  // A line of the trainer's manifest: each photo once.
  Status WritePhoto(const ExportRow& row, Target& target, ExportSummary::Slice& slice) {
    if (row.photo.number == last_photo_) return {};
    const std::optional<PhotoKind> kind =
        ParsePhotoKind(row.photo.kind.empty() ? options_.kind : row.photo.kind);
    const std::optional<PhotoSplit> split = ParsePhotoSplit(row.entry.split);
    if (!kind || !split || row.photo.country_code.empty() ||
        row.photo.presence != PhotoPresence::kPresent) {
      last_photo_ = row.photo.number;
      ++(row.photo.presence != PhotoPresence::kPresent ? summary_.missing
         : row.photo.country_code.empty()              ? summary_.without_country
                                                       : summary_.without_kind);
      return {};
    }
    FinishedRecord record{row, {}, {}, {}};
    GRE_ASSIGN_OR_RETURN(record.image, placer_.Place(row.photo, target.image_root));
    std::string line = FormatPhotoManifest(
        {{record.image, *kind, *split, row.photo.country_code, row.photo.point}});
    line.pop_back();  // the writer ends lines
    GRE_RETURN_IF_ERROR(target.manifest->Write(line));
    return Account(record, slice);
  }

  Status Account(const FinishedRecord& record, ExportSummary::Slice& slice) {
    const ExportRow& row = record.row;
    ++slice.records;
    ++(row.photo.point ? slice.with_point : slice.with_country);
    if (row.entry.label) ++(*row.entry.label ? slice.labelled_true : slice.labelled_false);
    if (row.entry.hard) ++slice.hard;
    if (!row.entry.band.empty()) ++summary_.bands[row.entry.band];
    Tally(summary_.sources, row.photo.source);
    Tally(summary_.licences, row.photo.licence);
    if (row.entry.part != DataPart::kSeed) {
      Tally(summary_.teachers, row.teacher);
      Tally(summary_.reviewed, row.entry.reviewed);
      if (record.chain.rewritten) ++summary_.rewritten;
    }
    if (row.photo.number != last_photo_) ++summary_.photos;
    last_photo_ = row.photo.number;
    ++summary_.records;
    return provenance_->Write(FormatProvenance(record));
  }

  // Kinds that a card lists; what is different in every record is counted together.
  static void Tally(std::map<std::string, int64_t>& counts, const std::string& key) {
    constexpr size_t kMostKeys = 200;
    constexpr char kRest[] = "others";
    ++counts[counts.contains(key) || counts.size() < kMostKeys ? key : kRest];
  }

  Status WriteDrops() {
    GRE_ASSIGN_OR_RETURN(
        RecordFileWriter file,
        RecordFileWriter::Create(folder_ + "/drops.jsonl", RecordFileWriter::Layout::kLines));
    ExportTable::Drop last;
    while (true) {
      GRE_ASSIGN_OR_RETURN(const std::vector<ExportTable::Drop> page,
                           table_.Drops(last, kPageRecords));
      if (page.empty()) break;
      for (const ExportTable::Drop& drop : page) {
        const OrderedJson json = {{"id", drop.id},
                                  {"source", drop.source},
                                  {"stage", drop.stage},
                                  {"reason", drop.reason},
                                  {"detail", drop.detail}};
        GRE_RETURN_IF_ERROR(
            file.Write(json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace)));
      }
      last = page.back();
      if (tools_.cancellation.IsCancelled()) return Cancelled();
    }
    summary_.drops = file.records();
    return file.Commit();
  }

  Result<ExportSummary> Finish(const std::vector<ExportTable::PartCount>& chosen) {
    summary_.linked = placer_.linked();
    summary_.copied += placer_.copied();
    summary_.missing += placer_.missing();
    summary_.prompts = instructions_.uses();
    summary_.other_prompts = instructions_.other_imported();
    std::vector<DataPart> parts;
    for (const ExportTable::PartCount& slice : chosen) {
      if (std::ranges::find(parts, slice.part) == parts.end()) parts.push_back(slice.part);
    }
    GRE_ASSIGN_OR_RETURN(summary_.authors, table_.CountAuthors(parts, options_.split));
    GRE_ASSIGN_OR_RETURN(summary_.facts, dataset_.Facts());
    if (options_.format == ExportFormat::kLlamaFactory) {
      std::vector<std::string> names;
      for (const auto& slice : summary_.slices) names.push_back(NameOf(slice.part, slice.split));
      GRE_RETURN_IF_ERROR(
          WriteFileAtomically(folder_ + "/dataset_info.json", FormatDatasetInfo(names)));
    }
    GRE_ASSIGN_OR_RETURN(const CardTables tables, ReadCardTables(dataset_));
    GRE_RETURN_IF_ERROR(WriteFileAtomically(folder_ + "/README.md", tools_.card(summary_, tables)));
    GRE_RETURN_IF_ERROR(
        WriteFileAtomically(folder_ + "/" + kExportMarker, ExportSummaryJson(summary_, 1) + "\n"));
    return std::move(summary_);
  }

  const Dataset& dataset_;
  const ExportOptions& options_;
  const ExportTools& tools_;
  std::string folder_;
  ExportTable table_;
  Instructions instructions_;
  ImagePlacer placer_;
  ExportSummary summary_;
  RecordFileWriter* provenance_ = nullptr;
  int64_t last_photo_ = 0;
  int64_t done_ = 0, total_ = 0;
};

Status Exporter::MakeFolder(const std::string& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code) return Error{ErrorCode::kUnavailable, path + ": " + code.message()};
  return {};
}

// The slices that are chosen, in the order of parts and splits.
Result<std::vector<ExportTable::PartCount>> Choose(const Dataset& dataset,
                                                   const ExportOptions& options) {
  GRE_ASSIGN_OR_RETURN(const std::vector<ExportTable::PartCount> counts,
                       ExportTable(dataset.database()).Count());
  std::vector<ExportTable::PartCount> chosen;
  for (const DataPart part : kParts) {
    if (options.part && *options.part != part) continue;
    for (const char* split : {"train", "dev", "test"}) {
      if (!options.split.empty() && options.split != split) continue;
      for (const ExportTable::PartCount& count : counts) {
        if (count.part == part && count.split == split) chosen.push_back(count);
      }
    }
  }
  if (!chosen.empty()) return chosen;
  std::string found;
  for (const ExportTable::PartCount& count : counts) {
    found += Concat({found.empty() ? "" : ", ", DataPartName(count.part), " ", count.split, ": ",
                     std::to_string(count.records)});
  }
  return Error{ErrorCode::kInvalidArgument,
               dataset.folder() + ": no finished record of that part and split, found " +
                   (found.empty() ? "none at all; 'gre dataset cot' and 'gre dataset judge' make "
                                    "them"
                                  : found)};
}

Status RecordRewardTheta(const Dataset& dataset, const ExportOptions& options,
                         const std::vector<ExportTable::PartCount>& chosen) {
  constexpr char kFact[] = "theta.reward_km";
  if (options.reward_theta_km) {
    return dataset.SetFact(kFact, FormatShortest(*options.reward_theta_km));
  }
  if (options.format == ExportFormat::kPhotos) return {};
  const bool needed = std::ranges::any_of(chosen, [](const ExportTable::PartCount& slice) {
    return slice.part == DataPart::kSeed && slice.with_point > 0;
  });
  if (!needed) return {};
  GRE_ASSIGN_OR_RETURN(const std::optional<std::string> known, dataset.Fact(kFact));
  if (known) return {};
  return Error{ErrorCode::kInvalidArgument,
               "Seed records with coordinates need --reward-theta-km X, the theta of the reward "
               "2 / (1 + e^(d/theta)) that they are trained with; GRE never published its own, so "
               "there is no default"};
}

}  // namespace

Result<ExportSummary> ExportDataset(const Dataset& dataset, const ExportOptions& options,
                                    const ExportTools& tools) {
  GRE_ASSIGN_OR_RETURN(const std::vector<ExportTable::PartCount> chosen, Choose(dataset, options));
  GRE_ASSIGN_OR_RETURN(ExportFolder folder, ExportFolder::Create(options.out, options.force));
  GRE_RETURN_IF_ERROR(RecordRewardTheta(dataset, options, chosen));
  GRE_ASSIGN_OR_RETURN(Instructions instructions,
                       Instructions::Create(dataset.database(), tools.prompt, tools.judge));
  GRE_ASSIGN_OR_RETURN(
      ExportSummary summary,
      Exporter(dataset, options, tools, folder.path(), std::move(instructions)).Run(chosen));
  GRE_RETURN_IF_ERROR(folder.Commit());
  return summary;
}

}  // namespace gre
