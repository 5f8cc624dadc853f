// Enlarging pictures into a folder, again and again until all are there.
#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/sha256.h"
#include "base/text.h"
#include "media/image_file.h"
#include "postprocess/enlarger.h"
#include "ptravel/error.h"
#include "ptravel/upscale.h"
#include "tensor/kernel_family.h"
#include "tensor/thread_scope.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKeyword = "postprocessing";
constexpr std::size_t kHashDigits = 10;

/// A picture and where its large version belongs.
struct Task {
  fs::path source;
  fs::path target;
};

[[noreturn]] void fail(const std::string& problem) {
  throw Error(ErrorCode::InvalidArgument, "[upscale] " + problem);
}

bool is_picture(const fs::path& path) {
  constexpr std::array<std::string_view, 4> kExtensions = {".png", ".jpg", ".jpeg", ".webp"};
  const std::string extension = lower_case(path.extension().string());
  return !path.filename().string().starts_with('.') &&
         std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

/// A run's frames are its pictures whose names are numbers; sheets and plots lie beside them.
bool is_frame_of_run(const fs::path& path) {
  const std::string stem = path.stem().string();
  return path.extension() == ".png" && std::all_of(stem.begin(), stem.end(), [](unsigned char c) {
           return std::isdigit(c) != 0;
         });
}

std::vector<fs::path> pictures_in(const fs::path& folder) {
  const bool is_run = fs::exists(folder / "travel.json");
  std::vector<fs::path> pictures;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const bool wanted = is_run ? is_frame_of_run(entry.path()) : is_picture(entry.path());
    if (wanted && entry.is_regular_file()) {
      pictures.push_back(entry.path());
    }
  }
  if (pictures.empty()) {
    fail(folder.string() + ": has no pictures, expected PNG, JPEG or WebP files");
  }
  std::sort(pictures.begin(), pictures.end());
  return pictures;
}

std::vector<Task> tasks_of(const UpscaleJob& job) {
  if (job.inputs.empty()) {
    fail("no pictures are given, expected pictures or folders of them");
  }
  std::map<fs::path, fs::path> sources;  // of each target
  std::vector<Task> tasks;
  for (const fs::path& input : job.inputs) {
    for (const fs::path& source :
         fs::is_directory(input) ? pictures_in(input) : std::vector<fs::path>{input}) {
      const fs::path target = job.out / (source.stem().string() + ".png");
      const auto [known, fresh] = sources.emplace(target, source);
      if (!fresh && known->second != source) {
        fail(known->second.string() + " and " + source.string() + " would both become " +
             target.string() + ", expected names that come once");
      }
      std::error_code error;
      if (fs::equivalent(source, target, error)) {
        fail(source.string() + " would be replaced, expected another folder as out");
      }
      if (fresh) {
        tasks.push_back({source, target});
      }
    }
  }
  return tasks;
}

/// How a picture's large version is made, and of which bytes.
std::string recipe_of(const Enlarger& enlarger, const std::string& source) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(source)));
  return enlarger.recipe() + ", Postprocess source hash: " + hash.finish().substr(0, kHashDigits);
}

/// Whether a whole picture is there that says it was made so.
bool is_there(const fs::path& target, const std::string& recipe) {
  if (!fs::exists(target)) {
    return false;
  }
  try {
    return find_text(read_png_text(target), kKeyword) == recipe;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::Io) {
      throw;
    }
    return false;  // Cut off, or something else: it is made again.
  }
}

/// What the large picture says: all that its source does, and how it was made.
std::vector<ImageText> texts_of(std::vector<ImageText> texts, const std::string& recipe) {
  std::erase_if(texts, [](const ImageText& entry) { return entry.keyword == kKeyword; });
  texts.push_back({std::string(kKeyword), recipe});
  return texts;
}

}  // namespace

UpscaleResult upscale_pictures(const UpscaleJob& job,
                               Progress& progress,
                               const UpscaleEvents& events) {
  validate(job.options);
  const std::vector<Task> tasks = tasks_of(job);
  prepare_memory();
  const ThreadScope threads(job.options.threads);
  progress.enter(WorkPhase::Loading);
  const Enlarger enlarger(job.options);
  if (events.note && !enlarger.description().empty()) {
    events.note(enlarger.name() + " is " + enlarger.description());
  }
  create_folders(job.out);
  progress.begin("Looking for pictures that are there", "pictures",
                 static_cast<double>(tasks.size()));
  std::vector<Task> missing;
  for (const Task& task : tasks) {
    progress.check_cancelled();
    if (!is_there(task.target, recipe_of(enlarger, read_file(task.source)))) {
      missing.push_back(task);
    }
  }
  UpscaleResult result;
  result.skipped = static_cast<std::int64_t>(tasks.size() - missing.size());
  progress.enter(WorkPhase::Drawing);
  progress.begin("Enlarging pictures", "pictures", static_cast<double>(tasks.size()));
  progress.set_initial(static_cast<double>(result.skipped));
  for (const auto& [source, target] : missing) {
    const auto tell = [&](double share) {
      progress.check_cancelled();
      progress.update(static_cast<double>(result.skipped + result.enlarged) + share);
    };
    const std::string bytes = read_file(source);
    LoadedImage picture = decode_image(bytes, source.string());
    const Image large = enlarger(picture.image, tell);
    write_png(target, large, texts_of(std::move(picture.texts), recipe_of(enlarger, bytes)));
    ++result.enlarged;
    tell(0);
    if (events.picture) {
      events.picture(target);
    }
  }
  return result;
}

}  // namespace ptravel
