#include "weights/checkpoint.h"

#include <set>
#include <utility>

#include "weights/weights_index.h"

namespace gre {
namespace {

constexpr char kSingleFile[] = "model.safetensors";
constexpr char kIndexFile[] = "model.safetensors.index.json";

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
  GRE_ASSIGN_OR_RETURN(const std::string text, ReadFile(index_path));
  auto parsed = ParseWeightsIndex(text);
  if (!parsed.ok()) return std::move(parsed).error().Wrap(index_path);
  const WeightMap index = std::move(parsed).value();
  std::set<std::string> names;
  for (const auto& [tensor, file] : index) names.insert(file);
  if (!names.contains(kSingleFile) && FileExists(directory + "/" + kSingleFile)) {
    checkpoint.notes_.push_back(std::string(kSingleFile) + " is not read: " + kIndexFile +
                                " names other files");
  }
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
