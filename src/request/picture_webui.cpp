// The web UI's parameters text: which program wrote it, and the rules of its version.

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "ptravel/hires.h"
#include "ptravel/sampling.h"
#include "request/picture_formats.h"
#include "request/picture_json.h"
#include "request/picture_names.h"

namespace ptravel {
namespace {

/// Major, minor, patch, and commits since then (-1: a release candidate of it).
using Version = std::array<int, 4>;

constexpr Version kNewPromptEditing = {1, 6, 0, 0};
constexpr Version kFullPrecisionAlphas = {1, 7, 0, 225};
constexpr Version kPromptComments = {1, 8, 0, 0};
constexpr Version kSchedulesApart = {1, 9, 0, 0};

/// A number of at most six digits at the beginning of `text`, which it is cut off from.
std::optional<int> take_digits(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && end < 6 && text[end] >= '0' && text[end] <= '9') {
    ++end;
  }
  if (end == 0) {
    return std::nullopt;
  }
  const int number = std::stoi(std::string(text.substr(0, end)));
  text.remove_prefix(end);
  return number;
}

/// "v1.7.0-225-gabcdef", "1.6.0", "v1.6.0-RC"; nullopt for other texts.
std::optional<Version> parse_version(std::string_view text) {
  if (text.starts_with('v')) {
    text.remove_prefix(1);
  }
  Version version{};
  for (std::size_t i = 0; i < 3; ++i) {
    if (i > 0 && !text.starts_with('.')) {
      return i == 2 && text.empty() ? std::optional(version) : std::nullopt;
    }
    text.remove_prefix(i > 0 ? 1 : 0);
    const auto number = take_digits(text);
    if (!number) {
      return std::nullopt;
    }
    version[i] = *number;
  }
  if (text.starts_with('-')) {
    text.remove_prefix(1);
    version[3] = take_digits(text).value_or(-1);
  } else if (!text.empty()) {  // 1.6.0rc
    version[3] = -1;
  }
  return version;
}

/// Forge tells the web UI that it is made of: "f2.0.1v1.10.1-previous-313-g8a042934".
std::optional<Version> forge_base_version(std::string_view text) {
  const std::size_t begin = text.find('v');
  return begin == std::string_view::npos ? std::nullopt : parse_version(text.substr(begin));
}

/// Cuts items whose value is a JSON object or array out of the last line: the item pattern would
/// make several items of one.
std::string without_json_items(std::string text, Infotext& json_items) {
  constexpr std::size_t kMostJsonItems = 16;
  std::size_t from = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  const std::size_t line = from;
  for (std::size_t colon = text.find(": ", from);
       colon != std::string::npos && json_items.items.size() < kMostJsonItems;
       colon = text.find(": ", from)) {
    from = colon + 2;
    if (from >= text.size() || (text[from] != '{' && text[from] != '[')) {
      continue;
    }
    const auto end = json_end(text, from);
    const std::size_t comma = text.rfind(", ", colon);
    if (!end) {
      break;
    }
    if (comma == std::string::npos || comma < line || (*end < text.size() && text[*end] != ',')) {
      continue;
    }
    json_items.set(text.substr(comma + 2, colon - comma - 2), text.substr(from, *end - from));
    text.erase(comma, *end - comma);
    from = comma;
  }
  return text;
}

PictureProgram program_of(const Infotext& text) {
  const std::string version = text.find("Version").value_or("");
  if (text.find("Prompt Travel")) {
    return PictureProgram::PromptTravel;
  }
  if (version.starts_with("stable-diffusion.cpp")) {
    return PictureProgram::StableDiffusionCpp;
  }
  if (version.starts_with("Fooocus")) {
    return PictureProgram::Fooocus;
  }
  if (version == "ComfyUI") {
    return PictureProgram::ComfyUi;
  }
  if (text.find("App") == "SD.Next" || text.find("Backend") || text.find("Parser")) {
    return PictureProgram::SdNext;
  }
  const bool forge = version.size() > 1 && version[0] == 'f' &&
                     std::isdigit(static_cast<unsigned char>(version[1])) != 0;
  return forge || version == "neo" ? PictureProgram::Forge : PictureProgram::WebUi;
}

void rename(Infotext& text, std::string_view from, std::string_view to) {
  for (auto& [key, value] : text.items) {
    if (key == from && !text.find(to)) {
      key = to;
    }
  }
}

void remove(Infotext& text, std::string_view name) {
  std::erase_if(text.items, [name](const auto& item) { return item.first == name; });
}

std::string take(Infotext& text, std::string_view name) {
  std::string value = text.find(name).value_or("");
  remove(text, name);
  return value;
}

/// Comments end with their line, so they go before lines are joined.
std::string cut_comments(std::string_view prompt) {
  std::string kept;
  for (const std::string_view line : split(prompt, '\n')) {
    kept += (kept.empty() ? "" : "\n") + std::string(line.substr(0, line.find('#')));
  }
  return std::string(trimmed(kept));
}

/// Since 1.8 '#' begins a comment; a web UI that does not tell its version is taken for a new one.
void settle_comments(const std::optional<Version>& version, Infotext& meant) {
  const bool comments = !version || *version >= kPromptComments;
  for (std::string* prompt : {&meant.prompt, &meant.negative_prompt}) {
    *prompt = comments ? cut_comments(*prompt) : without_comments(*prompt);
  }
}

/// What the versions of the web UI changed and an old picture needs.
void apply_version(const Version& version, PictureDraft& draft) {
  Infotext& meant = draft.result.meant;
  const std::string sampler = meant.find("Sampler").value_or("");
  const bool brackets = meant.prompt.find('[') != std::string::npos ||
                        meant.negative_prompt.find('[') != std::string::npos;
  if (version < kNewPromptEditing) {
    meant.prompt = without_spaced_weights(meant.prompt);
    meant.negative_prompt = without_spaced_weights(meant.negative_prompt);
  }
  if (version < kNewPromptEditing && brackets) {
    meant.set("Old prompt editing timelines", "True");
  }
  if (version < kNewPromptEditing && (sampler == "DDIM" || sampler == "PLMS")) {
    draft.note(
        "before 1.6 the web UI cut or repeated a negative prompt that is longer or shorter "
        "than the prompt for " +
        sampler + ": not done here");
  }
  if (version < kFullPrecisionAlphas && !meant.find("Downcast alphas_cumprod")) {
    draft.note(
        "web UI " + meant.find("Version").value_or("") +
        " rounded its noise levels to half precision: not done here, pixels differ a little");
  }
  if (version < kSchedulesApart && draft.schedule.empty()) {
    const auto found = find_picture_sampler(draft.result.program, draft.sampler, "");
    const bool plain = found && found->schedule == "Automatic";
    const bool matters = plain && find_sampler(found->sampler).default_schedule != "uniform" &&
                         find_sampler(found->sampler).uses_schedule;
    draft.schedule = matters ? "Uniform" : "";
  }
}

/// SD.Next writes its templates as lines between the prompts and the settings.
void cut_templates(std::string& prompt) {
  for (const std::string_view line : {"\nTemplate: ", "\nNegative template: "}) {
    prompt.erase(std::min(prompt.find(line), prompt.size()));
  }
}

void read_sdnext(PictureDraft& draft) {
  Infotext& meant = draft.result.meant;
  cut_templates(meant.prompt);
  cut_templates(meant.negative_prompt);
  meant.prompt = without_comments(meant.prompt);
  meant.negative_prompt = without_comments(meant.negative_prompt);
  rename(meant, "CLiP-skip", "Clip skip");
  rename(meant, "Clip-skip", "Clip skip");
  rename(meant, "Variation strength", "Variation seed strength");
  rename(meant, "Sampler eta delta", "ENSD");
  rename(meant, "Sampler eta multiplier", "Noise multiplier");
  const std::string scheduler = take(meant, "Scheduler");
  if (draft.sampler.empty() || draft.sampler == "Default") {
    draft.sampler = scheduler;
    draft.sampler_key = "Scheduler";
  }
  draft.schedule = take(meant, "Sampler sigma");
  draft.markup = {.tags = true, .breaks = true};
  draft.note("SD.Next spaces its steps otherwise: the picture will be like it, not equal");
}

void read_fooocus_text(PictureDraft& draft) {
  Infotext& meant = draft.result.meant;
  meant.set("RNG", "CPU");
  draft.scheme = PromptScheme::ComfyUi;
  draft.markup = {.tags = true};
}

void read_comfy_text(PictureDraft& draft) {
  Infotext& meant = draft.result.meant;
  rename(meant, "Denoise", "Denoising strength");
  if (parse_number(meant.find("Denoising strength").value_or("")) == 1) {
    remove(meant, "Denoising strength");  // All of it: from noise, as an empty latent is.
  }
  meant.set("RNG", "CPU");
  draft.scheme = PromptScheme::ComfyUi;
  draft.markup = {.tags = true};
}

/// The web UI of 2022 told the size of the first pass; 0x0 stands for a size near 512x512 of the
/// same shape.
std::string first_pass_size(const Infotext& text, const std::string& told) {
  const auto first = parse_infotext_size(told);
  const auto whole = parse_infotext_size(text.find("Size").value_or(""));
  if (!first || !whole || first->first > 0 || whole->first < 1 || whole->second < 1) {
    return told;
  }
  constexpr double kArea = 512.0 * 512.0;
  const double scale = std::sqrt(kArea / (static_cast<double>(whole->first) * whole->second));
  const auto side = [scale](int length) {
    return std::to_string(static_cast<int>(std::ceil(scale * length / 64)) * 64);
  };
  return side(whole->first) + "x" + side(whole->second);
}

/// Old pictures tell of a second pass in other words, and words that stand for nothing are no
/// names.
void settle_hires(PictureDraft& draft) {
  Infotext& meant = draft.result.meant;
  const std::string first_pass = take(meant, "First pass size");
  if (!first_pass.empty()) {
    meant.set("Hires resize", meant.find("Size").value_or(""));
    meant.set("Size", first_pass_size(meant, first_pass));
  }
  for (const auto& [key, nothing] :
       {std::pair("Hires sampler", "Use same sampler"),
        std::pair("Hires schedule type", "Use same scheduler"), std::pair("Hires resize", "0x0")}) {
    if (meant.find(key).value_or("") == nothing) {
      remove(meant, key);
    }
  }
  const auto own_scale = parse_number(meant.find("Hires CFG Scale").value_or(""));
  if (own_scale && own_scale == parse_number(meant.find("CFG scale").value_or(""))) {
    remove(meant, "Hires CFG Scale");
  }
  const std::string strength = meant.find("Denoising strength").value_or("");
  if (meant.find("Hires upscale") || meant.find("Hires resize")) {
    if (!meant.find("Hires upscaler")) {
      meant.set("Hires upscaler", std::string(kLatentUpscalers.front().name));
    }
  } else if (parse_number(strength) == 0) {
    remove(meant, "Denoising strength");  // Old web UIs wrote it into pictures from text as well.
  }
}

/// Words of known settings that newer or other programs may have and we do not.
void note_unknown_words(PictureDraft& draft) {
  constexpr std::pair<std::string_view, std::array<std::string_view, 4>> kWords[] = {
      {"RNG", {"CPU", "GPU", "NV", ""}},
      {"Emphasis", {"Original", "No norm", "Ignore", "None"}},
      {"Tiling", {"False", "True", "x", "y"}}};
  for (const auto& [key, words] : kWords) {
    const std::string value = draft.result.meant.find(key).value_or(std::string(words[0]));
    if (std::find(words.begin(), words.end(), value) == words.end()) {
      draft.keys.add(KeyEffect::Unknown, key, value);
      remove(draft.result.meant, key);
    }
  }
}

void apply_program(PictureDraft& draft, const Infotext& json_items) {
  const std::string version = draft.result.meant.find("Version").value_or("");
  std::optional<Version> base;
  switch (draft.result.program) {
    case PictureProgram::SdNext:
      return read_sdnext(draft);
    case PictureProgram::StableDiffusionCpp:
      return settle_stable_diffusion_cpp(draft, json_items.find("SDCPP"));
    case PictureProgram::Fooocus:
      return read_fooocus_text(draft);
    case PictureProgram::ComfyUi:
      return read_comfy_text(draft);
    case PictureProgram::WebUi:
      base = parse_version(version);
      break;
    case PictureProgram::Forge:
      base = forge_base_version(version);
      break;
    default:
      break;
  }
  settle_comments(base, draft.result.meant);
  if (base) {
    apply_version(*base, draft);
  }
}

}  // namespace

