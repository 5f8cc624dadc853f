#include "ptravel/default_model.h"

#include <cstdlib>

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr int kLevels = 5;

bool is_model(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) || fs::exists(path / "model_index.json", ignored);
}

std::vector<fs::path> places_around(const fs::path& program) {
  std::vector<fs::path> places;
  fs::path folder = program.parent_path();
  for (int level = 0; level < kLevels; ++level) {
    places.push_back(folder / "models/default");
    if (folder == folder.parent_path()) {
      break;
    }
    folder = folder.parent_path();
  }
  const fs::path prefix = program.parent_path().parent_path();
  places.push_back(prefix / "share/prompt-travel/models/default");
  return places;
}

}  // namespace

DefaultModel find_default_model() {
  std::error_code ignored;
  const char* variable = std::getenv("PROMPT_TRAVEL_DEFAULT_MODEL");
  return find_default_model(fs::read_symlink("/proc/self/exe", ignored),
                            variable == nullptr ? "" : variable);
}

DefaultModel find_default_model(const fs::path& program, const std::string& variable) {
  DefaultModel result;
  result.places = variable.empty() ? places_around(program) : std::vector<fs::path>{variable};
  for (const fs::path& place : result.places) {
    if (is_model(place)) {
      result.path = place;
      break;
    }
  }
  return result;
}

}  // namespace ptravel
