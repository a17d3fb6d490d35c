#include "dataset/yfcc_table.h"

#include <string>

#include "core/strings.h"

namespace gre {

Result<YfccRow> ParseYfccRow(std::string_view row) {
  const std::vector<std::string_view> cells = Split(row, '\t');
  size_t at = 0;
  if (cells.size() == 25) {
    at = 1;  // the row number
  } else if (cells.size() != 23) {
    return Error{ErrorCode::kInvalidInput,
                 "expected 25 or 23 tab-separated fields of the YFCC100M table, found " +
                     std::to_string(cells.size())};
  }
  const auto next = [&] { return Trim(cells[at++]); };
  YfccRow parsed;
  parsed.id = next();
  if (cells.size() == 25) next();  // a hash
  parsed.user = next();
  next();  // the user's nickname
  parsed.taken = next();
  next();  // when it was uploaded
  parsed.camera = next();
  parsed.title = next();
  parsed.description = next();
  parsed.tags = next();
  parsed.machine_tags = next();
  parsed.longitude = next();
  parsed.latitude = next();
  parsed.accuracy = next();
  parsed.page_url = next();
  parsed.download_url = next();
  parsed.licence = next();
  parsed.licence_url = next();
  parsed.is_video = Trim(cells.back()) == "1";
  return parsed;
}

}  // namespace gre
