#pragma once

#include <string_view>
#include <vector>

#include "core/result.h"

namespace gre {

// A row of the YFCC100M table, which has no header: tab-separated; 25 fields that begin with a row
// number, or 23 as first released (multimediacommons.wordpress.com/yfcc100m-core-dataset).
// Longitude stands before latitude. Views of the row; texts are percent-encoded as in the table.
struct YfccRow {
  std::string_view id, user, taken, camera, title, description, tags, machine_tags;
  std::string_view longitude, latitude;
  std::string_view accuracy;  // Flickr's level from 1 (world) to 16 (street)
  std::string_view page_url, download_url, licence, licence_url;
  bool is_video = false;
};

// kInvalidInput for another number of fields.
Result<YfccRow> ParseYfccRow(std::string_view row);

}  // namespace gre
