#include <algorithm>
#include <cstdio>

#include "base/enum_names.h"
#include "checkpoint/config.h"
#include "checkpoint/diffusers.h"
#include "checkpoint/file_marks.h"
#include "checkpoint/file_notes.h"
#include "checkpoint/file_words.h"
#include "checkpoint/key_map.h"
#include "checkpoint/lora_contents.h"
#include "checkpoint/model_family.h"
#include "checkpoint/tensor_file.h"
#include "ptravel/error.h"
#include "ptravel/model.h"

namespace ptravel {
namespace {

using Path = std::filesystem::path;

constexpr auto kPredictions =
    enum_names<Prediction>({{Prediction::Eps, "epsilon"}, {Prediction::V, "v"}});
constexpr auto kLayouts = enum_names<ModelLayout>({{ModelLayout::Safetensors, "safetensors"},
                                                   {ModelLayout::Checkpoint, "checkpoint"},
                                                   {ModelLayout::Diffusers, "diffusers"}});

struct PartRule {
  std::string_view prefix;
  std::string_view part;
};

constexpr PartRule kParts[] = {
    {"model.diffusion_model.", "unet"},
    {"down_blocks.", "unet"},
    {"mid_block.", "unet"},
    {"up_blocks.", "unet"},
    {"first_stage_model.", "vae"},
    {"encoder.", "vae"},
    {"decoder.", "vae"},
    {"quant_conv.", "vae"},
    {"post_quant_conv.", "vae"},
    {"cond_stage_model.", "text encoder"},
    {"conditioner.", "text encoder"},
    {"text_model.", "text encoder"},
    {"model_ema.", "ema"},
};
constexpr std::string_view kPartOrder[] = {"unet", "vae", "text encoder", "ema", "other"};

std::string_view part_of(std::string_view name) {
  for (const PartRule& rule : kParts) {
    if (name.starts_with(rule.prefix)) {
      return rule.part;
    }
  }
  return "other";
}

void count_parts(const StoredTensors& tensors, ModelInfo& info) {
  std::map<std::string_view, ModelPartInfo> parts;
  for (const std::string& name : tensors.names()) {
    const std::uint64_t parameters = number_count(tensors, name);
    ModelPartInfo& part = parts[part_of(name)];
    ++part.tensors;
    part.parameters += parameters;
    part.dtypes[std::string(number_format_name(tensors.format(name)))] += parameters;
    ++info.tensors;
  }
  for (const std::string_view name : kPartOrder) {
    if (const auto found = parts.find(name); found != parts.end()) {
      found->second.name = name;
      info.parts.push_back(std::move(found->second));
    }
  }
  info.has_ema = parts.contains("ema");
}

std::uint64_t size_of(const Path& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<std::uint64_t>(size);
}

Path folder_of_index(const Path& path) {
  return path.filename() == "model_index.json" ? path.parent_path() : path;
}

bool is_there(const Path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool is_folder(const Path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

/// The side of the pictures that a model which says nothing of it was trained on.
int usual_size(const ModelInfo& info) {
  const FamilyTraits& traits = family_traits(info.family);
  return info.prediction == Prediction::V ? traits.picture_size_v : traits.picture_size;
}

/// Where the noise levels come from.
std::string levels_text(const std::optional<EdmSchedule>& edm,
                        const std::optional<std::vector<double>>& alphas_cumprod) {
  if (edm) {
    char text[96];
    std::snprintf(text, sizeof text, "EDM, sigma from %.4g to %.4g, data of %.4g", edm->sigma_min,
                  edm->sigma_max, edm->sigma_data);
    return text;
  }
  if (!alphas_cumprod) {
    return "Stable Diffusion's";
  }
  return has_zero_snr(alphas_cumprod) ? "zero terminal SNR" : "its own (alphas_cumprod)";
}

/// What a family draws with besides a prompt.
std::vector<std::string> needs_of(ModelFamily family) {
  switch (family_traits(family).picture) {
    case PictureInput::Masked:
      return {"a picture and a mask for what it is made for"};
    case PictureInput::Edited:
      return {"a picture to change"};
    case PictureInput::None:
      break;
  }
  return {};
}

/// What the weights take: those of the parts that are loaded. Text encoders compute in fp32, but on
/// a CPU they stay in the 16 bits of their file.
void tell_memory(ModelInfo& info) {
  for (const ModelPartInfo& part : info.parts) {
    if (part.name == "text encoder") {
      std::uint64_t narrow = 0;
      for (const auto& [dtype, count] : part.dtypes) {
        narrow += dtype == "F16" || dtype == "BF16" ? count : 0;
      }
      const std::uint64_t bytes = 4 * part.parameters - 2 * narrow;
      info.memory_fp32 += bytes;
      info.memory_16bit += bytes;
    } else if (part.name == "unet" || part.name == "vae") {
      info.memory_fp32 += 4 * part.parameters;
      info.memory_16bit += 2 * part.parameters;
    }
  }
}

void tell_training(const ConfigHints& hints,
                   const std::optional<EdmSchedule>& edm,
                   const std::optional<std::vector<double>>& alphas_cumprod,
                   ModelInfo& info) {
  const BelievedPrediction believed = believed_prediction(hints, info.family);
  info.prediction = believed.prediction;
  info.prediction_reason = believed.reason;
  info.prediction_is_tested = believed.is_tested;
  if (believed.is_tested) {
    if (const auto known = remembered_note(model_hash_file(info.path), kPredictionNote)) {
      info.prediction =
          *known == kPredictions.name(Prediction::V) ? Prediction::V : Prediction::Eps;
      info.prediction_is_tested = false;
    }
  }
  info.zero_snr = !edm && has_zero_snr(alphas_cumprod);
  info.noise_levels = levels_text(edm, alphas_cumprod);
  info.needs = needs_of(info.family);
  info.notes.insert(info.notes.end(), hints.notes.begin(), hints.notes.end());
  info.picture_size = usual_size(info);
}

void inspect_folder(ModelInfo& info) {
  if (!is_diffusers_folder(info.path)) {
    throw Error(
        ErrorCode::Unsupported,
        "[model] " + info.path.string() +
            ": is a folder without model_index.json; expected a diffusers folder or a file");
  }
  const DiffusersFolder folder = open_diffusers(info.path, /*without_vae=*/true);
  info.layout = ModelLayout::Diffusers;
  info.family = folder.family;
  if (is_loadable(info.family)) {
    tell_training(folder.hints, folder.edm, folder.alphas_cumprod, info);
    if (folder.sample_size) {
      const bool has_vae = is_there(info.path / "vae");
      info.picture_size =
          has_vae ? static_cast<int>(*folder.sample_size *
                                     read_vae_config(*folder.tensors, folder.hints).factor())
                  : 0;
    }
  }
  for (const ModelFile& file : folder.files) {
    if (file.role != "config" && file.role != "index") {
      info.bytes += size_of(file.path);
    }
  }
  count_parts(*folder.tensors, info);
}

/// What `read` reads of a file; nothing where opening the model will say what is wrong with it.
template <typename Read>
auto if_sound(const Read& read) -> decltype(read()) {
  try {
    return read();
  } catch (const Error&) {
    return std::nullopt;
  }
}

void inspect_file(ModelInfo& info) {
  TensorFile file = open_tensor_file(info.path);
  info.layout = file.layout;
  info.family = recognise_model(*file.tensors);
  info.bytes = size_of(info.path);
  info.words = words_of(file);
  if (is_loadable(info.family)) {
    if (std::string note = contradiction(file, info.family); !note.empty()) {
      info.notes.push_back(std::move(note));
    }
    ConfigHints hints = read_hints_beside(info.path);
    take_marks(file, hints);
    tell_training(hints, if_sound([&] { return read_edm(*file.tensors); }),
                  if_sound([&] { return schedule_of(file); }), info);
  }
  if (info.family == ModelFamily::Lora) {
    info.contents = lora_contents(*file.tensors);
  }
  count_parts(*file.tensors, info);
  info.metadata = std::move(file.metadata);
}

/// "859.5 M" or "32": four digits and a decimal prefix where one is needed.
std::string scaled(std::uint64_t whole) {
  auto number = static_cast<double>(whole);
  const char* scale = "";
  for (const char* next : {" k", " M", " G"}) {
    if (number < 1000) {
      break;
    }
    number /= 1000;
    scale = next;
  }
  char text[64];
  std::snprintf(text, sizeof text, "%.4g%s", number, scale);
  return text;
}

std::string dtypes_text(const ModelPartInfo& part) {
  std::string text;
  for (const auto& [name, count] : part.dtypes) {
    text += (text.empty() ? "" : " + ") + name;
  }
  return text;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string text;
  for (const std::string& one : texts) {
    text += (text.empty() ? "" : ", ") + one;
  }
  return text;
}

std::string bytes_text(std::uint64_t bytes) { return scaled(bytes) + (bytes < 1000 ? " B" : "B"); }

/// What people wrote into the file, and what there is to note, each with its title.
std::vector<std::pair<std::string_view, std::string>> word_lines(const ModelInfo& info) {
  const ModelWords& words = info.words;
  std::vector<std::pair<std::string_view, std::string>> lines = {
      {"title", words.title},
      {"author", words.author},
      {"license", words.license},
      {"architecture", words.architecture},
      {"trigger words", words.trigger_phrase},
      {"frequent tags", joined(words.frequent_tags)}};
  for (const std::string& note : info.notes) {
    lines.emplace_back("note", note);
  }
  std::erase_if(lines, [](const auto& line) { return line.second.empty(); });
  return lines;
}

}  // namespace

std::string_view prediction_name(Prediction prediction) { return kPredictions.name(prediction); }

std::string_view layout_name(ModelLayout layout) { return kLayouts.name(layout); }

Path model_hash_file(const Path& path) {
  const Path folder = folder_of_index(path);
  return is_folder(folder) ? find_part_files(folder / "unet").front() : path;
}

ModelInfo inspect_model(const Path& path, Hashing hashing) {
  ModelInfo info;
  info.path = folder_of_index(path);
  if (is_folder(info.path)) {
    inspect_folder(info);
  } else {
    inspect_file(info);
  }
  info.supported = is_loadable(info.family);
  if (info.supported) {
    tell_memory(info);
  }
  if (hashing == Hashing::Yes) {
    info.sha256 = file_sha256(model_hash_file(info.path));
  }
  return info;
}

std::string describe(const ModelInfo& info) {
  std::string text = info.path.string() + "\n";
  const auto line = [&](std::string_view title, const std::string& value) {
    text.append("  ").append(title).append(
        std::string(14 - std::min<std::size_t>(title.size(), 13), ' '));
    text += value + "\n";
  };
  line("family", std::string(family_label(info.family)));
  if (!info.supported) {
    line("", refusal(info.family));
  }
  line("layout", std::string(layout_name(info.layout)));
  line("size", scaled(info.bytes) + (info.bytes < 1000 ? " B in " : "B in ") +
                   std::to_string(info.tensors) + " tensors");
  for (const std::string& one : info.contents) {
    line(&one == &info.contents.front() ? "contents" : "", one);
  }
  for (const ModelPartInfo& part : info.parts) {
    line(part.name, scaled(part.parameters) + " parameters, " + dtypes_text(part));
  }
  if (info.supported) {
    line("prediction", info.prediction_is_tested ? "only its answers tell: read its UNet to know"
                                                 : std::string(prediction_name(info.prediction)) +
                                                       " (" + info.prediction_reason + ")");
    line("noise levels", info.noise_levels);
    line("zero SNR", info.zero_snr ? "yes" : "no");
    if (info.picture_size > 0) {
      const std::string side = std::to_string(info.picture_size);
      line("pictures", side + "x" + side);
    }
    line("EMA weights", info.has_ema ? "yes" : "no");
    line("memory", bytes_text(info.memory_fp32) + " of weights in fp32, " +
                       bytes_text(info.memory_16bit) + " in 16 bits");
    if (!info.needs.empty()) {
      line("needs", joined(info.needs));
    }
  }
  for (const auto& [title, value] : word_lines(info)) {
    line(title, value);
  }
  if (!info.sha256.empty()) {
    line("hash", info.short_hash());
    line("sha256", info.sha256);
  }
  return text;
}

}  // namespace ptravel
