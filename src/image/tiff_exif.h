#pragma once

#include <string>
#include <string_view>

namespace gre {

// The EXIF structure of a TIFF file as a block of at most 64 KiB: the first directory with its EXIF
// and GPS directories, strip tables and values over 1 KiB left out. libexif reads nothing beyond
// 64 KiB, and a TIFF file keeps its directories anywhere. Empty when the file is no classic TIFF or
// a directory lies outside it. For untrusted bytes.
std::string CompactTiffExif(std::string_view file);

}  // namespace gre
