#pragma once

// The module's own wrapper of libvips and GLib; included by src/image/*.cc only.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <vips/vips.h>

#include "core/result.h"
#include "image/resize.h"

namespace gre {

struct GObjectUnref {
  void operator()(void* object) const { g_object_unref(object); }
};
using VipsImagePtr = std::unique_ptr<VipsImage, GObjectUnref>;
using VipsRegionPtr = std::unique_ptr<VipsRegion, GObjectUnref>;

struct GFree {
  void operator()(void* memory) const { g_free(memory); }
};

enum class PictureFormat { kUnknown, kJpeg, kPng, kWebp, kTiff, kHeif, kGif };

// By the first bytes; file names are never looked at.
PictureFormat SniffFormat(std::string_view bytes);
std::string_view FormatName(PictureFormat format);

// The canvas that a WebP file claims; nullopt for other bytes. libvips allocates it while it reads
// the header, so the claim must be judged before OpenPicture.
std::optional<ImageSize> PeekWebpSize(std::string_view bytes);

// Starts libvips once for the process: no operation cache, no worker threads of its own, its
// warnings to the debug log. Thread-safe.
Status StartVips();

// Reads the header with the one loader for `format` (never kUnknown; no loader is ever looked up by
// content, so libvips' other ones cannot be reached). Pixels are decoded on demand, once, top to
// bottom; damage is an error then. `bytes` must outlive the picture. Null when the header is bad.
VipsImagePtr OpenPicture(std::string_view bytes, PictureFormat format);

// Empties libvips' process-wide error buffer into the debug log. Its text is never shown: with
// several threads it may stem from another picture.
void DropVipsErrors();

// A metadata field of the picture as bytes; empty when absent.
std::string_view MetadataBlob(const VipsImage* picture, const char* name);

}  // namespace gre
