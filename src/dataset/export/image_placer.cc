#include "dataset/export/image_placer.h"

#include <algorithm>
#include <filesystem>

#include "core/sha256.h"
#include "core/strings.h"

namespace gre {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolder = "imgs/";
constexpr size_t kMostBytes = 200;

bool IsTidyPath(std::string_view path) {
  if (path.empty() || path.size() > kMostBytes || !IsValidUtf8(path)) return false;
  if (std::ranges::any_of(path, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F || c == '\\';
      })) {
    return false;
  }
  return std::ranges::none_of(Split(path, '/'), [](std::string_view part) {
    return part.empty() || part == "." || part == ".." || Trim(part).size() != part.size();
  });
}

std::string WithExtension(std::string name, const Photo& photo) {
  constexpr std::string_view kKnown[] = {".jpg", ".jpeg", ".png",  ".webp", ".tif", ".tiff",
                                         ".gif", ".heic", ".heif", ".avif", ".bmp"};
  const std::string extension = AsciiLower(fs::path(name).extension().string());
  if (photo.extension.empty() || std::ranges::find(kKnown, extension) != std::end(kKnown)) {
    return name;
  }
  (name += '.') += photo.extension;
  return name;
}

}  // namespace

std::string HashedImageName(const Photo& photo) {
  constexpr size_t kDigits = 32;
  return WithExtension(Concat({kFolder, "id-", Sha256Hex(photo.id).substr(0, kDigits)}), photo);
}

std::string ExportedImageName(const Photo& photo) {
  std::string_view id = photo.id;
  for (const std::string_view folder : {kFolder, std::string_view("images/")}) {
    if (id.starts_with(folder)) {
      id.remove_prefix(folder.size());
      break;
    }
  }
  if (!IsTidyPath(id)) return HashedImageName(photo);
  return WithExtension(Concat({kFolder, id}), photo);
}

Result<bool> ImagePlacer::Put(const std::string& from, const std::string& to) {
  std::error_code code;
  const std::string folder = fs::path(to).parent_path().string();
  if (folder != last_folder_) {
    fs::create_directories(folder, code);
    if (code) return Error{ErrorCode::kUnavailable, folder + ": " + code.message()};
    last_folder_ = folder;
  }
  if (!copy_) {
    fs::create_hard_link(from, to, code);
    if (!code) {
      ++linked_;
      return true;
    }
    if (code == std::errc::file_exists) return fs::equivalent(from, to, code);
    if (code == std::errc::no_such_file_or_directory) {
      return Error{ErrorCode::kInvalidInput,
                   from + ": a photo of the dataset is gone; 'gre dataset import' brings it back"};
    }
  }
  // another file system, too many links, or --copy
  if (fs::exists(to, code)) return false;
  fs::copy_file(from, to, code);
  if (code) return Error{ErrorCode::kUnavailable, to + ": " + code.message()};
  ++copied_;
  return true;
}

Result<std::string> ImagePlacer::Place(const Photo& photo, const std::string& root) {
  if (photo.number == last_photo_) return last_name_;
  std::string name = ExportedImageName(photo);
  if (photo.presence != PhotoPresence::kPresent) {
    ++missing_;
  } else {
    const std::string from = images_->PathOf(photo.sha256, photo.extension);
    GRE_ASSIGN_OR_RETURN(const bool placed, Put(from, root + "/" + name));
    if (!placed) {  // another photo has taken the name: "a.jpg" and "imgs/a.jpg"
      name = HashedImageName(photo);
      GRE_RETURN_IF_ERROR(Put(from, root + "/" + name));
    }
  }
  last_photo_ = photo.number;
  last_name_ = name;
  return name;
}

}  // namespace gre
