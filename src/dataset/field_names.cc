#include "dataset/field_names.h"

#include <algorithm>

#include "core/excerpt.h"
#include "core/strings.h"

namespace gre {

std::string DescribeFields(const RecordFile& file) {
  constexpr size_t kShown = 20;
  std::string text;
  const std::vector<std::string>& fields = file.fields();
  for (size_t i = 0; i < std::min(fields.size(), kShown); ++i) {
    if (i > 0) text += ", ";
    text += Excerpt(fields[i]);
  }
  if (fields.size() > kShown) text += ", …";
  return text.empty() ? "none" : text;
}

Result<std::string> ResolveField(const RecordFile& file, const std::string& given,
                                 std::string_view option,
                                 std::span<const std::string_view> spellings) {
  if (given.empty()) return file.FindField(spellings).value_or("");
  if (file.HasField(given)) return given;
  return Error{ErrorCode::kInvalidArgument, file.name() + ": " + std::string(option) +
                                                ": expected a field of the file, found '" +
                                                Excerpt(given) +
                                                "'; its fields: " + DescribeFields(file)};
}

std::string ShowField(const FieldValue& value) {
  if (!value.present()) return "nothing";
  const bool is_number = value.kind == FieldValue::Kind::kNumber;
  return "'" + (is_number ? FormatShortest(value.number) : Excerpt(value.text)) + "'";
}

std::string WrongCoordinates(const WrittenDegrees& latitude, const WrittenDegrees& longitude) {
  std::string wrong;
  const auto check = [&](const WrittenDegrees& written, std::string_view what, double limit) {
    const auto degrees = written.value.AsNumber();
    if (degrees && *degrees >= -limit && *degrees <= limit) return;
    wrong.append(wrong.empty() ? "" : "; ");
    if (!written.field.empty()) wrong.append("field '").append(written.field).append("': ");
    const std::string bound = FormatShortest(limit);
    wrong.append("expected ").append(what).append(" within -").append(bound).append(" and ");
    wrong.append(bound).append(", found ").append(ShowField(written.value));
  };
  check(latitude, "latitude", 90);
  check(longitude, "longitude", 180);
  return wrong;
}

}  // namespace gre
