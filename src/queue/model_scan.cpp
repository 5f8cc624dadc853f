#include "queue/model_scan.h"

#include <algorithm>
#include <set>
#include <span>
#include <system_error>

#include "base/text.h"
#include "checkpoint/diffusers.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 8;
constexpr std::size_t kMost = 10'000;
constexpr const char* kModelFolders[] = {
    "models/Stable-diffusion", "models/checkpoints", "models/diffusers",
    "Stable-diffusion",        "checkpoints",        "diffusers"};
constexpr const char* kVaeFolders[] = {"models/VAE", "models/vae", "VAE", "vae"};

/// Whether networks that enlarge pictures lie there, which postprocess looks for.
bool is_upscaler_folder(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name == "ESRGAN" || name == "RealESRGAN" || name == "upscale_models";
}

/// Collects what lies below one folder.
class Walk {
 public:
  Walk(fs::path root, bool vaes, std::vector<FoundModel>& found)
      : root_(std::move(root)), vaes_(vaes), found_(found) {}

  void run() { enter(root_, 0); }

 private:
  void enter(const fs::path& folder, int depth) {
    std::error_code error;
    const fs::path real = fs::canonical(folder, error);
    if (error || depth > kDeepest || !entered_.insert(real).second) {
      return;  // gone, or a link back
    }
    std::vector<fs::path> entries;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      entries.push_back(entry->path());
    }
    std::sort(entries.begin(), entries.end());
    for (const fs::path& path : entries) {
      see(path, depth);
    }
  }

  void see(const fs::path& path, int depth) {
    std::error_code error;
    if (path.filename().string().starts_with(".") || found_.size() >= kMost) {
      return;
    }
    if (fs::is_directory(path, error)) {
      if (is_upscaler_folder(path)) {
        return;
      }
      if (!vaes_ && is_diffusers_folder(path)) {
        add(path, false);
      } else {
        enter(path, depth + 1);
      }
      return;
    }
    const std::string ending = lower_case(path.extension().string());
    const std::string inner = lower_case(path.stem().extension().string());
    const bool is_vae = vaes_ || inner == ".vae";
    if (fs::is_regular_file(path, error) &&
        (ending == ".safetensors" || ending == ".ckpt" || (is_vae && ending == ".pt"))) {
      add(path, is_vae);
    }
  }

  void add(const fs::path& path, bool is_vae) {
    found_.push_back({path, path.lexically_relative(root_).generic_string(), is_vae});
  }

  fs::path root_;
  bool vaes_;
  std::vector<FoundModel>& found_;
  std::set<fs::path> entered_;
};

/// The folders of these names that are there; of two names for one place (file systems that ignore
/// case) the first.
std::vector<fs::path> existing(const fs::path& folder, std::span<const char* const> names) {
  std::vector<fs::path> paths;
  std::set<fs::path> real;
  for (const char* name : names) {
    std::error_code error;
    const fs::path place = fs::canonical(folder / name, error);
    if (!error && fs::is_directory(place, error) && real.insert(place).second) {
      paths.push_back(folder / name);
    }
  }
  return paths;
}

/// Puts the names of parent folders before names that are there already.
void make_names_unique(std::vector<FoundModel>& models) {
  std::set<std::pair<bool, std::string>> taken;
  for (FoundModel& model : models) {
    fs::path parent = model.path;
    for (const fs::path& part : fs::path(model.name)) {
      (void)part;
      parent = parent.parent_path();
    }
    while (!taken.insert({model.in_vae_folder, model.name}).second && parent.has_filename()) {
      model.name = parent.filename().string() + "/" + model.name;
      parent = parent.parent_path();
    }
  }
}

}  // namespace

std::vector<FoundModel> find_models(const std::vector<fs::path>& folders) {
  std::vector<FoundModel> found;
  std::set<fs::path> known;
  for (const fs::path& given : folders) {
    std::error_code error;
    const fs::path folder = fs::absolute(given, error).lexically_normal();
    const fs::path root = folder.has_filename() ? folder : folder.parent_path();
    const std::vector<fs::path> model_folders = existing(root, kModelFolders);
    const std::vector<fs::path> vae_folders = existing(root, kVaeFolders);
    std::vector<FoundModel> here;
    for (const fs::path& path : model_folders) {
      Walk(path, false, here).run();
    }
    for (const fs::path& path : vae_folders) {
      Walk(path, true, here).run();
    }
    if (model_folders.empty() && vae_folders.empty()) {
      if (is_diffusers_folder(root)) {
        here.push_back({root, root.filename().string(), false});
      } else {
        Walk(root, false, here).run();
      }
    }
    for (FoundModel& model : here) {
      if (known.insert(model.path).second) {  // the same folder may be given twice
        found.push_back(std::move(model));
      }
    }
  }
  make_names_unique(found);
  return found;
}

}  // namespace ptravel
