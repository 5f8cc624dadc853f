// stable-diffusion.cpp: the web UI's text, and in newer versions a description of itself as JSON.

#include "base/text.h"
#include "request/picture_formats.h"
#include "request/picture_json.h"

namespace ptravel {
namespace {

using enum KeyEffect;

/// What the description alone tells.
void tell_description(const nlohmann::json& description, PictureDraft& draft) {
  for (const auto& [member, effect] :
       {std::pair("hires", Hires), std::pair("vae_tiling", Network), std::pair("cache", Network)}) {
    const nlohmann::json* const part = find_member(description, member);
    if (part != nullptr && member_text(*part, "enabled") == "True") {
      draft.keys.add(effect, member, "on");
    }
  }
}

}  // namespace

void settle_stable_diffusion_cpp(PictureDraft& draft,
                                 const std::optional<std::string>& description) {
  Infotext& meant = draft.result.meant;
  const auto remove = [&](std::string_view name) {
    std::erase_if(meant.items, [name](const auto& item) { return item.first == name; });
  };
  const std::string rng = meant.find("RNG").value_or("");
  remove("RNG");
  if (rng == "cpu") {
    meant.set("RNG", "CPU");
  } else if (rng == "std_default") {
    draft.note(
        "RNG: std_default is the noise of its machine's standard library, which is not "
        "known here");
  }
  // Until the program described itself as JSON, its eta was for DDIM and TCD only.
  if (!description || !parse_number(meant.find("Eta").value_or(""))) {
    remove("Eta");
  }
  for (const char* key : {"Guidance", "TE", "Unet", "Uncond Unet"}) {
    remove(key);
  }
  if (const auto object = parse_picture_json(description.value_or(""))) {
    tell_description(*object, draft);
  }
  draft.scheme = PromptScheme::Brackets;
  draft.markup = {.tags = true, .breaks = true};
}

}  // namespace ptravel
