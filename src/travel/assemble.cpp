#include "travel/assemble.h"

#include <memory>

#include "travel/slice.h"

namespace ptravel {

void assemble_video(const FilmPlan& plan,
                    const std::function<Image(std::int64_t)>& frame,
                    const std::filesystem::path& output,
                    Progress& progress) {
  const auto film = pick_and_pad(plan.pick, plan.pad, plan.frame_count);
  progress.begin("encoding the video", "frames", static_cast<double>(film.size()));
  std::unique_ptr<VideoWriter> writer;
  Image image;
  for (std::size_t i = 0; i < film.size(); ++i) {
    progress.check_cancelled();
    if (i == 0 || film[i] != film[i - 1]) {
      image = frame(film[i]);
    }
    if (writer == nullptr) {
      VideoOptions options;
      options.format = plan.format;
      options.fps = plan.fps;
      writer = VideoWriter::open(output, image.width, image.height, options);
    }
    writer->add_frame(image);
    progress.update(static_cast<double>(i + 1));
  }
  writer->finish();
}

}  // namespace ptravel
