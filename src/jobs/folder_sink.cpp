#include "jobs/folder_sink.h"

#include <filesystem>

#include "base/files.h"
#include "base/profile_scope.h"
#include "media/image_file.h"

namespace ptravel {

namespace fs = std::filesystem;

std::string FolderSink::encoded(const RenderedFrame& frame) const {
  const auto profile = ProfileScope::part("saving frames");
  const ImageText text{"parameters", frame.parameters};
  return encode_png(frame.image, {&text, 1}, frame.latent);
}

void FolderSink::add_encoded(const RenderedFrame& frame, const std::string& bytes) {
  const auto profile = ProfileScope::part("saving frames");
  const fs::path path = folder_.frame_path(frame.index);
  write_file_atomic(path, bytes);
  if (written_) {
    written_(frame.index);
  }
  events_({RunEvent::Kind::Frame, "", path, frame.index});
}

void FolderSink::add_file(const TravelFile& file) {
  const auto profile = ProfileScope::part("other files");
  const fs::path path = folder_.path() / file.name;
  if (file.image) {
    write_png(path, *file.image, {});
  } else {
    write_file_atomic(path, file.text);
  }
  events_({RunEvent::Kind::File, "", path, 0});
}

}  // namespace ptravel
