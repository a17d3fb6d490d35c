#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "store/database.h"

namespace gre {

// In WAL mode with full synchronisation: what is committed survives a power cut, readers never
// wait.
Result<std::unique_ptr<Database>> OpenSqlite(const std::string& path);

}  // namespace gre
