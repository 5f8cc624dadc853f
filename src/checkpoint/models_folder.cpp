#include "checkpoint/models_folder.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>

#include "base/text.h"
#include "checkpoint/diffusers.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 8;
constexpr std::size_t kMost = 10'000;

/// Where files of a kind lie, and how their names end.
struct KindRow {
  FileKind kind;
  std::vector<std::string_view> folders;  ///< Also below "models".
  std::vector<std::string_view> endings;
};

const std::vector<KindRow>& kind_table() {
  static const std::vector<KindRow> table = {
      {FileKind::Model,
       {"Stable-diffusion", "checkpoints", "diffusers"},
       {".safetensors", ".ckpt"}},
      {FileKind::Vae, {"VAE", "vae"}, {".safetensors", ".ckpt", ".pt"}},
      {FileKind::Lora, {"Lora", "LyCORIS", "loras"}, {".safetensors", ".pt", ".ckpt"}},
      {FileKind::Embedding, {"embeddings"}, {".safetensors", ".pt", ".bin", ".png", ".webp"}},
      {FileKind::Hypernetwork, {"hypernetworks"}, {".pt"}},
      {FileKind::Upscaler,
       {"ESRGAN", "RealESRGAN", "upscale_models"},
       {".safetensors", ".pth", ".pt"}},
      {FileKind::Interpolator,
       {"RIFE", "rife", "FILM", "film", "interpolators", "frame_interpolation"},
       {".safetensors", ".pth", ".pt", ".pkl"}},
      {FileKind::PreviewVae, {"VAE-approx", "vae_approx"}, {".safetensors", ".pth", ".pt"}},
  };
  return table;
}

const KindRow& row_of(FileKind kind) {
  return *std::ranges::find(kind_table(), kind, &KindRow::kind);
}

bool contains(const std::vector<std::string_view>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// Whether files of another kind than models and VAEs lie in a folder of this name, wherever it is.
/// Those of interpolators bear words that other folders may bear, too ("film").
bool holds_other_kinds(const std::string& name) {
  return std::ranges::any_of(kind_table(), [&](const KindRow& row) {
    return row.kind != FileKind::Model && row.kind != FileKind::Vae &&
           row.kind != FileKind::Interpolator && contains(row.folders, name);
  });
}

/// Collects what lies below one folder.
class Walk {
 public:
  Walk(fs::path root, FileKind kind, std::vector<FoundFile>& found)
      : root_(std::move(root)), kind_(kind), row_(row_of(kind)), found_(found) {}

  /// Leaves out a folder below the root.
  void pass_over(const fs::path& folder) {
    std::error_code error;
    entered_.insert(fs::canonical(folder, error));
  }
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
    const std::string name = path.filename().string();
    if (name.starts_with(".") || found_.size() >= kMost) {
      return;
    }
    if (fs::is_directory(path, error)) {
      const bool models = kind_ == FileKind::Model;
      if (models && is_diffusers_folder(path)) {
        add(path, kind_);
      } else if (!models || !holds_other_kinds(name)) {
        enter(path, depth + 1);
      }
      return;
    }
    const std::string ending = lower_case(path.extension().string());
    const std::string inner = lower_case(path.stem().extension().string());
    const bool named_vae = kind_ == FileKind::Model && inner == ".vae";
    const KindRow& row = named_vae ? row_of(FileKind::Vae) : row_;
    if (fs::is_regular_file(path, error) && contains(row.endings, ending) &&
        (kind_ != FileKind::Embedding || inner != ".preview")) {
      add(path, row.kind);
    }
  }

  void add(const fs::path& path, FileKind kind) {
    found_.push_back({path, path.lexically_relative(root_).generic_string(), kind});
  }

  fs::path root_;
  FileKind kind_;
  const KindRow& row_;
  std::vector<FoundFile>& found_;
  std::set<fs::path> entered_;
};

