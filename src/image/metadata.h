#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geo/lat_lng.h"

namespace gre {

// What a photo file says about itself (EXIF 2.3). A field that is absent is nullopt or empty; one
// that is there but unusable is treated as absent too and named in `problems`.
struct PhotoMetadata {
  std::optional<LatLng> gps;
  std::optional<double> gps_accuracy_m;  // GPSHPositioningError
  bool gps_estimated = false;            // GPSProcessingMethod says "estimated": not measured
  std::optional<double> altitude_m;      // negative below sea level
  std::optional<double> heading_deg;     // where the camera looked, clockwise from north, [0, 360)
  bool heading_is_magnetic = false;
  std::string taken_at;  // camera's local time, ISO 8601 ("2019-07-02T18:04:31", "+02:00" if told)
  std::string gps_time_utc;  // ISO 8601 with "Z"
  std::string camera_make;
  std::string camera_model;
  int orientation = 1;   // EXIF code 1..8 as stored; decoding has applied it already
  std::string problems;  // one line, "; " between; empty when nothing was wrong

  friend bool operator==(const PhotoMetadata&, const PhotoMetadata&) = default;
};

// Metadata of a JPEG, PNG (eXIf), WebP, TIFF, HEIC or AVIF file in memory. Never fails: a file
// without (readable) EXIF yields an empty record, damaged EXIF is named in `problems`. Thread-safe.
PhotoMetadata ReadMetadata(std::string_view bytes);

// What a photo file tells about people and their devices, as keys without values, in alphabetical
// order: "artist", "body_serial_number", "gps", "host_computer", "image_unique_id", "iptc",
// "lens_serial_number", "maker_note" (where cameras keep serial numbers), "owner_name",
// "thumbnail" (of the uncropped picture), "user_comment", "xmp_creator", "xmp_gps",
// "xmp_serial_number". For the kinds of files that ReadMetadata reads; thread-safe.
std::vector<std::string> PrivateMetadataKeys(std::string_view bytes);

}  // namespace gre
