#include "weights/weights_index.h"

#include <nlohmann/json.hpp>

#include "core/json.h"

namespace gre {
namespace {

constexpr size_t kShown = 80;

bool IsPlainFileName(std::string_view name) {
  return !name.empty() && name.front() != '.' &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

}  // namespace

Result<WeightMap> ParseWeightsIndex(std::string_view json) {
  GRE_ASSIGN_OR_RETURN(const Json root, ParseJson(json));
  const auto invalid = [](const std::string& where, const std::string& expected,
                          const Json& found) {
    return Error{ErrorCode::kInvalidInput,
                 where + ": expected " + expected + ", found " + DumpJson(found).substr(0, kShown)};
  };
  const Json tensors = root.is_object() ? root.value("weight_map", Json()) : Json();
  if (!tensors.is_object() || tensors.empty()) {
    return invalid("weight_map", "an object of tensors and their files", tensors);
  }
  WeightMap map;
  for (const auto& [tensor, file] : tensors.items()) {
    if (!file.is_string() || !IsPlainFileName(file.get_ref<const std::string&>())) {
      return invalid("weight_map." + tensor, "a plain file name", file);
    }
    map.emplace(tensor, file.get<std::string>());
  }
  return map;
}

}  // namespace gre
