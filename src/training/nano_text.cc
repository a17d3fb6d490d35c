#include "training/nano_text.h"

#include <set>

#include <nlohmann/json.hpp>

#include "dataset/teacher/attribute_chain.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/qwen_splitter.h"

namespace gre {

std::string BuildNanoTokenizer() {
  std::set<std::string> phrases = {"<think>\n", "</think>\n<answer>", "</answer>", ", ", "True",
                                   "False"};
  phrases.merge(AttributeLines());

  using OrderedJson = nlohmann::ordered_json;
  OrderedJson added = OrderedJson::array();
  OrderedJson vocab = OrderedJson::object();
  for (int byte = 0; byte < 256; ++byte) {
    vocab[SpellByte(static_cast<unsigned char>(byte))] = byte;
  }
  const auto add = [&](const std::string& content, bool special) {
    added.push_back({{"id", 256 + added.size()},
                     {"content", content},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", special}});
  };
  for (const char* name : {kNanoImageToken, kNanoBeginToken, kNanoEndToken}) {
    add(name, true);
  }
  for (const std::string& phrase : phrases) {
    add(phrase, false);
  }
  OrderedJson byte_level = {{"type", "ByteLevel"},
                            {"add_prefix_space", false},
                            {"trim_offsets", false},
                            {"use_regex", false}};
  OrderedJson split = {{"type", "Split"},
                       {"pattern", {{"Regex", kQwenSplitPattern}}},
                       {"behavior", "Isolated"},
                       {"invert", false}};
  OrderedJson root;
  root["version"] = "1.0";
  root["truncation"] = nullptr;
  root["padding"] = nullptr;
  root["added_tokens"] = added;
  root["normalizer"] = {{"type", "NFC"}};
  root["pre_tokenizer"] = {{"type", "Sequence"},
                           {"pretokenizers", OrderedJson::array({split, byte_level})}};
  root["post_processor"] = byte_level;
  root["decoder"] = byte_level;
  root["model"] = {{"type", "BPE"},
                   {"dropout", nullptr},
                   {"unk_token", nullptr},
                   {"continuing_subword_prefix", ""},
                   {"end_of_word_suffix", ""},
                   {"fuse_unk", false},
                   {"byte_fallback", false},
                   {"vocab", vocab},
                   {"merges", OrderedJson::array()}};
  return root.dump(1) + "\n";
}

}  // namespace gre
