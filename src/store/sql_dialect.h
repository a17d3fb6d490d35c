#pragma once

#include <string>
#include <string_view>

namespace gre {

// What the two databases say differently, for the words in braces of Database's statements.
struct SqlDialect {
  std::string_view identity;
  std::string_view skip_locked;
};

std::string Translate(std::string_view sql, const SqlDialect& dialect);

}  // namespace gre
