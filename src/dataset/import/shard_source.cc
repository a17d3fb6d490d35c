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
#include "dataset/import/provenance_index.h"
#include "dataset/import/sources.h"
#include "dataset/import/tar_reader.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFileBytes = size_t{256} << 20;
constexpr std::array<std::string_view, 10> kImages = {"jpg",  "jpeg", "png",  "webp", "tif",
                                                      "tiff", "heic", "heif", "avif", "gif"};

// The files of a key, as far as they mean something.
struct Sample {
  std::string key;
  std::string image;
  std::string json;
  Json texts = Json::object();  // by extension: cls, txt, …
  std::string problem;
};

// "dir/0001.seg.png" is the file "seg.png" of the sample "dir/0001".
std::pair<std::string, std::string> SplitKey(const std::string& name) {
  const size_t slash = name.rfind('/');
  const size_t dot = name.find('.', slash == std::string::npos ? 0 : slash + 1);
  if (dot == std::string::npos) return {name, ""};
  return {name.substr(0, dot), AsciiLower(name.substr(dot + 1))};
}

class ShardReader {
 public:
  // `provenance`: as in conversation_source.cc.
  ShardReader(std::string shard, const ImportOptions& options, ProvenanceIndex* provenance,
              const RecordSink& sink)
      : shard_(std::move(shard)), options_(options), provenance_(provenance), sink_(sink) {}

  // Errors are the sink's: a damaged shard is a rejected record.
  Status Read() {
    Result<TarReader> tar = TarReader::Open(shard_);
    if (!tar.ok()) return RejectRest("", tar.error());
    for (TarReader::Entry entry;;) {
      const Result<bool> more = tar->Next(kMaxFileBytes, entry);
      if (!more.ok()) return RejectRest(NameOf(entry), more.error());
      if (!*more) return Finish();
      GRE_RETURN_IF_ERROR(Take(entry));
    }
  }

 private:
  static std::string NameOf(const TarReader::Entry& entry) {
    std::string name = ReplaceInvalidUtf8(entry.name);
    if (name.starts_with("./")) name.erase(0, 2);
    return name;
  }

  // The samples before the damage are whole; the one whose file is cut, and what follows, is not.
  Status RejectRest(const std::string& cut_file, const Error& error) {
    SourceRecord rest;
    rest.rejected = "damaged_shard";
    const std::string prefix = shard_ + ": ";
    rest.detail =
        error.message.starts_with(prefix) ? error.message.substr(prefix.size()) : error.message;
    rest.place = shard_;
    if (!cut_file.empty()) {
      rest.id = SplitKey(cut_file).first;
      rest.place = Concat({shard_, ": ", rest.id});
      rest.detail += Concat({", inside of ", cut_file});
      if (sample_.key == rest.id) sample_ = {};
    } else if (!last_file_.empty()) {
      rest.detail += Concat({", behind ", last_file_});
    }
    rest.detail += "; what follows is not read";
    GRE_RETURN_IF_ERROR(Finish());
    return sink_(std::move(rest));
  }

  Status Take(TarReader::Entry& entry) {
    const std::string name = NameOf(entry);
    last_file_ = name;
    auto [key, extension] = SplitKey(name);
    const bool hidden = fs::path(key).filename().string().empty();  // ".DS_Store"
    if (hidden || extension.empty()) return {};
    if (key != sample_.key) {
      GRE_RETURN_IF_ERROR(Finish());
      sample_.key = std::move(key);
    }
    if (entry.too_large) {
      sample_.problem = Concat({name, " has more than ", std::to_string(kMaxFileBytes), " bytes"});
    } else if (std::ranges::find(kImages, extension) != kImages.end()) {
      if (!sample_.image.empty()) {
        sample_.problem = "expected one image, found more";
      }
      sample_.image = std::exchange(entry.bytes, {});
    } else if (extension == "json") {
      sample_.json = std::exchange(entry.bytes, {});
    } else if (IsValidUtf8(entry.bytes) && entry.bytes.size() <= (1 << 20)) {
      sample_.texts[extension] = std::string(Trim(entry.bytes));
    }
    return {};
  }

