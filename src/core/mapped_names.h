#pragma once

#include <cstddef>
#include <string>

namespace gre {

// Which file is mapped where, so that a handler of SIGBUS, which a mapped file gives that others
// made shorter, can name it. Thread-safe. At most 64 mappings and the last 511 bytes of a path are
// known; further ones go without a name.
void RememberMapping(const std::string& path, const std::byte* data, size_t size);
void ForgetMapping(const std::byte* data);

// The path of the file that an address lies in, or "". Async-signal-safe: neither locks nor the
// heap.
const char* MappedPathAt(const void* address);

}  // namespace gre
