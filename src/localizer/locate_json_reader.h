#pragma once

#include <string_view>

#include "core/result.h"
#include "localizer/locate_result.h"

namespace gre {

// The inverse of LocateJson for records of this program (a results file that a later run goes on
// with): every field comes back, numbers as rounded there. kInvalidInput names the field that is
// missing or of another type; unknown fields are passed over.
Result<LocateResult> ReadLocateJson(std::string_view record);

}  // namespace gre
