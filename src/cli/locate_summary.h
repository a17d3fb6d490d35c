#pragma once

#include <string>

#include "localizer/locate_result.h"

namespace gre {

// One line for a listing of several photos, safe for a terminal.
std::string LocateSummary(const LocateResult& result);

}  // namespace gre
