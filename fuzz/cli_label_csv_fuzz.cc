// CSV of a measuring set: every cell that the table says it has can be read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cli/labelled_photos.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto table = gre::CsvTable::Parse({reinterpret_cast<const char*>(data), size});
  if (!table.ok()) return 0;
  for (size_t row = 0; row < table->rows(); ++row) {
    if (table->Cell(row, "file").has_value() != table->Cell(0, "file").has_value()) std::abort();
  }
  return 0;
}
