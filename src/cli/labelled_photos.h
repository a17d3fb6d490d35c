#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "geo/lat_lng.h"

namespace gre {

// A photo of a measuring set: which part it belongs to and where it was taken.
struct PhotoLabel {
  std::string file;  // relative to the set's folder
  std::string split;
  std::string kind;
  std::string country_code;     // ISO 3166-1 alpha-2
  std::optional<LatLng> point;  // absent: only the country is known
};

// Cells of a CSV text (RFC 4180: quotes, doubled quotes, line ends inside them), line by line,
// after its header line; columns are found by name. Errors name the line.
class CsvTable {
 public:
  static Result<CsvTable> Parse(std::string_view text);

  [[nodiscard]] size_t rows() const { return rows_.size(); }
  // The cell's text; nullopt when there is no such column.
  [[nodiscard]] std::optional<std::string_view> Cell(size_t row, std::string_view column) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

// Reads FOLDER/splits.csv (file, split, kind) and, for each sub-folder that its files lie in, that
// folder's labels.csv (file, country, lat, lon, precision). Photos without a known country, and
// points that stand for a whole area ("centroid" in precision), are left out or lose their point.
Result<std::vector<PhotoLabel>> ReadPhotoLabels(const std::string& folder);

}  // namespace gre
