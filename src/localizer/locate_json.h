#pragma once

#include <string>
#include <string_view>

#include "localizer/locate_result.h"

namespace gre {

std::string_view LocateStatusName(LocateStatus status);  // "ok", "abstained", "failed"

// The record "gre.locate/1" of one photo (docs/locate-schema.json): keys in the schema's order,
// coordinates with at most 6 decimals, valid UTF-8. `indent` < 0: one line without line end.
std::string LocateJson(const LocateResult& result, int indent = -1);

}  // namespace gre
