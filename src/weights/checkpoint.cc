#include "weights/checkpoint.h"

#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.h"

namespace gre {
namespace {

constexpr char kSingleFile[] = "model.safetensors";
constexpr char kIndexFile[] = "model.safetensors.index.json";

using WeightMap = std::map<std::string, std::string>;  // tensor -> file

Result<WeightMap> ReadIndex(const std::string& path) {
  GRE_ASSIGN_OR_RETURN(const Json json, ReadJsonFile(path));
  const auto invalid = [&](const std::string& message) {
    return Error{ErrorCode::kInvalidInput, path + ": " + message};
  };
  if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
    return invalid("expected an object with the object 'weight_map'");
  }
  WeightMap map;
  for (const auto& [tensor, file] : json["weight_map"].items()) {
    if (!file.is_string()) return invalid("weight_map." + tensor + ": expected a file name");
    const auto& name = file.get_ref<const std::string&>();
    if (name.empty() || name.front() == '.' ||
        name.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos) {
      return invalid("weight_map." + tensor + ": expected a plain file name, found '" + name + "'");
    }
    map.emplace(tensor, name);
  }
  return map;
}

}  // namespace

Status Checkpoint::AddFile(const std::string& directory, const std::string& name) {
  const std::string path = directory.empty() ? name : directory + "/" + name;
  GRE_ASSIGN_OR_RETURN(auto map, MappedFile::Open(path));
  auto header = ParseSafetensorsHeader(map->bytes());
  if (!header.ok()) return std::move(header).error().Wrap(path);
  for (TensorEntry& entry : header->tensors) {
    const std::string tensor = entry.name;
    const auto [place, inserted] = tensors_.try_emplace(tensor, Tensor{std::move(entry), map});
    if (!inserted) {
      return Error{ErrorCode::kInvalidInput, path + ": tensor '" + tensor + "' stands in " +
                                                 place->second.map->path() + " too"};
    }
  }
  files_.push_back({name, std::move(map)});
  return {};
}

Result<Checkpoint> Checkpoint::OpenFile(const std::string& path) {
  Checkpoint checkpoint;
  checkpoint.path_ = path;
  GRE_RETURN_IF_ERROR(checkpoint.AddFile("", path));
  return checkpoint;
}

Result<Checkpoint> Checkpoint::OpenDirectory(const std::string& directory) {
  Checkpoint checkpoint;
  checkpoint.path_ = directory;
  const std::string index_path = directory + "/" + kIndexFile;
  if (!FileExists(index_path)) {
    if (!FileExists(directory + "/" + kSingleFile)) {
      return Error{ErrorCode::kNotFound, directory + ": expected " + kSingleFile + " or " +
                                             kIndexFile + ", found neither"};
    }
    GRE_RETURN_IF_ERROR(checkpoint.AddFile(directory, kSingleFile));
    return checkpoint;
  }
  GRE_ASSIGN_OR_RETURN(const WeightMap index, ReadIndex(index_path));
  std::set<std::string> names;
  for (const auto& [tensor, file] : index) names.insert(file);
  for (const std::string& name : names) {
    GRE_RETURN_IF_ERROR(checkpoint.AddFile(directory, name));
  }
  const auto disagree = [&](const std::string& message) {
    return Error{ErrorCode::kInvalidInput, index_path + ": " + message};
  };
  for (const auto& [tensor, file] : index) {
    const Tensor* found = checkpoint.Find(tensor);
    if (found == nullptr) {
      return disagree("tensor '" + tensor + "' is mapped to " + file + " but is not there");
    }
    if (found->map->path() != directory + "/" + file) {
      return disagree("tensor '" + tensor + "' is mapped to " + file + " but stands in " +
                      found->map->path());
    }
  }
  for (const auto& [tensor, data] : checkpoint.tensors_) {
    if (!index.contains(tensor)) {
      return disagree("tensor '" + tensor + "' of " + data.map->path() + " is not mapped");
    }
  }
  return checkpoint;
}

const Checkpoint::Tensor* Checkpoint::Find(const std::string& name) const {
  const auto place = tensors_.find(name);
  return place == tensors_.end() ? nullptr : &place->second;
}

}  // namespace gre
