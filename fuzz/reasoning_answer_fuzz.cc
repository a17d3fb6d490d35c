// Answer text: no input may crash, hang, or give a point that is out of range.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "reasoning/answer_parser.h"

namespace {

void Check(const gre::ParsedAnswer& answer) {
  const bool parsed = answer.status == gre::AnswerStatus::kParsed;
  if (parsed != answer.point.has_value() || parsed != answer.reason.empty()) std::abort();
  if (parsed &&
      !gre::LatLng::FromDegrees(answer.point->latitude_deg, answer.point->longitude_deg)) {
    std::abort();
  }
  if (parsed && answer.swap_suspected) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Check(gre::ParseReply(text));
  Check(gre::ParseReply(text, {.require_block = true, .accept_open_block = true}));
  Check(gre::ParseAnswerText(text));
  return 0;
}
