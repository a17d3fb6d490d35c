#include "training/photo_folder.h"

#include <map>
#include <optional>
#include <utility>

#include "core/file.h"
#include "core/strings.h"
#include "knowledge/borders.h"
#include "knowledge/country_facts.h"

namespace gre {
namespace {

using Row = std::map<std::string, std::string>;

// Comma-separated values with a header line; quotes protect commas, "" is a quote.
std::vector<std::string> SplitCsvLine(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
  }
  return fields;
}

Result<std::vector<Row>> ReadCsv(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  std::vector<std::string> header;
  std::vector<Row> rows;
  size_t number = 0;
  for (std::string_view line : Split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.empty()) {
      continue;
    }
    const std::vector<std::string> fields = SplitCsvLine(line);
    if (header.empty()) {
      header = fields;
      continue;
    }
    if (fields.size() != header.size()) {
      return Error{ErrorCode::kInvalidInput, path + ":" + std::to_string(number) + ": expected " +
                                                 std::to_string(header.size()) + " fields, found " +
                                                 std::to_string(fields.size())};
    }
    Row& row = rows.emplace_back();
    for (size_t i = 0; i < fields.size(); ++i) {
      row[header[i]] = fields[i];
    }
  }
  return rows;
}

Result<PhotoRecord> MakeRecord(const std::string& image, const Row& split, const Row& label) {
  const auto bad = [&](const std::string& reason) {
    return Error{ErrorCode::kInvalidInput, image + ": " + reason};
  };
  const auto get = [](const Row& row, const char* column) {
    const auto it = row.find(column);
    return it == row.end() ? std::string() : it->second;
  };
  PhotoRecord record;
  record.image = image;
  const std::string kind = get(split, "kind");
  const std::string part = get(split, "split");
  if (kind != "street" && kind != "travel") {
    return bad("kind: expected street or travel, found '" + kind + "'");
  }
  if (part != "train" && part != "dev" && part != "test") {
    return bad("split: expected train, dev or test, found '" + part + "'");
  }
  record.kind = kind == "street" ? PhotoKind::kStreet : PhotoKind::kTravel;
  record.split = part == "train" ? PhotoSplit::kTrain
                 : part == "dev" ? PhotoSplit::kDev
                                 : PhotoSplit::kTest;
  const auto latitude = ParseDouble(get(label, "lat"));
  const auto longitude = ParseDouble(get(label, "lon"));
  if (latitude && longitude && get(label, "precision").find("centroid") == std::string::npos) {
    record.point = LatLng::FromDegrees(*latitude, *longitude);
  }
  const std::string name = get(label, "country");
  if (!name.empty()) {
    const Country* country = FindCountryByName(name);
    if (country == nullptr) {
      return bad("unknown country '" + name + "'");
    }
    record.country_code = country->code;
  } else if (record.point) {
    record.country_code = NearestLandTo(*record.point).area.country_code;
  }
  return FindCountry(record.country_code) == nullptr ? Result<PhotoRecord>(bad("has no country"))
                                                     : Result<PhotoRecord>(std::move(record));
}

}  // namespace

Result<std::vector<PhotoRecord>> ReadPhotoFolder(const std::string& root) {
  GRE_ASSIGN_OR_RETURN(const std::vector<Row> splits, ReadCsv(root + "/splits.csv"));
  std::map<std::string, std::map<std::string, Row>> labels;  // by sub-folder, then file
  std::vector<PhotoRecord> records;
  for (const Row& split : splits) {
    const auto file = split.find("file");
    if (file == split.end()) {
      return Error{ErrorCode::kInvalidInput, root + "/splits.csv: expected a column 'file'"};
    }
    const std::string& image = file->second;
    const size_t slash = image.find('/');
    const std::string folder = image.substr(0, slash == std::string::npos ? 0 : slash);
    auto& table = labels[folder];
    if (table.empty()) {
      GRE_ASSIGN_OR_RETURN(std::vector<Row> rows, ReadCsv(root + "/" + folder + "/labels.csv"));
      for (Row& row : rows) {
        const std::string name = row["file"];
        table[name] = std::move(row);
      }
    }
    const auto label = table.find(image.substr(folder.size() + 1));
    if (label == table.end()) {
      return Error{ErrorCode::kInvalidInput, image + ": no row in " + folder + "/labels.csv"};
    }
    GRE_ASSIGN_OR_RETURN(PhotoRecord record, MakeRecord(image, split, label->second));
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace gre