  Status Finish() {
    if (sample_.key.empty()) return {};
    Sample sample = std::exchange(sample_, {});
    SourceRecord record;
    record.place = Concat({shard_, ": ", sample.key});
    record.id = sample.key;
    Fill(std::move(sample), record);
    return sink_(std::move(record));
  }

  void Fill(Sample sample, SourceRecord& record) const {
    const auto reject = [&](std::string reason, std::string detail) {
      record.rejected = std::move(reason);
      record.detail = std::move(detail);
    };
    if (!sample.problem.empty()) return reject("unreadable_record", sample.problem);
    Json object = std::move(sample.texts);
    if (!sample.json.empty()) {
      Result<Json> parsed = ParseJson(sample.json);
      if (!parsed.ok()) return reject("unreadable_record", "its JSON: " + parsed.error().message);
      if (!parsed->is_object()) {
        return reject("unreadable_record", "its JSON: expected an object");
      }
      for (const auto& [name, text] : object.items()) {
        if (!parsed->contains(name)) (*parsed)[name] = text;
      }
      object = std::move(*parsed);
    }
    // what the record calls itself goes before the key
    if (const auto id = object.find("id");
        id != object.end() && options_.fields.id.empty() && !TextOfJson(*id).empty()) {
      record.id = TextOfJson(*id);
      object.erase("id");
    }
    if (IsConversation(object)) {
      FillConversation(std::move(object), record);
    } else {
      FillFromJson(std::move(object), options_.fields, record);
    }
    if (!options_.photos) return;
    record.bytes = std::move(sample.image);
    if (record.bytes.empty() && record.url.empty()) {
      record.missing_file = "the sample holds no image";
    }
  }

  // An export's record says itself which part it is of.
  void FillConversation(Json object, SourceRecord& record) const {
    ConversationColumns columns;
    if (const auto part = ParseDataPart(TextAt(object, "part"))) {
      DataEntry& entry = record.finished.emplace();
      entry.part = *part;
      entry.split = TextAt(object, "split");
      object.erase("part");
    }
    if (provenance_ == nullptr || !record.finished) {
      FillFromConversation(std::move(object), columns, &options_.fields, record);
      return;
    }
    columns.images = "image";
    object.erase("split");
    provenance_->Fill(FillFromConversation(std::move(object), columns, nullptr, record), record);
  }

  static std::string TextAt(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  }

  std::string shard_;
  const ImportOptions& options_;
  ProvenanceIndex* provenance_;
  const RecordSink& sink_;
  Sample sample_;
  std::string last_file_;  // that was whole
};

}  // namespace

bool IsShard(const std::string& name) {
  const std::string lower = AsciiLower(name);
  constexpr std::array<std::string_view, 6> kExtensions = {".tar",     ".tar.gz", ".tgz",
                                                           ".tar.bz2", ".tar.xz", ".tar.zst"};
  return std::ranges::any_of(
      kExtensions, [&](std::string_view extension) { return lower.ends_with(extension); });
}

std::vector<std::string> ShardsOf(const std::string& folder) {
  std::vector<std::string> shards;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored) && IsShard(it->path().string())) {
      shards.push_back(it->path().string());
    }
  }
  std::ranges::sort(shards);
  return shards;
}

Status ReadShardSource(const std::string& source, const ImportOptions& options,
                       const RecordSink& sink) {
  const std::vector<std::string> shards =
      DirectoryExists(source) ? ShardsOf(source) : std::vector<std::string>{source};
  if (shards.empty()) {
    return Error{ErrorCode::kNotFound, source + ": expected tar files, found none"};
  }
  ProvenanceFinder exports;
  for (const std::string& shard : shards) {
    ProvenanceIndex* provenance = nullptr;
    if (options.fields == ListFields()) {
      GRE_ASSIGN_OR_RETURN(provenance, exports.OfFile(shard));
    }
    GRE_RETURN_IF_ERROR(ShardReader(shard, options, provenance, sink).Read());
  }
  return {};
}

}  // namespace gre
