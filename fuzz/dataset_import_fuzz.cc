// Records of other trainers' files, shards and the YFCC100M table: whatever stands there, a record
// is filled or refused, and its extra fields stay a JSON object.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "dataset/import/conversation_record.h"
#include "dataset/import/json_record.h"
#include "dataset/import/tar_reader.h"
#include "dataset/import/truth.h"
#include "dataset/yfcc_table.h"

namespace {

void CheckRecord(const gre::SourceRecord& record) {
  const auto extra = gre::ParseJson(record.extra);
  if (!extra.ok() || !extra->is_object()) std::abort();
  const gre::JudgedTruth truth = gre::TruthJudge().Judge(record.truth);
  if (truth.rejected.empty() && !truth.point && truth.country_code.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto object = gre::ParseJson(text); object.ok() && object->is_object()) {
    gre::SourceRecord plain;
    gre::FillFromJson(*object, {}, plain);
    CheckRecord(plain);
    if (gre::IsConversation(*object)) {
      gre::SourceRecord conversation;
      const gre::ListFields fields;
      gre::FillFromConversation(*object, {}, &fields, conversation);
      CheckRecord(conversation);
      gre::SourceRecord exported;
      gre::FillFromConversation(*object, {}, nullptr, exported);
      conversation = std::move(exported);
      CheckRecord(conversation);
    }
  }
  (void)gre::SplitPair(text);
  (void)gre::ParseYfccRow(text);
  if (auto tar = gre::TarReader::OpenBytes("fuzz.tar", text); tar.ok()) {
    gre::TarReader::Entry entry;
    for (int files = 0; files < 100; ++files) {
      const auto more = tar->Next(1 << 20, entry);
      if (!more.ok() || !*more) break;
      if (entry.bytes.size() > (1 << 20)) std::abort();
    }
  }
  return 0;
}
