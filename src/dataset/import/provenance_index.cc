#include "dataset/import/provenance_index.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <tuple>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/strings.h"

namespace gre {
namespace {

constexpr std::string_view kImported = "imported:";

std::string StringAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<double> NumberAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

uint64_t KeyOf(std::string_view part, std::string_view split, std::string_view image) {
  return std::hash<std::string>()(Concat({part, "\n", split, "\n", image}));
}

bool SamePoint(const Json& line, const StatedTruth& truth) {
  return NumberAt(line, "latitude") == truth.latitude.AsNumber() &&
         NumberAt(line, "longitude") == truth.longitude.AsNumber();
}

}  // namespace

Result<ProvenanceIndex> ProvenanceIndex::Open(const std::string& folder) {
  constexpr size_t kMaxMarkerBytes = size_t{16} << 20;
  const std::string marker = folder + "/export.json";
  GRE_ASSIGN_OR_RETURN(const Json json, ReadJsonFile(marker, {.max_bytes = kMaxMarkerBytes}));
  if (!json.is_object() || StringAt(json, "schema") != "gre.export/1") {
    return Error{ErrorCode::kInvalidInput, marker + ": expected the schema gre.export/1"};
  }
  ProvenanceIndex index;
  index.format_ = StringAt(json, "format");
  GRE_ASSIGN_OR_RETURN(index.file_, MappedFile::Open(folder + "/provenance.jsonl"));
  const std::string_view text = index.Text();
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const Result<Json> line = ParseJson(text.substr(at, end - at));
    if (line.ok() && line->is_object()) {
      index.lines_.push_back(
          {KeyOf(StringAt(*line, "part"), StringAt(*line, "split"), StringAt(*line, "image")), at});
    }
    at = end + 1;
  }
  std::ranges::sort(index.lines_, [](const Line& a, const Line& b) {
    return std::tie(a.key, a.offset) < std::tie(b.key, b.offset);
  });
  return index;
}

std::string_view ProvenanceIndex::Text() const {
  return {reinterpret_cast<const char*>(file_->bytes().data()), file_->bytes().size()};
}

Result<ProvenanceIndex*> ProvenanceFinder::OfFile(const std::string& file) {
  namespace fs = std::filesystem;
  const fs::path beside = fs::path(file).parent_path();
  for (const fs::path& folder : {beside.empty() ? fs::path(".") : beside, beside / ".."}) {
    if (!FileExists((folder / "provenance.jsonl").string())) continue;
    if (index_ && folder_ == folder.string()) return &*index_;
    Result<ProvenanceIndex> index = ProvenanceIndex::Open(folder.string());
    if (!index.ok()) continue;  // somebody else's file of that name
    index_.emplace(std::move(*index));
    folder_ = folder.string();
    return &*index_;
  }
  return nullptr;
}

bool ProvenanceIndex::Fill(const std::string& image, SourceRecord& record) {
  if (!record.finished) return false;
  const uint64_t key = KeyOf(DataPartName(record.finished->part), record.finished->split, image);
  last_count_ = key == last_key_ ? last_count_ + 1 : 0;
  last_key_ = key;
  const auto first =
      std::lower_bound(lines_.begin(), lines_.end(), key,
                       [](const Line& line, uint64_t wanted) { return line.key < wanted; });
  const size_t index = static_cast<size_t>(first - lines_.begin()) + last_count_;
  if (index >= lines_.size() || lines_[index].key != key) return false;
  const std::string_view text = Text();
  const auto at = static_cast<size_t>(lines_[index].offset);
  const Result<Json> line =
      ParseJson(text.substr(at, std::min(text.find('\n', at), text.size()) - at));
  if (!line.ok() || !line->is_object() || StringAt(*line, "image") != image) return false;
  if (std::string id = StringAt(*line, "id"); !id.empty()) record.id = std::move(id);
  record.kind = StringAt(*line, "kind");
  record.split = StringAt(*line, "source_split");
  record.author = StringAt(*line, "author");
  record.licence = StringAt(*line, "licence");
  record.taken = StringAt(*line, "taken");
  record.url = StringAt(*line, "url");
  record.precision_km = NumberAt(*line, "precision_km");
  if (record.truth.country.empty() && SamePoint(*line, record.truth)) {
    record.truth.country = StringAt(*line, "country_code");
  }
  DataEntry& entry = *record.finished;
  entry.band = StringAt(*line, "band");
  entry.hard = line->value("hard", Json()) == true;
  if (std::string reviewed = StringAt(*line, "reviewed"); !reviewed.empty()) {
    entry.reviewed = std::move(reviewed);
  }
  std::string teacher = StringAt(*line, "teacher");
  if (teacher.starts_with(kImported)) teacher.erase(0, kImported.size());
  for (SourceReply& reply : record.replies) reply.teacher = teacher;
  return true;
}

}  // namespace gre
