#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "dataset/photo_records.h"
#include "geo/lat_lng.h"
#include "knowledge/country_facts.h"
#include "reasoning/chain.h"

namespace gre {

// The names of gre-nano's special tokens in tokenizer.json.
inline constexpr char kNanoImageToken[] = "<|image|>";
inline constexpr char kNanoBeginToken[] = "<|begin|>";
inline constexpr char kNanoEndToken[] = "<|end|>";

// What gre-nano learns to say of a photo: attributes of the labelled place that are known to be
// true, coarse to fine, without any claim about what is seen. Hemisphere and climate are those of
// `point`, everything else the country's. A photo's kind is the first step, since it tells whether
// the photo resembles the training data.
Chain AttributeChain(PhotoKind kind, const Country& country, const LatLng& point);

// The whole reply: the chain, then the point with one decimal.
std::string AttributeReply(PhotoKind kind, const Country& country, const LatLng& point);

// The line of AttributeChain that names `country`, with its newline: one token of the vocabulary.
std::string CountryPhrase(const Country& country);

// A tokenizer.json in the shape of Qwen's: the 256 byte pieces without merges, the special tokens,
// and every line that AttributeReply can write as one added token, so that a reply is about twenty
// tokens and a country's probability is that of one token. Equal facts give equal bytes.
std::string BuildNanoTokenizer();

}  // namespace gre
