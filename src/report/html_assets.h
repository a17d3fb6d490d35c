#pragma once

#include <string_view>

namespace gre {

// The page's style sheet and script, as they stand in assets/; linked into the program.
std::string_view ReportStyleSheet();
std::string_view ReportScript();

}  // namespace gre
