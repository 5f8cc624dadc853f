#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "ptravel/video.h"

namespace ptravel {

/// The gif half of VideoWriter::open, whose checks are done before.
std::unique_ptr<VideoWriter> open_gif_writer(const std::filesystem::path& path,
                                             int width,
                                             int height,
                                             double fps);

/// Throws InvalidArgument when `frame` is not of this size.
void check_frame_size(const Image& frame, int width, int height);

/// Throws InvalidArgument when `frames` is 0: a video of nothing is refused.
void check_has_frames(std::int64_t frames);

}  // namespace ptravel
