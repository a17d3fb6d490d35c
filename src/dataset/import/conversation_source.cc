#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "dataset/import/conversation_record.h"
#include "dataset/import/json_record.h"
#include "dataset/import/photo_finder.h"
#include "dataset/import/provenance_index.h"
#include "dataset/import/sources.h"
#include "dataset/record_file.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

// A file of records, and how it names things.
struct ConversationFile {
  std::string path;
  ConversationColumns columns = {};
};

// GRE's own names, in the folder itself or in one of the same name.
constexpr std::array<std::string_view, 3> kGreNames = {"gre_cot", "gre_judge", "gre_seed"};

std::vector<ConversationFile> GreFiles(const std::string& folder) {
  std::vector<ConversationFile> files;
  for (const std::string_view name : kGreNames) {
    for (const std::string_view extension :
         {".json", ".jsonl", "_dev.json", "_dev.jsonl", "_test.json", "_test.jsonl"}) {
      const std::string file = Concat({name, extension});
      for (const std::string& path :
           {Concat({folder, "/", file}), Concat({folder, "/", name, "/", file})}) {
        if (FileExists(path)) files.push_back({path, {}});
      }
    }
  }
  return files;
}

// The files that LLaMA-Factory's dataset_info.json lists, of those that are here.
Result<std::vector<ConversationFile>> ListedFiles(const std::string& folder) {
  const std::string path = folder + "/dataset_info.json";
  GRE_ASSIGN_OR_RETURN(const Json info, ReadJsonFile(path));
  std::vector<ConversationFile> files;
  if (!info.is_object()) {
    return Error{ErrorCode::kInvalidInput, path + ": expected an object of data sets"};
  }
  for (const auto& [name, entry] : info.items()) {
    if (!entry.is_object() || !entry.contains("file_name")) continue;
    const std::string formatting =
        entry.contains("formatting") ? TextOfJson(entry["formatting"]) : "alpaca";
    if (formatting != "sharegpt") {
      return Error{ErrorCode::kInvalidInput,
                   Concat({path, ": '", name, "': expected the formatting sharegpt, found ",
                           formatting, "; import its file by itself"})};
    }
    const fs::path file = fs::path(TextOfJson(entry["file_name"])).lexically_normal();
    if (file.is_absolute() || file.empty() || *file.begin() == "..") {
      return Error{ErrorCode::kInvalidInput,
                   Concat({path, ": '", name, "': expected a file in the same folder, found '",
                           file.string(), "'"})};
    }
    ConversationFile found{.path = folder + "/" + file.string()};
    const Json& description = entry;
    const auto take = [&](const char* group, const char* key, std::string& target) {
      const auto names = description.find(group);
      if (names != description.end() && names->is_object() && names->contains(key)) {
        target = TextOfJson((*names)[key]);
      }
    };
    take("columns", "messages", found.columns.messages);
    take("columns", "images", found.columns.images);
    take("columns", "system", found.columns.system);
    take("tags", "role_tag", found.columns.role);
    take("tags", "content_tag", found.columns.content);
    take("tags", "user_tag", found.columns.user);
    take("tags", "assistant_tag", found.columns.assistant);
    files.push_back(std::move(found));
  }
  return files;
}

Result<std::vector<ConversationFile>> FilesOf(const std::string& source) {
  if (!DirectoryExists(source)) return std::vector<ConversationFile>{{source, {}}};
  if (FileExists(source + "/dataset_info.json")) return ListedFiles(source);
  std::vector<ConversationFile> files = GreFiles(source);
  if (files.empty()) {
    return Error{ErrorCode::kNotFound,
                 source +
                     ": expected dataset_info.json or GRE's files (gre_cot.json, "
                     "gre_judge.json, gre_seed.jsonl), found none; name the file itself"};
  }
  return files;
}

class ConversationReader {
 public:
  // `provenance`: of the export that the file belongs to; nullptr for others' files, and where the
  // user names fields.
  ConversationReader(ConversationFile file, RecordFile records, const ImportOptions& options,
                     ProvenanceIndex* provenance)
      : columns_(std::move(file.columns)),
        records_(std::move(records)),
        options_(options),
        folder_(FolderOf(file.path)),
        split_(SplitOf(file.path)),
        part_(PartOf(file.path)),
        provenance_(part_ ? provenance : nullptr),
        finder_(options.root.empty() ? folder_ : options.root, !options.root.empty()) {
    if (provenance_ == nullptr) return;
    const bool list = provenance_->format() == "llamafactory" || provenance_->format() == "trl";
    columns_.images = list ? "images" : "image";
  }

