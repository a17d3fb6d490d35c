#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "dataset/record_file.h"

namespace gre {

// How people spell the fields of truth and prediction files, lower case, likeliest first.
inline constexpr std::string_view kIdSpellings[] = {
    "id",       "image_id",   "sample_id", "photo_id", "img_id", "file",      "filename",
    "filepath", "image_file", "image",     "photo",    "img",    "image_path"};
inline constexpr std::string_view kImageSpellings[] = {"image", "image_path", "image_file", "file",
                                                       "path"};
inline constexpr std::string_view kLatitudeSpellings[] = {
    "latitude",      "lat",      "gt_lat",   "gt_latitude", "pred_lat",
    "pred_latitude", "lat_pred", "true_lat", "truth_lat",   "y"};
inline constexpr std::string_view kLongitudeSpellings[] = {
    "longitude", "lon",          "lng",       "long",     "gt_lon",
    "gt_lng",    "gt_longitude", "pred_lon",  "pred_lng", "pred_longitude",
    "lon_pred",  "true_lon",     "truth_lon", "x"};
inline constexpr std::string_view kReplySpellings[] = {
    "raw_response", "response",       "reply",      "raw_output", "output", "chain_text",
    "completion",   "generated_text", "prediction", "text",       "answer"};

// The field `given` by the user, which must exist, else the file's spelling of one of `spellings`;
// "" when there is none. `option` names the flag in the error.
Result<std::string> ResolveField(const RecordFile& file, const std::string& given,
                                 std::string_view option,
                                 std::span<const std::string_view> spellings);

// "a, b, c": the fields of a file, for errors; at most 20.
std::string DescribeFields(const RecordFile& file);

// A value as errors show it: "'95'", "nothing".
std::string ShowField(const FieldValue& value);

// A coordinate as written, with the name of its field ("" where it has none).
struct WrittenDegrees {
  std::string_view field;
  const FieldValue& value;
};
// What is wrong with a pair of coordinates, each named for itself: "field 'lat': expected latitude
// within -90 and 90, found '95'". "" when both are possible.
std::string WrongCoordinates(const WrittenDegrees& latitude, const WrittenDegrees& longitude);

}  // namespace gre
