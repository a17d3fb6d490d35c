#pragma once

#include <span>
#include <string_view>

namespace gre {

// Changes with every change of the tables; kept as the fact "schema".
inline constexpr std::string_view kDatasetSchema = "gre.dataset/1";

// The statements that make the tables (store/database.h says in which dialect); harmless where the
// tables exist.
std::span<const std::string_view> DatasetSchemaStatements();

}  // namespace gre
