#pragma once

#include <cstddef>
#include <string_view>

namespace gre {

// How people spell the fields of lists of photos beside those of field_names.h, lower case,
// likeliest first.
inline constexpr std::string_view kFileSpellings[] = {
    "file",  "filename", "filepath", "file_name", "image_file", "image_path",
    "image", "photo",    "path",     "img",       "img_path"};
inline constexpr std::string_view kUrlSpellings[] = {"url",       "image_url",          "photo_url",
                                                     "img_url",   "download_url",       "link",
                                                     "image_uri", "thumb_original_url", "uri"};
inline constexpr std::string_view kCountrySpellings[] = {"country_code", "cc", "country",
                                                         "gt_country"};
inline constexpr std::string_view kPrecisionSpellings[] = {"precision_km", "precision"};
inline constexpr std::string_view kKindSpellings[] = {"kind"};
inline constexpr std::string_view kSplitSpellings[] = {"split"};
inline constexpr std::string_view kAuthorSpellings[] = {"author", "creator", "photographer",
                                                        "creator_username"};
inline constexpr std::string_view kLicenceSpellings[] = {"licence", "license"};
inline constexpr std::string_view kTakenSpellings[] = {"taken", "taken_at", "captured_at",
                                                       "date_taken", "datetaken"};
inline constexpr std::string_view kLatitudeLongitudeSpellings[] = {
    "lat_lon", "latlon", "lat_lng", "latlng", "lat_long", "latlong", "latitude_longitude"};
inline constexpr std::string_view kLongitudeLatitudeSpellings[] = {
    "lon_lat", "lonlat", "lng_lat", "lnglat", "long_lat", "longlat", "longitude_latitude"};
// Fields that people put both numbers into, without saying in which order; the last ones may hold
// names of places as well.
inline constexpr std::string_view kPairSpellings[] = {
    "coordinates", "coordinate", "coords", "coord", "gps", "location", "position", "point", "geo"};
inline constexpr size_t kSurePairs = 5;

}  // namespace gre