/// Puts the names of parent folders before names that are there already.
void make_names_unique(std::vector<FoundFile>& models) {
  std::set<std::pair<FileKind, std::string>> taken;
  for (FoundFile& model : models) {
    fs::path parent = model.path;
    for (const fs::path& part : fs::path(model.name)) {
      (void)part;
      parent = parent.parent_path();
    }
    while (!taken.insert({model.kind, model.name}).second && parent.has_filename()) {
      model.name = parent.filename().string() + "/" + model.name;
      parent = parent.parent_path();
    }
  }
}

/// Absolute and without an ending "/", so that it has a name.
fs::path plain_folder(const fs::path& given) {
  std::error_code error;
  const fs::path folder = fs::absolute(given, error).lexically_normal();
  return folder.has_filename() ? folder : folder.parent_path();
}

/// Adds what was not found before: the same folder may be given twice.
void take_new(std::vector<FoundFile>&& here,
              std::set<fs::path>& known,
              std::vector<FoundFile>& found) {
  for (FoundFile& file : here) {
    if (known.insert(file.path).second) {
      found.push_back(std::move(file));
    }
  }
}

}  // namespace

std::span<const std::string_view> folder_names(FileKind kind) { return row_of(kind).folders; }

std::vector<fs::path> folders_of_kind(const fs::path& models_folder, FileKind kind) {
  const fs::path root = plain_folder(models_folder);
  const std::vector<std::string_view>& names = row_of(kind).folders;
  std::vector<fs::path> places;
  for (const char* parent : {"models", ""}) {
    for (const std::string_view name : names) {
      places.push_back(root / parent / name);
    }
  }
  if (contains(names, root.filename().string())) {
    places.push_back(root);
  }
  // Of two names for one place (links, file systems that ignore case) the first.
  std::set<fs::path> real;
  std::erase_if(places, [&](const fs::path& place) {
    std::error_code error;
    const fs::path target = fs::canonical(place, error);
    return error || !fs::is_directory(target, error) || !real.insert(target).second;
  });
  return places;
}

std::vector<FoundFile> find_models(const std::vector<fs::path>& models_folders) {
  std::vector<FoundFile> found;
  std::set<fs::path> known;
  for (const fs::path& given : models_folders) {
    const fs::path root = plain_folder(given);
    const std::vector<fs::path> model_folders = folders_of_kind(root, FileKind::Model);
    const std::vector<fs::path> vae_folders = folders_of_kind(root, FileKind::Vae);
    std::vector<FoundFile> here;
    for (const fs::path& path : model_folders) {
      Walk(path, FileKind::Model, here).run();
    }
    for (const fs::path& path : vae_folders) {
      Walk(path, FileKind::Vae, here).run();
    }
    if (model_folders.empty() && vae_folders.empty()) {
      if (is_diffusers_folder(root)) {
        here.push_back({root, root.filename().string(), FileKind::Model});
      } else if (!holds_other_kinds(root.filename().string())) {
        Walk walk(root, FileKind::Model, here);
        for (const fs::path& folder : folders_of_kind(root, FileKind::Interpolator)) {
          if (folder != root) {
            walk.pass_over(folder);
          }
        }
        walk.run();
      }
    }
    take_new(std::move(here), known, found);
  }
  make_names_unique(found);
  return found;
}

std::vector<FoundFile> find_files(const std::vector<fs::path>& models_folders, FileKind kind) {
  if (kind == FileKind::Model || kind == FileKind::Vae) {
    throw Error(ErrorCode::Internal, "[models] find_files is not for models and VAEs");
  }
  std::vector<FoundFile> found;
  std::set<fs::path> known;
  for (const fs::path& folder : models_folders) {
    for (const fs::path& place : folders_of_kind(folder, kind)) {
      std::vector<FoundFile> here;
      Walk(place, kind, here).run();
      take_new(std::move(here), known, found);
    }
  }
  return found;
}

}  // namespace ptravel
