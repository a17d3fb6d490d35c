#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gre {

// What a text is written in.
struct TextProfile {
  std::string language;              // English name ("English"); empty where that is unsure
  std::string script;                // of most letters ("Latin"); empty without letters
  std::vector<std::string> scripts;  // the others that occur, by name
};

// The language by CLD2 (Compact Language Detector 2), the scripts by Unicode's property of each
// letter. Thread-safe.
TextProfile ProfileText(std::string_view text);

}  // namespace gre
