#include "notation/usual_places.h"

namespace ptravel {

std::vector<std::filesystem::path> usual_places(
    const std::vector<std::filesystem::path>& models_folders, const std::string& name) {
  std::vector<std::filesystem::path> places;
  for (const std::filesystem::path& folder : models_folders) {
    places.push_back(folder / name);
    places.push_back(std::filesystem::absolute(folder).lexically_normal().parent_path() / name);
  }
  places.emplace_back(name);
  return places;
}

}  // namespace ptravel
