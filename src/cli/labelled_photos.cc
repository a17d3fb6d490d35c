#include "cli/labelled_photos.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "core/file.h"
#include "core/log.h"
#include "core/strings.h"
#include "knowledge/borders.h"
#include "knowledge/country_facts.h"

namespace gre {
namespace {

struct LabelledPlace {
  std::string country_code;
  std::optional<LatLng> point;
};

// Where labels.csv says that a photo was taken; no country code when it does not.
LabelledPlace ReadPlace(const CsvTable& labels, size_t row) {
  LabelledPlace place;
  const std::string_view country = labels.Cell(row, "country").value_or("");
  const auto latitude = ParseDouble(labels.Cell(row, "lat").value_or(""));
  const auto longitude = ParseDouble(labels.Cell(row, "lon").value_or(""));
  if (latitude && longitude) {
    place.point = LatLng::FromDegrees(*latitude, *longitude);
  }
  if (const Country* known = FindCountryByName(country)) {
    place.country_code = known->code;
  } else if (country.empty() && place.point) {
    if (const auto area = LandAreaAt(*place.point)) {
      place.country_code = area->country_code;
    }
  } else {
    LogWarning("labels: unknown country '" + std::string(country) + "'");
  }
  if (labels.Cell(row, "precision").value_or("").find("centroid") != std::string_view::npos) {
    place.point.reset();
  }
  return place;
}

Result<CsvTable> ReadCsv(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  Result<CsvTable> table = CsvTable::Parse(text);
  if (!table.ok()) {
    return std::move(table).error().Wrap(path);
  }
  return table;
}

}  // namespace

Result<CsvTable> CsvTable::Parse(std::string_view text) {
  CsvTable table;
  std::vector<std::string> row;
  std::string cell;
  bool quoted = false;
  bool any = false;  // the line has content
  const auto end_line = [&]() -> Status {
    if (!any) {
      return {};
    }
    row.push_back(std::move(cell));
    cell.clear();
    any = false;
    if (table.header_.empty()) {
      table.header_ = std::move(row);
    } else if (row.size() != table.header_.size()) {
      return Error{ErrorCode::kInvalidInput, "record " + std::to_string(table.rows_.size() + 1) +
                                                 ": expected " +
                                                 std::to_string(table.header_.size()) +
                                                 " cells, found " + std::to_string(row.size())};
    } else {
      table.rows_.push_back(std::move(row));
    }
    row.clear();
    return {};
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        cell.push_back(c);
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        cell.push_back(text[++i]);
      } else {
        quoted = false;
      }
    } else if (c == '"' && cell.empty()) {
      quoted = any = true;
    } else if (c == ',') {
      row.push_back(std::move(cell));
      cell.clear();
      any = true;
    } else if (c == '\n') {
      GRE_RETURN_IF_ERROR(end_line());
    } else if (c != '\r') {
      cell.push_back(c);
      any = true;
    }
  }
  if (quoted) {
    return Error{ErrorCode::kInvalidInput, "a quoted cell is not closed"};
  }
  GRE_RETURN_IF_ERROR(end_line());
  return table;
}

std::optional<std::string_view> CsvTable::Cell(size_t row, std::string_view column) const {
  const auto found = std::find(header_.begin(), header_.end(), column);
  if (found == header_.end()) {
    return std::nullopt;
  }
  return rows_[row][static_cast<size_t>(found - header_.begin())];
}

Result<std::vector<PhotoLabel>> ReadPhotoLabels(const std::string& folder) {
  GRE_ASSIGN_OR_RETURN(const CsvTable splits, ReadCsv(folder + "/splits.csv"));
  std::map<std::string, std::map<std::string, LabelledPlace, std::less<>>> places;  // by sub-folder
  std::vector<PhotoLabel> photos;
  for (size_t row = 0; row < splits.rows(); ++row) {
    PhotoLabel photo;
    photo.file = splits.Cell(row, "file").value_or("");
    photo.split = splits.Cell(row, "split").value_or("");
    photo.kind = splits.Cell(row, "kind").value_or("");
    const size_t slash = photo.file.find('/');
    if (slash == std::string::npos || photo.split.empty()) {
      return Error{ErrorCode::kInvalidInput, folder + "/splits.csv: record " +
                                                 std::to_string(row + 1) +
                                                 ": expected file (FOLDER/NAME), split and kind"};
    }
    const std::string part = photo.file.substr(0, slash);
    const auto [entry, is_new] = places.try_emplace(part);
    if (is_new) {
      GRE_ASSIGN_OR_RETURN(const CsvTable labels, ReadCsv(folder + "/" + part + "/labels.csv"));
      for (size_t i = 0; i < labels.rows(); ++i) {
        entry->second.emplace(labels.Cell(i, "file").value_or(""), ReadPlace(labels, i));
      }
    }
    const auto place = entry->second.find(photo.file.substr(slash + 1));
    if (place == entry->second.end() || place->second.country_code.empty()) {
      continue;
    }
    photo.country_code = place->second.country_code;
    photo.point = place->second.point;
    photos.push_back(std::move(photo));
  }
  return photos;
}

}  // namespace gre