PictureDraft read_infotext(const std::string& text, bool beside_graph) {
  Infotext json_items;
  PictureDraft draft;
  draft.result.text = text;
  Infotext& meant = draft.result.meant;
  meant = parse_infotext(without_json_items(std::string(trimmed(text)), json_items));
  draft.result.program = program_of(meant);
  if (beside_graph && draft.result.program == PictureProgram::WebUi) {
    draft.result.program = PictureProgram::ComfyUi;
  }
  if (draft.result.program == PictureProgram::PromptTravel) {
    return draft;
  }
  for (auto& item : meant.items) {
    item.first = applied_spelling(item.first);
  }
  draft.sampler = meant.find("Sampler").value_or("");
  draft.schedule = meant.find("Schedule type").value_or("");
  if (draft.schedule.empty() && draft.result.program != PictureProgram::SdNext) {
    draft.schedule = take(meant, "Scheduler");
  }
  apply_program(draft, json_items);
  note_unknown_words(draft);
  settle_hires(draft);
  const std::string lora_hashes = take_told_hashes(meant);
  take_extensions(draft);
  add_unapplied_items(meant, draft.keys);
  add_unapplied_items(json_items, draft.keys);
  if (const std::string module = meant.find("Module 1").value_or("");
      !is_neutral_value(module) && !meant.find("VAE")) {
    meant.set("VAE", module);  // Forge's name for it
  }
  if (!lora_hashes.empty()) {
    meant.set("Lora hashes", lora_hashes);
  }
  return draft;
}

}  // namespace ptravel
