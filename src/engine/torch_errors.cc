#include "engine/torch_errors.h"

#include <exception>
#include <new>
#include <string>

#include <c10/util/Exception.h>

namespace gre {
namespace {

Error MakeError(std::string_view context, std::string_view what) {
  const std::string_view reason = what.substr(0, what.find('\n'));
  // The CPU allocator throws an ordinary c10::Error; only its text tells.
  const bool out_of_memory = what.find("DefaultCPUAllocator: ") != std::string_view::npos ||
                             what.find("out of memory") != std::string_view::npos;
  if (out_of_memory) {
    return Error{
        ErrorCode::kUnavailable,
        std::string(context) + ": out of memory (" + std::string(reason) +
            "); ask for less at once: fewer pixels a photo (max-pixels), samples or new tokens"};
  }
  return Error{ErrorCode::kInternal, std::string(context) + ": " + std::string(reason)};
}

}  // namespace

Error CurrentExceptionAsError(std::string_view context) {
  try {
    throw;
  } catch (const c10::OutOfMemoryError& error) {
    return MakeError(context, std::string("out of memory: ") + error.what_without_backtrace());
  } catch (const c10::Error& error) {
    return MakeError(context, error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return MakeError(context, "out of memory");
  } catch (const std::exception& error) {
    return MakeError(context, error.what());
  } catch (...) {
    return MakeError(context, "unknown exception");
  }
}

}  // namespace gre
