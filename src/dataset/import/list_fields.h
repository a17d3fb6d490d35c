#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace gre {

// Which fields of a list hold what; "" is searched for by its usual spellings, and names that are
// given must exist.
struct ListFields {
  std::string id = {}, file = {}, url = {};
  std::string latitude = {}, longitude = {};
  // One field with both numbers, whose order its flag says; never searched for.
  std::string latitude_longitude = {}, longitude_latitude = {};
  std::string country = {};
  std::string precision = {};   // a number of kilometres
  double precision_all_km = 0;  // > 0: of every point without one of its own
  std::string kind = {}, split = {}, author = {}, licence = {}, taken = {};
  std::string suffix = {};  // added to what `file` says: ".jpg"

  bool operator==(const ListFields&) const = default;
};

// The fields of a public set (dataset/import/list_presets.cc says where they are from).
struct ListPreset {
  std::string_view name;
  std::string_view title;
  ListFields fields;
  std::string_view source = {};  // where its photos are from, for people
};

std::vector<std::string> ListPresetNames();
// kInvalidArgument lists the names.
Result<ListPreset> FindListPreset(std::string_view name);

// Names that the user gave go before those of the preset.
ListFields Merged(const ListFields& given, const ListFields& preset);

}  // namespace gre
