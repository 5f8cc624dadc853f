#pragma once

#include "base/enum_names.h"
#include "ptravel/video.h"

namespace ptravel {

/// The text forms of VideoFormat: in options, files and messages, and as file name extension.
inline constexpr auto kVideoFormatNames = enum_names<VideoFormat>({
    {VideoFormat::Mp4, "mp4"},
    {VideoFormat::Gif, "gif"},
    {VideoFormat::Webm, "webm"},
});

}  // namespace ptravel
