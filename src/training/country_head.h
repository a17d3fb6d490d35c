#pragma once

#include <cstdint>
#include <span>

#include "core/cancellation.h"
#include "core/result.h"
#include "dataset/photo_records.h"
#include "model/gre_nano/nano_network.h"
#include "training/nano_examples.h"
#include "training/sft_config.h"
#include "training/tower_cache.h"

namespace gre {

// Trains the members of the country head (SftConfig::CountryHead) on the features of a finished
// tower, and leaves their averaged weights in the network. Takes a few minutes, so it is repeated
// rather than resumed: equal inputs and threads give equal weights.
Status TrainCountryHead(NanoNetwork& network, const TowerCache& tower, const NanoExamples& examples,
                        std::span<const PhotoRecord> records, const SftConfig& config,
                        const CancellationToken& cancellation);

}  // namespace gre
