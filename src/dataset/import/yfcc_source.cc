#include <algorithm>
#include <memory>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/json.h"
#include "core/strings.h"
#include "dataset/import/photo_finder.h"
#include "dataset/import/sources.h"
#include "dataset/yfcc_table.h"

namespace gre {
namespace {

FieldValue Cell(std::string_view text) {
  FieldValue value;
  value.kind = text.empty() ? FieldValue::Kind::kMissing : FieldValue::Kind::kText;
  value.text = text;
  return value;
}

SourceRecord MakeRecord(const YfccRow& row) {
  SourceRecord record;
  record.id = row.id;
  record.truth.latitude = Cell(row.latitude);
  record.truth.longitude = Cell(row.longitude);
  record.url = row.download_url;
  record.author = row.user;
  record.licence = row.licence_url.empty() ? row.licence : row.licence_url;
  record.taken = row.taken;
  Json extra = Json::object();
  const auto keep = [&](const char* name, std::string_view value) {
    if (!value.empty()) extra[name] = std::string(value);
  };
  keep("flickr_accuracy", row.accuracy);
  keep("page_url", row.page_url);
  keep("title", row.title);
  keep("description", row.description);
  keep("tags", row.tags);
  keep("machine_tags", row.machine_tags);
  keep("camera", row.camera);
  record.extra = DumpJson(extra);
  return record;
}

}  // namespace

Status ReadYfccSource(const std::string& source, const ImportOptions& options,
                      const RecordSink& sink) {
  GRE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MappedFile::Open(source));
  const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()),
                              file->bytes().size());
  PhotoFinder finder(options.root, true);
  size_t line = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view row = text.substr(at, end - at);
    at = end + 1;
    ++line;
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (Trim(row).empty()) continue;
    SourceRecord record;
    const Result<YfccRow> parsed = ParseYfccRow(row);
    if (parsed.ok()) record = MakeRecord(*parsed);
    record.place = source + ":" + std::to_string(line);
    if (!parsed.ok()) {
      record.rejected = "unreadable_record";
      record.detail = parsed.error().message;
    } else if (parsed->is_video) {
      record.rejected = "video";
      record.detail = "the table says that it is a video";
    } else if (options.photos && !options.root.empty()) {
      Result<std::string> path = finder.Find(record.id + ".jpg");
      if (path.ok()) record.path = std::move(*path);
    }
    GRE_RETURN_IF_ERROR(sink(std::move(record)));
  }
  return {};
}

}  // namespace gre
