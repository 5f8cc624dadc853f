#pragma once

#include <array>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "ptravel/error.h"
#include "ptravel/image.h"
#include "tests/support/temporary_folder.h"

namespace ptravel::media_testing {

/// While it lives no file of this process may grow beyond `bytes`: writing fails as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_limit_);
    const rlimit limit{bytes, old_limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_limit_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_limit_{};
  void (*old_handler_)(int);
};

using Pixel = std::array<std::uint8_t, 3>;

inline Image make_image(int width, int height, const std::function<Pixel(int, int)>& pixel) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const Pixel value = pixel(x, y);
      std::copy(value.begin(), value.end(), image.row(y) + 3 * x);
    }
  }
  return image;
}

inline std::uint8_t low_byte(int value) { return static_cast<std::uint8_t>(value & 0xFF); }

/// The content of the lossless files in data/.
inline Pixel pattern_pixel(int x, int y) {
  return {low_byte(x * 40), low_byte(y * 60), low_byte(x * y * 13 + 20)};
}
inline std::uint8_t pattern_gray(int x, int y) { return low_byte(x * 30 + y * 7); }
inline std::uint8_t pattern_alpha(int x, int y) { return low_byte(x * y * 9 + x * 5); }

/// The content of the lossy files in data/.
inline Pixel smooth_pixel(int x, int y) { return {low_byte(x * 10), low_byte(y * 15), 128}; }

/// The largest difference of two pictures; 256 when their sizes differ.
inline int largest_difference(const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height) {
    return 256;
  }
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
  }
  return largest;
}

/// The mean difference of two pictures of one size.
inline double mean_difference(const Image& a, const Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    sum += std::abs(int{a.pixels[i]} - int{b.pixels[i]});
  }
  return sum / static_cast<double>(a.pixels.size());
}

/// Runs `action`, which must throw an Error of this code; returns its message.
inline std::string expect_error(ErrorCode code, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error_code_name(error.code()), error_code_name(code)) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "expected an error: " << error_code_name(code);
  return "";
}

inline std::filesystem::path data_file(const std::string& name) {
  return std::filesystem::path(PTRAVEL_MEDIA_DATA) / name;
}

}  // namespace ptravel::media_testing
