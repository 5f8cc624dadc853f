#include "request/frame_metadata.h"

#include <algorithm>

#include "media/infotext.h"
#include "request/parameter_items.h"

namespace ptravel {

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string frame_parameters(const TravelRequest& request,
                             const ModelIdentity& model,
                             const FrameTexts& texts,
                             const FrameSpot& spot) {
  const FrameFacts facts{request, model, texts, spot};
  Infotext text;
  text.prompt = texts.prompt;
  text.negative_prompt = texts.negative_prompt;
  for (const ParameterItem* item : parameter_items()) {
    if (std::optional<std::string> value = item->text(facts)) {
      text.set(item->key, std::move(*value));
    }
  }
  return format_infotext(text);
}

}  // namespace ptravel
