#pragma once

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"

namespace gre::testing {

// The part of JSON Schema 2020-12 that the schemas of docs/ use.
class SchemaChecker {
 public:
  explicit SchemaChecker(Json schema) : root_(std::move(schema)) {}

  // The place of the first violation and its kind, or "".
  [[nodiscard]] std::string Check(const Json& value) const { return Check(root_, value, "$"); }

 private:
  [[nodiscard]] std::string Check(const Json& schema, const Json& value,
                                  const std::string& path) const;

  Json root_;
};

}  // namespace gre::testing