  Status Read(const RecordSink& sink) {
    size_t last_line = 0;
    for (std::vector<FieldValue> values;;) {
      const Result<bool> more = records_.Next({}, values);
      if (more.ok() && !*more) return {};
      SourceRecord record;
      record.place = records_.Place();
      if (!more.ok()) {
        // what cannot be read and does not move on is the end of the file
        if (records_.line() == last_line) return more.error();
        last_line = records_.line();
        Reject(more.error().message, record);
      } else {
        Fill(record);
      }
      GRE_RETURN_IF_ERROR(sink(std::move(record)));
    }
  }

 private:
  static std::string FolderOf(const std::string& file) {
    const std::string folder = fs::path(file).parent_path().string();
    return folder.empty() ? "." : folder;
  }

  // Of an export's file: "gre_cot_dev.json".
  static std::string SplitOf(const std::string& file) {
    const std::string stem = fs::path(file).stem().string();
    return stem.ends_with("_dev") ? "dev" : stem.ends_with("_test") ? "test" : "";
  }

  // Of GRE's own file names.
  static std::optional<DataPart> PartOf(const std::string& file) {
    const std::string stem = fs::path(file).stem().string();
    for (const DataPart part : {DataPart::kCot, DataPart::kJudge, DataPart::kSeed}) {
      const std::string name = Concat({"gre_", DataPartName(part)});
      if (stem == name || stem == name + "_dev" || stem == name + "_test") return part;
    }
    return std::nullopt;
  }

  static void Reject(const std::string& message, SourceRecord& record) {
    record.rejected = "unreadable_record";
    const std::string prefix = record.place + ": ";
    record.detail = message.starts_with(prefix) ? message.substr(prefix.size()) : message;
  }

  void Fill(SourceRecord& record) {
    Result<Json> object = ParseJson(records_.json());
    if (!object.ok()) return Reject(object.error().message, record);
    const bool exported = provenance_ != nullptr;
    if (part_) {
      DataEntry& entry = record.finished.emplace();
      entry.part = *part_;
      entry.split = exported && split_.empty() ? "train" : split_;
    }
    if (exported && object->is_object() && provenance_->format() == "vlm-r1") {
      record.id = TextOfJson(object->value("id", Json()));
      object->erase("id");
    }
    const std::string image = FillFromConversation(std::move(*object), columns_,
                                                   exported ? nullptr : &options_.fields, record);
    if (exported) {
      provenance_->Fill(image, record);
    } else if (record.split.empty()) {
      record.split = split_;
    }
    if (!options_.photos || (!record.url.empty() && !exported)) return;
    if (image.starts_with("http://") || image.starts_with("https://")) {
      record.url = image;
    } else if (image.empty()) {
      record.missing_file = "the record names no image";
    } else {
      FindPhoto(image, record);
    }
  }

  // As written, or in either folder that GRE's files use.
  void FindPhoto(const std::string& image, SourceRecord& record) {
    const std::string name = fs::path(image).filename().string();
    Result<std::string> path = finder_.Find(image);
    for (const std::string& other : {"imgs/" + name, "images/" + name}) {
      if (path.ok()) break;
      if (Result<std::string> found = finder_.Find(other); found.ok()) path = std::move(found);
    }
    if (path.ok()) {
      record.path = std::move(*path);
    } else if (record.url.empty()) {
      record.missing_file = path.error().message;
    }
  }

  ConversationColumns columns_;
  RecordFile records_;
  const ImportOptions& options_;
  std::string folder_;
  std::string split_;
  std::optional<DataPart> part_;
  ProvenanceIndex* provenance_;
  PhotoFinder finder_;
};

}  // namespace

Result<bool> HoldsConversations(const std::string& source) {
  if (DirectoryExists(source)) {
    return FileExists(source + "/dataset_info.json") || !GreFiles(source).empty();
  }
  GRE_ASSIGN_OR_RETURN(const RecordFile file, RecordFile::Open(source));
  for (const std::string_view field :
       {"conversations", "messages", "predicted_cot", "instructions"}) {
    if (file.HasField(field)) return true;
  }
  return file.HasField("prompt") && file.HasField("completion");
}

Status ReadConversationSource(const std::string& source, const ImportOptions& options,
                              const RecordSink& sink) {
  GRE_ASSIGN_OR_RETURN(std::vector<ConversationFile> files, FilesOf(source));
  ProvenanceFinder exports;
  for (ConversationFile& file : files) {
    GRE_ASSIGN_OR_RETURN(RecordFile records, RecordFile::Open(file.path));
    ProvenanceIndex* provenance = nullptr;
    if (options.fields == ListFields()) {
      GRE_ASSIGN_OR_RETURN(provenance, exports.OfFile(file.path));
    }
    ConversationReader reader(std::move(file), std::move(records), options, provenance);
    GRE_RETURN_IF_ERROR(reader.Read(sink));
  }
  return {};
}

}  // namespace gre
