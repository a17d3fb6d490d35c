// Tables of labels and manifests: what was read can be reached, a manifest survives being written.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "dataset/csv_table.h"
#include "dataset/photo_records.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto table = gre::CsvTable::Parse("table.csv", text); table.ok()) {
    const auto column = table->Column("file");
    for (size_t row = 0; column.ok() && row < table->rows(); ++row) {
      if (table->Cell(row, *column).size() > size || table->PlaceOf(row).empty()) std::abort();
    }
  }
  if (const auto records = gre::ParsePhotoManifest(text); records.ok()) {
    const auto again = gre::ParsePhotoManifest(gre::FormatPhotoManifest(*records));
    if (!again.ok() || again->size() != records->size()) std::abort();
  }
  return 0;
}
