// Finding the frames of whatever is to be measured: a run, pictures in a folder, a video.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/text.h"
#include "media/image_file.h"
#include "media/infotext.h"
#include "media/latent_chunk.h"
#include "media/picture_format.h"
#include "motion/at_once.h"
#include "motion/motion_meter.h"
#include "ptravel/error.h"
#include "ptravel/motion_report.h"
#include "ptravel/video.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The digits at the beginning of `text`, without leading zeros; they are taken off it.
std::string_view take_number(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

/// Whether one name comes before another, numbers in them by value: a2 before a10.
bool comes_before(std::string_view one, std::string_view other) {
  const std::string_view whole = one;
  const std::string_view other_whole = other;
  while (!one.empty() && !other.empty()) {
    if (is_digit(one.front()) && is_digit(other.front())) {
      const std::string_view a = take_number(one);
      const std::string_view b = take_number(other);
      if (a != b) {
        return a.size() != b.size() ? a.size() < b.size() : a < b;
      }
      continue;
    }
    if (one.front() != other.front()) {
      return one.front() < other.front();
    }
    one.remove_prefix(1);
    other.remove_prefix(1);
  }
  return one.empty() != other.empty() ? one.empty() : whole < other_whole;
}

/// A run's frames are its pictures whose names are numbers; sheets and plots lie beside them.
bool is_frame_of_run(const fs::path& path) {
  const std::string stem = path.stem().string();
  return path.extension() == ".png" && std::all_of(stem.begin(), stem.end(), is_digit);
}

bool is_picture(const fs::path& path) {
  constexpr std::array<std::string_view, 4> kExtensions = {".png", ".jpg", ".jpeg", ".webp"};
  const std::string extension = lower_case(path.extension().string());
  return !path.filename().string().starts_with('.') &&
         std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

/// Of a run that is not finished, frames that are there need not be neighbours.
void require_all_frames(const fs::path& folder, const std::vector<fs::path>& paths) {
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string stem = paths[i].stem().string();
    std::string_view rest = stem;
    const std::string_view number = take_number(rest);
    if (number != (i == 0 ? "" : std::to_string(i))) {
      throw Error(ErrorCode::InvalidArgument,
                  "[motion] " + folder.string() + ": frame " + std::to_string(i) +
                      " is not drawn yet, expected a finished run (prompt-travel resume)");
    }
  }
}

std::vector<fs::path> frames_in(const fs::path& folder) {
  const bool is_run = fs::exists(folder / "travel.json");
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const bool is_frame = is_run ? is_frame_of_run(entry.path()) : is_picture(entry.path());
    if (is_frame && entry.is_regular_file()) {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end(), [](const fs::path& one, const fs::path& other) {
    return comes_before(one.filename().string(), other.filename().string());
  });
  if (is_run) {
    require_all_frames(folder, paths);
  }
  if (paths.size() < 2) {
    throw Error(ErrorCode::InvalidArgument,
                "[motion] " + folder.string() + ": has " + std::to_string(paths.size()) +
                    (paths.size() == 1 ? " picture" : " pictures") +
                    ", expected a run folder or a folder with at least 2 PNG, JPEG or WebP files");
  }
  return paths;
}

template <typename Number>
std::optional<Number> number_of(const std::optional<std::string>& text) {
  Number number{};
  if (!text) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  const bool whole = error == std::errc() && end == text->data() + text->size();
  return whole ? std::optional(number) : std::nullopt;
}

/// The frame's place on its way, as our pictures tell it.
MotionFrame described(const fs::path& path, const LoadedImage& loaded) {
  MotionFrame frame;
  frame.name = path.filename().string();
  for (const ImageText& text : loaded.texts) {
    if (text.keyword == "parameters") {
      const Infotext infotext = parse_infotext(text.text);
      frame.stage = number_of<int>(infotext.find("Travel stage"));
      frame.alpha = number_of<double>(infotext.find("Travel alpha"));
    }
  }
  return frame;
}

/// So many pixels are measured at the same time: each takes some 220 bytes then.
constexpr std::int64_t kMostPixels = std::int64_t{8} << 20;

/// How many frames like this one are measured at the same time.
std::size_t frames_at_once(const Image& image, int threads) {
  const std::int64_t processors = std::max<std::int64_t>(std::thread::hardware_concurrency(), 1);
  const std::int64_t pixels = std::max<std::int64_t>(std::int64_t{image.width} * image.height, 1);
  return static_cast<std::size_t>(
      std::clamp<std::int64_t>(kMostPixels / pixels, 1, threads > 0 ? threads : processors));
}

FilmFrame read_frame(const fs::path& path) {
  LoadedImage loaded = read_image(path);
  MotionFrame frame = described(path, loaded);
  return {std::move(frame), MeasuredFrame(std::move(loaded.image), parse_latent(loaded.latent))};
}

void measure_pictures(const std::vector<fs::path>& paths,
                      MotionMeter& meter,
                      Progress& progress,
                      int threads) {
  progress.begin("measuring the motion", "frames", static_cast<double>(paths.size()));
  std::size_t at_once = 1;  // until a frame's size is known
  for (std::size_t done = 0; done < paths.size();) {
    progress.check_cancelled();
    std::vector<std::optional<FilmFrame>> read(std::min(at_once, paths.size() - done));
    for_each_at_once(read.size(), [&](std::size_t i) { read[i] = read_frame(paths[done + i]); });
    std::vector<FilmFrame> frames;
    frames.reserve(read.size());
    for (std::optional<FilmFrame>& frame : read) {
      frames.push_back(std::move(*frame));
    }
    at_once = frames_at_once(frames.front().measured.image, threads);
    done += frames.size();
    meter.add(std::move(frames));
    progress.update(static_cast<double>(done));
  }
}

void refuse_picture(const fs::path& path) {
  std::array<char, kPictureSignatureBytes> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  const auto format = picture_format({head.data(), static_cast<std::size_t>(file.gcount())});
  if (format && *format != PictureFormat::Gif) {
    throw Error(ErrorCode::InvalidArgument,
                "[motion] " + path.string() +
                    ": is one picture, expected a run folder, a folder of pictures or a video");
  }
}

void measure_video(const fs::path& path, MotionMeter& meter, Progress& progress) {
  refuse_picture(path);
  progress.begin("measuring the motion", "frames", 0);
  std::size_t count = 0;
  read_video(path, [&](const Image& frame) {
    progress.check_cancelled();
    meter.add({std::to_string(count), {}, {}}, frame);
    progress.update(static_cast<double>(++count));
  });
}

}  // namespace

MotionReport measure_motion(const fs::path& path, Progress& progress, int threads) {
  if (!fs::exists(path)) {
    throw Error(ErrorCode::NotFound,
                "[motion] " + path.string() +
                    ": does not exist, expected a run folder, a folder of pictures or a video");
  }
  MotionMeter meter;
  if (fs::is_directory(path)) {
    measure_pictures(frames_in(path), meter, progress, threads);
  } else {
    measure_video(path, meter, progress);
  }
  return meter.report();
}

MotionReport measure_motion(const std::vector<fs::path>& pictures,
                            Progress& progress,
                            int threads) {
  MotionMeter meter;
  measure_pictures(pictures, meter, progress, threads);
  return meter.report();
}

}  // namespace ptravel
