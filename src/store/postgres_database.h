#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "store/database.h"

namespace gre {

// Through libpq; see Database::Open.
Result<std::unique_ptr<Database>> OpenPostgres(const std::string& url);

}  // namespace gre
