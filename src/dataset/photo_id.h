#pragma once

#include <string_view>

namespace gre {

// "img/a.b.jpg" as "img", "a.b", "jpg"; views of the id.
struct IdParts {
  std::string_view folder;  // empty: none
  std::string_view stem;
  std::string_view extension;          // empty: none that images have
  std::string_view without_extension;  // folder and stem
};
IdParts SplitId(std::string_view id);

// "img/a.b.jpg" -> "a.b": without folder and the extension of an image file (any letter case). What
// follows another dot belongs to the id: "12.5" stays "12.5".
std::string_view IdStem(std::string_view id);

}  // namespace gre
