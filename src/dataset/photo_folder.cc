#include "dataset/photo_folder.h"

#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "core/strings.h"
#include "dataset/csv_table.h"
#include "knowledge/borders.h"
#include "knowledge/country_facts.h"

namespace gre {
namespace {

struct PlaceLabel {
  std::string country_code;
  std::optional<LatLng> point;  // absent: only the country is known
  std::string precision, source;
};
using Labels = std::map<std::string, PlaceLabel, std::less<>>;

// Both cells empty, or a point.
Result<std::optional<LatLng>> ReadPoint(const CsvTable& table, size_t row, size_t latitude_column,
                                        size_t longitude_column) {
  const std::string& latitude = table.Cell(row, latitude_column);
  const std::string& longitude = table.Cell(row, longitude_column);
  if (latitude.empty() && longitude.empty()) {
    return std::optional<LatLng>();
  }
  const auto degrees_north = ParseDouble(latitude);
  if (!degrees_north || *degrees_north < -90 || *degrees_north > 90) {
    return table.BadCell(row, latitude_column, "degrees from -90 to 90");
  }
  const auto degrees_east = ParseDouble(longitude);
  if (!degrees_east || *degrees_east < -180 || *degrees_east > 180) {
    return table.BadCell(row, longitude_column, "degrees from -180 to 180");
  }
  return LatLng::FromDegrees(*degrees_north, *degrees_east);
}

Result<Labels> ReadLabels(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(const CsvTable table, CsvTable::Read(path));
  GRE_ASSIGN_OR_RETURN(const size_t file, table.Column("file"));
  GRE_ASSIGN_OR_RETURN(const size_t country, table.Column("country"));
  GRE_ASSIGN_OR_RETURN(const size_t latitude, table.Column("lat"));
  GRE_ASSIGN_OR_RETURN(const size_t longitude, table.Column("lon"));
  GRE_ASSIGN_OR_RETURN(const size_t precision, table.Column("precision"));
  const Result<size_t> source = table.Column("source");
  Labels labels;
  for (size_t row = 0; row < table.rows(); ++row) {
    PlaceLabel label;
    GRE_ASSIGN_OR_RETURN(label.point, ReadPoint(table, row, latitude, longitude));
    const std::string& name = table.Cell(row, country);
    if (!name.empty()) {
      const Country* known = FindCountryByName(name);
      if (known == nullptr) {
        return table.BadCell(row, country, "a country's name");
      }
      label.country_code = known->code;
    } else if (label.point) {
      label.country_code = NearestLandTo(*label.point).area.country_code;
    }
    if (label.country_code.empty()) {
      return table.BadCell(row, country, "a country's name, as the row has no point on land");
    }
    label.precision = table.Cell(row, precision);
    if (source.ok()) label.source = table.Cell(row, *source);
    if (label.precision.find("centroid") != std::string::npos) {
      label.point.reset();
    }
    if (!labels.emplace(table.Cell(row, file), std::move(label)).second) {
      return table.BadCell(row, file, "each file once");
    }
  }
  return labels;
}

}  // namespace

Result<std::vector<PhotoRecord>> ReadPhotoFolder(const std::string& root) {
  GRE_ASSIGN_OR_RETURN(const CsvTable splits, CsvTable::Read(root + "/splits.csv"));
  GRE_ASSIGN_OR_RETURN(const size_t file, splits.Column("file"));
  GRE_ASSIGN_OR_RETURN(const size_t split, splits.Column("split"));
  GRE_ASSIGN_OR_RETURN(const size_t kind, splits.Column("kind"));
  std::map<std::string, Labels, std::less<>> labels;  // by the table's place
  std::map<std::string_view, size_t> listed;
  std::vector<PhotoRecord> records;
  for (size_t row = 0; row < splits.rows(); ++row) {
    PhotoRecord record;
    record.image = splits.Cell(row, file);
    const size_t slash = record.image.find('/');
    if (slash == 0 || slash == std::string::npos) {
      return splits.BadCell(row, file, "FOLDER/NAME");
    }
    if (!listed.emplace(splits.Cell(row, file), row).second) {
      return splits.BadCell(row, file, "each file once");
    }
    const auto kind_value = ParsePhotoKind(splits.Cell(row, kind));
    if (!kind_value) {
      return splits.BadCell(row, kind, "street or travel");
    }
    const auto split_value = ParsePhotoSplit(splits.Cell(row, split));
    if (!split_value) {
      return splits.BadCell(row, split, "train, dev or test");
    }
    record.kind = *kind_value;
    record.split = *split_value;
    const std::string list = record.image.substr(0, slash) + "/labels.csv";
    auto table = labels.find(list);
    if (table == labels.end()) {
      GRE_ASSIGN_OR_RETURN(Labels read, ReadLabels((std::filesystem::path(root) / list).string()));
      table = labels.emplace(list, std::move(read)).first;
    }
    const auto label = table->second.find(record.image.substr(slash + 1));
    if (label == table->second.end()) {
      return splits.BadCell(row, file, "a file that " + list + " lists");
    }
    record.country_code = label->second.country_code;
    record.point = label->second.point;
    record.precision = label->second.precision;
    record.source = label->second.source;
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace gre
