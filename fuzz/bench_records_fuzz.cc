// Record files of every format, and truth and predictions read from them.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataset/record_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> names = {"id", "lat", "answer.latitude", "schema"};
  for (const char* name : {"f.csv", "f.tsv", "f.jsonl"}) {
    auto file = gre::RecordFile::Parse(name, bytes);
    if (!file.ok()) continue;
    std::vector<gre::FieldValue> values;
    for (size_t records = 0; records <= size + 1; ++records) {
      const auto more = file->Next(names, values);
      if (more.ok() && !*more) break;
      if (more.ok()) (void)values[1].AsNumber();
      if (records == size + 1) __builtin_trap();  // more records than bytes
    }
  }
  return 0;
}
