#pragma once

#include <set>
#include <string>

#include "dataset/photo_records.h"
#include "geo/lat_lng.h"
#include "knowledge/country_facts.h"
#include "reasoning/chain.h"

namespace gre {

// What can be said of a photo without looking at it: attributes of the labelled place that are
// known to be true, coarse to fine, without any claim about what is seen. Hemisphere and climate
// are those of `point`, everything else the country's. A photo's kind is the first step, since it
// tells whether the photo resembles the training data.
Chain AttributeChain(PhotoKind kind, const Country& country, const LatLng& point);

// The whole reply: the chain, then the point with one decimal.
std::string AttributeReply(PhotoKind kind, const Country& country, const LatLng& point);

// The line of AttributeChain that names `country`, with its newline: one token of the vocabulary.
std::string CountryPhrase(const Country& country);

// Every line that AttributeReply can write, with its newline.
std::set<std::string> AttributeLines();

}  // namespace gre
