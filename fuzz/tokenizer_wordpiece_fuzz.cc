// vocab.txt and tokenizer.json of encoders (WordPiece and CLIP) from strangers: refused with a
// message or usable, never a crash. The first line chooses the reader; for a CLIP vocabulary the
// merges stand after the first empty line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/log.h"
#include "tokenizer/clip_tokenizer.h"
#include "tokenizer/wordpiece.h"

namespace {

constexpr std::string_view kText = "The tram's línea 4 — 東京 [SEP] <|endoftext|>\n\xFF";

template <typename Tokenizer>
void Check(const gre::Result<Tokenizer>& tokenizer) {
  if (!tokenizer.ok()) {
    if (tokenizer.error().message.empty()) std::abort();
    return;
  }
  for (const size_t limit : {size_t{2}, size_t{5}, size_t{512}}) {
    const gre::TokenizedText encoded = tokenizer->Encode(kText, limit);
    if (encoded.ids.size() < 2 || encoded.ids.size() > limit) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  gre::SetLogLevel(gre::LogLevel::kOff);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line = input.find('\n');
  if (line == std::string_view::npos) return 0;
  const std::string_view kind = input.substr(0, line);
  const std::string_view rest = input.substr(line + 1);
  if (kind == "wordpiece.json") {
    Check(gre::WordPieceTokenizer::FromJson(rest));
  } else if (kind == "clip.json") {
    Check(gre::ClipTokenizer::FromJson(rest));
  } else if (kind == "clip.txt") {
    const size_t gap = rest.find("\n\n");
    const bool has_merges = gap != std::string_view::npos;
    Check(gre::ClipTokenizer::FromVocabulary(rest.substr(0, gap),
                                             has_merges ? rest.substr(gap + 2) : ""));
  } else {
    Check(gre::WordPieceTokenizer::FromVocabulary(rest));
  }
  return 0;
}
