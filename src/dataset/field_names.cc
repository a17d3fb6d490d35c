#include "dataset/field_names.h"

#include <algorithm>

#include "core/excerpt.h"

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

}  // namespace gre
