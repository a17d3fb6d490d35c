#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gre {

struct HashClusterOptions {
  int max_distance = 4;  // bits in which hashes of one cluster may differ; 0 to 16
  int max_threads = 0;   // 0: one a processor
};

// Joins hashes that differ in at most `max_distance` bits, and what is joined with the same hash:
// result[i] is the smallest index of the cluster (the connected component) of hashes[i]. Exact:
// what comparing every pair would give.
//
// Of d + 1 blocks of bits two hashes at distance d share one at least, so that only hashes that are
// equal in a block are compared; large groups are divided again by the bits that are left (the
// pigeonhole of Manku, Jain and Sarma, "Detecting near-duplicates for web crawling", 2007, and of
// Norouzi, Punjani and Fleet, "Fast exact search in Hamming space with multi-index hashing", 2014,
// applied recursively to all pairs). Near-linear where hashes are spread: docs/benchmarks.md. About
// 36 bytes of working memory a hash. At most 2^32 - 1 hashes (programmer error). Thread-safe.
std::vector<uint32_t> ClusterHashes(std::span<const uint64_t> hashes,
                                    const HashClusterOptions& options = {});

}  // namespace gre
