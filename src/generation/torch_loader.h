#pragma once

#include <string>

#include "core/log.h"
#include "core/result.h"
#include "generation/torch_plugin.h"

namespace gre {

// Loads libgre_torch.so (and with it LibTorch, about 0.2 s) and hands it this process's log. Looks
// at `explicit_path` if it is not empty, else beside the running executable and in ../lib from
// there. The plugin lives until the process ends; loading again returns the same object.
// kUnavailable, with the places tried and what to do, where it is missing or does not load.
// Call from one thread.
Result<TorchPlugin*> LoadTorchPlugin(const std::string& explicit_path = {});

}  // namespace gre
