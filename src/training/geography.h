#pragma once

#include <span>

#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/photo_records.h"
#include "model/gre_nano/nano_network.h"
#include "training/nano_examples.h"
#include "training/sft_config.h"

namespace gre {

// Teaches the text part geography before it sees photos: replies about points of the training
// countries, without image tokens, so that a chain which names a country writes a point inside it.
// A country is drawn in proportion to the square root of its photos. Deterministic in the
// configuration's seed.
Status TeachGeography(NanoNetwork& network, const NanoExamples& examples,
                      std::span<const PhotoRecord> records, const SftConfig& config,
                      const CancellationToken& cancellation);

}  // namespace gre
