#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/import/import.h"
#include "core/result.h"
#include "dataset/record_file.h"

namespace gre {

// Internal to the import.

// A column that becomes a label; `values` name the numbers 0, 1, … where the column counts.
struct LabelColumn {
  std::string_view column;
  std::string_view label;
  std::span<const std::string_view> values = {};
};

// One published benchmark.
struct BenchmarkFormat {
  std::string_view name;
  std::string_view title;
  size_t published_records = 0;           // 0: not stated
  std::span<const std::string_view> ids;  // field names, lower case, likeliest first
  std::span<const std::string_view> latitudes;
  std::span<const std::string_view> longitudes;
  std::span<const std::string_view> images = {};  // empty: the id is the image
  std::span<const std::string_view> countries = {};
  std::span<const std::string_view> chains = {};
  std::span<const LabelColumn> labels = {};
  std::string_view remark = {};  // about the benchmark as such
};

std::span<const BenchmarkFormat> BenchmarkFormats();

// A row before it is checked. Coordinates are as written.
struct ImportRow {
  std::string place = {};  // "FILE:LINE"
  std::string id = {};
  std::string image = {};
  FieldValue latitude = {};
  FieldValue longitude = {};
  std::string latitude_field = {};  // their names in the file; empty: they have none
  std::string longitude_field = {};
  std::string country = {};
  std::string chain = {};
  std::vector<std::pair<std::string, std::string>> labels = {};
  std::string error = {};  // the row could not be read at all; the rest is empty
};

// Calls `take` for every row of the file in whichever form of the format it is. Only what concerns
// the whole file is an error.
Status ReadImportRows(const BenchmarkFormat& format, const std::string& path,
                      const TruthFields& fields, const std::function<void(ImportRow)>& take);

}  // namespace gre
