#include "model/config_reader.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/strings.h"

namespace gre {
namespace {

const Json& EmptyObject() {
  static const Json kEmpty = Json::object();
  return kEmpty;
}

std::string Range(int64_t min, int64_t max) {
  return "an integer from " + std::to_string(min) + " to " + std::to_string(max);
}

std::optional<int64_t> ToInteger(const Json& value, int64_t min, int64_t max) {
  if (!value.is_number_integer() ||
      (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))) {
    return std::nullopt;
  }
  const auto number = value.get<int64_t>();
  return number < min || number > max ? std::nullopt : std::optional(number);
}

}  // namespace

ConfigReader::ConfigReader(const Json& object, std::string prefix,
                           std::vector<std::string>& problems)
    : object_(object.is_object() ? &object : &EmptyObject()),
      prefix_(std::move(prefix)),
      problems_(&problems) {}

ConfigReader::Field ConfigReader::Find(Keys keys) const {
  for (const char* key : keys) {
    const auto place = object_->find(key);
    if (place != object_->end() && !place->is_null()) return {key, &*place};
  }
  return {*keys.begin(), nullptr};
}

void ConfigReader::Problem(const char* key, const std::string& expected,
                           const std::string& found) const {
  problems_->push_back(prefix_ + key + ": expected " + expected + ", found " + found);
}

void ConfigReader::Problem(const Field& field, const std::string& expected) const {
  constexpr size_t kShown = 80;
  Problem(field.key, expected,
          field.value == nullptr ? "nothing" : DumpJson(*field.value).substr(0, kShown));
}

int64_t ConfigReader::Integer(Keys keys, int64_t min, int64_t max,
                              std::optional<int64_t> fallback) const {
  const Field field = Find(keys);
  if (field.value == nullptr && fallback) return *fallback;
  if (field.value != nullptr) {
    if (const auto number = ToInteger(*field.value, min, max)) return *number;
  }
  Problem(field, Range(min, max));
  return fallback.value_or(min);
}

double ConfigReader::Number(Keys keys, double min, double max,
                            std::optional<double> fallback) const {
  const Field field = Find(keys);
  if (field.value == nullptr && fallback) return *fallback;
  if (field.value != nullptr && field.value->is_number()) {
    const auto number = field.value->get<double>();
    if (number >= min && number <= max) return number;
  }
  Problem(field, "a number from " + FormatShortest(min) + " to " + FormatShortest(max));
  return fallback.value_or(min);
}

std::optional<bool> ConfigReader::Bool(Keys keys) const {
  const Field field = Find(keys);
  if (field.value == nullptr) return std::nullopt;
  if (field.value->is_boolean()) return field.value->get<bool>();
  Problem(field, "true or false");
  return std::nullopt;
}

std::optional<std::string> ConfigReader::Text(Keys keys) const {
  const Field field = Find(keys);
  if (field.value == nullptr) return std::nullopt;
  if (field.value->is_string()) return field.value->get<std::string>();
  Problem(field, "a string");
  return std::nullopt;
}

std::optional<std::vector<int64_t>> ConfigReader::Integers(Keys keys, int64_t min,
                                                           int64_t max) const {
  const Field field = Find(keys);
  if (field.value == nullptr) return std::nullopt;
  std::vector<int64_t> numbers;
  bool good = field.value->is_array();
  for (size_t i = 0; good && i < field.value->size(); ++i) {
    const auto number = ToInteger((*field.value)[i], min, max);
    good = number.has_value();
    if (good) numbers.push_back(*number);
  }
  if (good) return numbers;
  Problem(field, "an array, each " + Range(min, max));
  return std::nullopt;
}

std::optional<std::vector<double>> ConfigReader::Numbers(Keys keys) const {
  const Field field = Find(keys);
  if (field.value == nullptr) return std::nullopt;
  std::vector<double> numbers;
  bool good = field.value->is_array();
  for (size_t i = 0; good && i < field.value->size(); ++i) {
    good = (*field.value)[i].is_number();
    if (good) numbers.push_back((*field.value)[i].get<double>());
  }
  if (good) return numbers;
  Problem(field, "an array of numbers");
  return std::nullopt;
}

void ConfigReader::ExpectText(Keys keys, const std::string& expected) const {
  const Field field = Find(keys);
  if (field.value != nullptr && *field.value != Json(expected)) {
    Problem(field, DumpJson(Json(expected)));
  }
}

void ConfigReader::ExpectInteger(Keys keys, int64_t expected) const {
  const Field field = Find(keys);
  if (field.value != nullptr && *field.value != Json(expected)) {
    Problem(field, std::to_string(expected));
  }
}

void ConfigReader::ExpectBool(Keys keys, bool expected) const {
  const Field field = Find(keys);
  if (field.value != nullptr && *field.value != Json(expected)) {
    Problem(field, expected ? "true" : "false");
  }
}

ConfigReader ConfigReader::Object(const char* key) const {
  const Field field = Find({key});
  if (field.value != nullptr && !field.value->is_object()) Problem(field, "an object");
  return {field.value == nullptr ? EmptyObject() : *field.value, prefix_ + key + ".", *problems_};
}

}  // namespace gre
