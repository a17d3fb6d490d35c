#pragma once

#include <functional>
#include <span>
#include <string>

#include "core/result.h"
#include "image/image.h"
#include "localizer/locate_result.h"
#include "report/world_map_svg.h"

namespace gre {

// JPEG bytes (without metadata) of a photo for the page; empty when there is no picture to show.
// `max_side` in pixels. Called once a photo, in order.
using PhotoSource = std::function<std::string(const LocateResult&, int max_side)>;

struct HtmlOptions {
  PhotoSource photo;  // none: the page has no pictures
  WorldLines world;
  std::string version;  // of the program, for the foot of the page
};

// One self-contained page for one photo or many: pictures, chains, alternatives and a map that
// works offline. It loads nothing, runs only its own script (Content-Security-Policy with hashes)
// and is complete without it. Model text, file names and place names are escaped.
std::string FormatHtml(std::span<const LocateResult> results, const HtmlOptions& options);

// `image` reduced to at most `max_side` pixels and encoded without any metadata.
Result<std::string> MakeThumbnail(const RgbImage& image, int max_side);

// A PhotoSource that decodes the file each result names. A file that is gone or cannot be read
// gives no picture.
PhotoSource PhotosFromFiles();

}  // namespace gre
