#include "checkpoint/vae_file.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <system_error>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "checkpoint/diffusers.h"
#include "checkpoint/file_words.h"
#include "checkpoint/key_map.h"
#include "checkpoint/model_family.h"
#include "checkpoint/models_folder.h"
#include "checkpoint/named_file.h"
#include "checkpoint/scaled_tensors.h"
#include "checkpoint/tensor_file.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Path = std::filesystem::path;
using Source = std::shared_ptr<const StoredTensors>;

constexpr std::uint64_t kMaxConfigBytes = std::uint64_t{1} << 20;

constexpr ModelFamily kFamilies[] = {ModelFamily::Sd1, ModelFamily::Sd2, ModelFamily::Sdxl};

// Pieces of the names that VAEs usually have.
struct UsualName {
  std::string_view piece;
  ModelFamily family;
};
constexpr UsualName kNames[] = {
    {"sdxl", ModelFamily::Sdxl},      {"xl_vae", ModelFamily::Sdxl},
    {"xlvae", ModelFamily::Sdxl},     {"vae-ft-mse", ModelFamily::Sd1},
    {"vae-ft-ema", ModelFamily::Sd1}, {"kl-f8", ModelFamily::Sd1},
};

[[noreturn]] void fail(ErrorCode code, const Path& path, const std::string& problem) {
  throw Error(code, "[model] " + path.string() + ": " + problem);
}

bool is_file(const Path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

std::string scale_text(double scale) {
  std::string text = std::to_string(scale);
  text.resize(text.find_last_not_of('0') + 1);
  return text;
}

/// The scale of latents that a diffusers folder's config.json states for the VAE beside it.
std::optional<double> scale_beside(const Path& path) {
  const Path config = path.parent_path() / "config.json";
  if (!path.filename().string().starts_with("diffusion_pytorch_model") || !is_file(config)) {
    return std::nullopt;
  }
  std::string text;
  try {
    text = read_file(config, kMaxConfigBytes);
  } catch (const Error&) {
    return std::nullopt;
  }
  const auto content = nlohmann::json::parse(text, nullptr, false);
  if (!content.is_object() || !content.contains("scaling_factor") ||
      !content["scaling_factor"].is_number()) {
    return std::nullopt;
  }
  return content["scaling_factor"].get<double>();
}

/// The VAEs of all families have the same names and shapes. What a file says of itself is believed;
/// its name is only worth a note.
void check_scale(const TensorFile& file,
                 const Path& path,
                 ModelFamily family,
                 std::vector<std::string>& notes) {
  const double ours = family_traits(family).scale_factor;
  const std::string expected = "; expected the VAE of a " + std::string(family_label(family)) +
                               " model, whose latents are multiplied by " + scale_text(ours);
  const auto of_other_scale = [&](ModelFamily other) {
    return family_traits(other).scale_factor != ours;
  };
  if (auto claimed = claimed_family(file)) {
    claimed = *claimed == ModelFamily::SdxlRefiner ? ModelFamily::Sdxl : *claimed;
    if (is_loadable(*claimed) && of_other_scale(*claimed)) {
      fail(ErrorCode::Unsupported, path,
           "its metadata (modelspec.architecture) says " + words_of(file).architecture + expected);
    }
  }
  const auto scale = scale_beside(path);
  for (const ModelFamily known : kFamilies) {
    if (scale && *scale == family_traits(known).scale_factor && of_other_scale(known)) {
      fail(ErrorCode::Unsupported, path,
           "config.json beside it states scaling_factor " + scale_text(*scale) + expected);
    }
  }
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  for (const UsualName& row : kNames) {
    if (name.find(row.piece) != name.npos && of_other_scale(row.family)) {
      notes.push_back(
          path.string() + " is named like the VAE of a " + std::string(family_label(row.family)) +
          " model, and this is a " + std::string(family_label(family)) +
          " model. Their weights look alike; if the name is right, the pictures' colours "
          "will be wrong.");
      return;
    }
  }
}

}  // namespace

Path vae_beside(const Path& model) {
  for (const char* ending : {".vae.safetensors", ".vae.pt", ".vae.ckpt"}) {
    Path candidate = model.parent_path() / (model.stem().string() + ending);
    if (is_file(candidate)) {
      return candidate;
    }
  }
  return {};
}

Path find_vae(const Path& name, const std::vector<Path>& models_folders) {
  std::error_code ignored;
  if (std::filesystem::exists(name, ignored)) {
    return name;
  }
  std::vector<FoundFile> vaes = find_models(models_folders);
  std::erase_if(vaes, [](const FoundFile& file) { return file.kind != FileKind::Vae; });
  const std::vector<FoundFile> named = files_named(vaes, name.generic_string());
  if (named.empty()) {
    throw_unknown_name("vae", "VAE", name.string(), vaes, FileKind::Vae);
  }
  return named.front().path;
}

void replace_vae(const Path& path,
                 ModelFamily family,
                 RenamedTensors& tensors,
                 std::vector<std::string>& notes) {
  const TensorFile opened = open_tensor_file(path);
  const Source file = with_scales_applied(opened.tensors);
  if (!has_prefix(*file, "first_stage_model.") && !has_prefix(*file, "decoder.")) {
    fail(ErrorCode::Unsupported, path,
         "is a " + std::string(family_label(recognise_model(*file))) + ", expected a VAE");
  }
  check_scale(opened, path, family, notes);
  for (const std::string& name : tensors.names()) {
    if (name.starts_with(kVaePrefix)) {
      tensors.remove(name);
    }
  }
  if (has_prefix(*file, "encoder.down_blocks.")) {
    const DiffusersLayout layout = read_diffusers_layout(ModelPart::Vae, file->names());
    for (const std::string& name : file->names()) {
      if (const auto mapped = map_diffusers_name(ModelPart::Vae, name, layout)) {
        tensors.add(mapped->name, file, name,
                    mapped->point_convolution ? RenamedTensors::Shape::PointConvolution
                                              : RenamedTensors::Shape::AsStored);
      }
    }
    return;
  }
  const bool prefixed = has_prefix(*file, kVaePrefix);
  for (const std::string& name : file->names()) {
    const std::string full = prefixed ? name : std::string(kVaePrefix) + name;
    const auto mapped = map_single_file_name(full);
    if (mapped && mapped->starts_with(kVaePrefix)) {
      tensors.add(*mapped, file, name);
    }
  }
}

}  // namespace ptravel
