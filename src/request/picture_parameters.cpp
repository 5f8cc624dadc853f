#include "request/picture_parameters.h"

#include <cctype>

#include "base/text.h"
#include "ptravel/sampling.h"
#include "request/picture_formats.h"
#include "request/picture_json.h"
#include "request/picture_names.h"

namespace ptravel {
namespace {

std::string text_of(std::span<const ImageText> texts, std::string_view keyword) {
  return find_text(texts, keyword).value_or("");
}

/// A JSON object where other programs have a text: NovelAI's WebP, Fooocus, SwarmUI, ...
std::optional<PictureDraft> read_json_parameters(const std::string& text) {
  const auto object = parse_picture_json(text);
  if (!object) {
    return std::nullopt;
  }
  if (find_member(*object, "Comment") != nullptr) {
    return read_novelai(member_text(*object, "Description"), member_text(*object, "Source"),
                        member_text(*object, "Comment"));
  }
  return read_flat_json(*object);
}

/// ComfyUI's WebP has its graph in a camera's name: "prompt:{...}".
std::string comfy_graph(std::span<const ImageText> texts) {
  constexpr std::string_view kPrefix = "prompt:";
  for (const char* tag : {"Model", "Make", "ImageDescription"}) {
    const std::string text = text_of(texts, tag);
    if (text.starts_with(kPrefix)) {
      return text.substr(kPrefix.size());
    }
  }
  return text_of(texts, "prompt");
}

std::optional<PictureDraft> read_draft(std::span<const ImageText> texts) {
  const std::string parameters = text_of(texts, "parameters");
  for (const std::string& text : {parameters, text_of(texts, "Model"), text_of(texts, "comment"),
                                  text_of(texts, "Comment")}) {
    const bool novelai = text_of(texts, "Software") == "NovelAI" && text != parameters;
    if (auto draft = novelai ? std::nullopt : read_json_parameters(text)) {
      return draft;
    }
  }
  if (!parameters.empty() && !parse_picture_json(parameters)) {
    PictureDraft draft = read_infotext(parameters, is_comfy_graph(text_of(texts, "prompt")));
    if (!draft.result.meant.items.empty()) {
      return draft;
    }
  }
  if (text_of(texts, "Software") == "NovelAI") {
    if (auto draft = read_novelai(text_of(texts, "Description"), text_of(texts, "Source"),
                                  text_of(texts, "Comment"))) {
      return draft;
    }
  }
  if (auto draft = read_invokeai(texts)) {
    return draft;
  }
  if (auto draft = read_comfy_graph(comfy_graph(texts))) {
    return draft;
  }
  if (auto draft = read_easy_diffusion(texts)) {
    return draft;
  }
  if (auto draft = read_draw_things(text_of(texts, "XML:com.adobe.xmp"))) {
    return draft;
  }
  return parameters.empty() ? std::nullopt : std::optional(read_infotext(parameters, false));
}

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

void settle_sampler(PictureDraft& draft) {
  Infotext& meant = draft.result.meant;
  if (draft.sampler.empty()) {
    return;
  }
  const auto found = find_picture_sampler(draft.result.program, draft.sampler, draft.schedule);
  if (!found) {
    const bool known = find_picture_sampler(draft.result.program, draft.sampler, "").has_value();
    const std::string name = draft.schedule.empty() || !known ? draft.sampler : draft.schedule;
    draft.problem(known ? "Schedule type" : draft.sampler_key, known ? "scheduler" : "sampler",
                  in_quotes(name) + " of " +
                      std::string(kPictureProgramNames.name(draft.result.program)) +
                      " is not supported, expected one of those that prompt-travel samplers lists");
    return;
  }
  meant.set("Sampler", found->sampler);
  meant.set("Schedule type", found->schedule);
  if (found->eta && !meant.find("Eta")) {
    meant.set("Eta", number_text(*found->eta));
  }
}

/// Web UIs of 2022 had a hash of eight digits that is not of the whole file: it cannot be compared.
void drop_old_hash(Infotext& meant) {
  constexpr std::size_t kOldDigits = 8;
  if (meant.find("Model hash").value_or("").size() == kOldDigits) {
    std::erase_if(meant.items, [](const auto& item) { return item.first == "Model hash"; });
  }
}

/// No prompt means anything by control characters, and no picture could hold a zero byte.
void drop_controls(std::string& text) {
  std::erase_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t'; });
}

void drop_controls(Infotext& text) {
  drop_controls(text.prompt);
  drop_controls(text.negative_prompt);
  for (auto& [key, value] : text.items) {
    drop_controls(value);
  }
}

/// Where no size is told it is that of the picture.
void fill_size(Infotext& meant, const PictureSource& source) {
  if (meant.find("Size").value_or("").empty() && source.width > 0) {
    meant.set("Size", std::to_string(source.width) + "x" + std::to_string(source.height));
  }
}

/// Latents are an eighth of the picture, rounded down: so large was it drawn.
void settle_size(Infotext& meant) {
  constexpr int kFactor = 8;
  const auto size = parse_infotext_size(meant.find("Size").value_or(""));
  if (size && size->first >= kFactor && size->second >= kFactor) {
    meant.set("Size", std::to_string(size->first / kFactor * kFactor) + "x" +
                          std::to_string(size->second / kFactor * kFactor));
  }
}

/// Prompts as written with the settings as read: what a person wants to see.
std::string text_for_people(const PictureDraft& draft) {
  Infotext text = draft.result.meant;
  if (!text.find("Sampler") && !draft.sampler.empty()) {
    text.set("Sampler", draft.sampler);
  }
  if (draft.schedule.empty()) {
    std::erase_if(text.items, [](const auto& item) {
      return item.first == "Schedule type" &&
             (item.second == "Automatic" || item.second == "Uniform");
    });
  }
  return format_infotext(text);
}

}  // namespace

PictureParameters finish(PictureDraft draft, const PictureSource& source) {
  settle_sampler(draft);
  PictureParameters& result = draft.result;
  fill_size(result.meant, source);
  std::erase_if(result.meant.items, [](const auto& item) { return item.second.empty(); });
  if (result.text.empty()) {
    result.text = text_for_people(draft);
  }
  if (result.program != PictureProgram::PromptTravel) {
    settle_size(result.meant);
  }
  result.meant.prompt = convert_prompt(result.meant.prompt, draft.scheme, draft.markup);
  result.meant.negative_prompt =
      convert_prompt(result.meant.negative_prompt, draft.scheme, draft.markup);
  result.meant.prompt += draft.tags;
  for (PictureNote& note : draft.keys.notes()) {
    result.notes.push_back(std::move(note));
  }
  return std::move(result);
}

std::optional<PictureParameters> read_picture_parameters(const PictureSource& source) {
  auto draft = read_draft(source.texts);
  if (!draft) {
    return std::nullopt;
  }
  // The web UI's page for extras leaves the parameters of the picture that it enlarged.
  draft->keys.add(KeyEffect::Finishing, "postprocessing", text_of(source.texts, "postprocessing"));
  drop_old_hash(draft->result.meant);
  drop_controls(draft->result.meant);
  return finish(std::move(*draft), source);
}

}  // namespace ptravel
