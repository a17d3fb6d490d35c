#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace gre {

// The small tables under data/, linked into the program so that it needs no file of its own at run
// time. How they are built: tools/reference/build_*.py. Internal to knowledge.
std::string_view CountriesJson();
std::span<const std::byte> ClimateGrid();
std::span<const std::byte> BorderBytes();

}  // namespace gre
