#include "request/picture_travel.h"

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "ptravel/error.h"
#include "request/frame_metadata.h"
#include "request/frame_settings.h"
#include "request/stages.h"

namespace ptravel {
namespace {

using Texts = std::vector<std::string>;

bool all_equal(const Texts& texts) {
  return std::all_of(texts.begin(), texts.end(),
                     [&](const std::string& text) { return text == texts.front(); });
}

/// Settings that a travel has once and that pictures tell.
bool is_shared(const RequestField& field) {
  const std::string_view name = field.name;
  const bool once = field.group == "Sampling" || field.group == "Prompt encoding" ||
                    field.group == "Init picture";
  return (once || name == "prediction" || name == "precision") && name != "seed" &&
         name != "cfg_scale" && name != "subseed_strength" && name != "init_image" &&
         name != "mask";
}

std::string words_of(std::string_view name) {
  std::string words(name);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string option_of(std::string_view name) {
  std::string option = "--" + std::string(name);
  std::replace(option.begin(), option.end(), '_', '-');
  return option;
}

/// Takes a stage's line: of a frame that lies between two stages the one that it goes to.
std::string stage_line(const std::string& lines) {
  const auto all = split(lines, '\n');
  return all.empty() ? std::string() : std::string(all.back());
}

class Merger {
 public:
  Merger(const std::vector<PictureStage>& pictures, const std::set<std::string>& given)
      : pictures_(pictures), given_(given) {}

  MergedPictures merged() {
    take_prompts();
    take_size();
    for (const RequestField& field : request_fields()) {
      const bool side = field.name == "width" || field.name == "height";
      if (is_shared(field) && !side && !is_given(field.name)) {
        take_once(field.name);
      }
    }
    for (const char* field : {"seed", "cfg_scale", "subseed_strength"}) {
      take_each(field, [field](const PictureStage& stage) {
        const TravelRequest& request = stage.picture.frame.request;
        return stage_text(request_field_text(request, field));
      });
    }
    take_strengths();
    note_models();
    for (const PictureStage& stage : pictures_) {
      note_picture(stage);
    }
    return std::move(result_);
  }

 private:
  bool is_given(std::string_view field) const { return given_.count(std::string(field)) > 0; }

  Texts texts(const std::function<std::string(const PictureStage&)>& text) const {
    Texts all;
    std::transform(pictures_.begin(), pictures_.end(), std::back_inserter(all), text);
    return all;
  }

  /// Of a list that a frame has two values of, that of the stage that it goes to.
  static std::string stage_text(const std::string& values) {
    const auto all = split(values, ',');
    return all.empty() ? std::string() : std::string(trimmed(all.back()));
  }

  void set(std::string_view field, const std::string& text) {
    if (auto problem = set_request_field(result_.request, field, text)) {
      throw Error(ErrorCode::InvalidArgument, std::move(*problem));
    }
  }

  /// "sampler differs: Euler a (a.png), DDIM (b.png); Euler a is taken, unless --sampler says so".
  void note_difference(const std::string& what, const Texts& values, const std::string& options) {
    std::string note = what + " differs: ";
    for (std::size_t i = 0; i < values.size(); ++i) {
      note += (i == 0 ? "" : ", ") + (values[i].empty() ? std::string("none") : values[i]) + " (" +
              pictures_[i].name + ")";
    }
    result_.notes.push_back(note + "; " + (values.front().empty() ? "none" : values.front()) +
                            " is taken, " + options + " takes another");
  }

  void take_prompts() {
    if (!is_given("prompt")) {
      set("prompt", lines_of_entries(texts([](const PictureStage& stage) {
            return stage_line(stage.picture.frame.request.prompt);
          })));
    }
    if (is_given("negative_prompt")) {
      return;
    }
    const Texts negatives = texts([](const PictureStage& stage) {
      const TravelRequest& request = stage.picture.frame.request;
      return keeps_whole_negative(request) ? one_line(request.negative_prompt)
                                           : stage_line(request.negative_prompt);
    });
    set("negative_prompt", all_equal(negatives) ? negatives.front() : lines_of_entries(negatives));
  }

  void take_once(std::string_view field) {
    const Texts values = texts([field](const PictureStage& stage) {
      return request_field_text(stage.picture.frame.request, field);
    });
    set(field, values.front());
    // A variation seed says nothing where it has no strength.
    const bool matters = field != "subseed" || varies();
    if (!all_equal(values) && matters) {
      note_difference(words_of(field), values, option_of(field));
    }
  }

  bool varies() const {
    return std::any_of(pictures_.begin(), pictures_.end(), [](const PictureStage& stage) {
      return stage.picture.frame.request.subseed_strength.front() > 0;
    });
  }

  void take_size() {
    for (const char* field : {"width", "height"}) {
      if (!is_given(field)) {
        set(field, request_field_text(pictures_.front().picture.frame.request, field));
      }
    }
    const Texts sizes = texts([](const PictureStage& stage) {
      const TravelRequest& request = stage.picture.frame.request;
      return std::to_string(request.width) + "x" + std::to_string(request.height);
    });
    if (!all_equal(sizes) && !(is_given("width") && is_given("height"))) {
      note_difference("size", sizes, "--width and --height");
    }
  }

  /// A setting that travels: one value for each stage, or one for all.
  void take_each(const char* field, const std::function<std::string(const PictureStage&)>& text) {
    if (is_given(field)) {
      return;
    }
    const Texts values = texts(text);
    std::string list = values.front();
    for (std::size_t i = 1; i < values.size() && !all_equal(values); ++i) {
      list += "," + values[i];
    }
    set(field, list);
  }

  /// A picture that was drawn from noise is as one whose init picture was left altogether.
  void take_strengths() {
    const auto from_picture = [](const PictureStage& stage) {
      return stage.picture.needs_init_image;
    };
    if (std::none_of(pictures_.begin(), pictures_.end(), from_picture)) {
      return;
    }
    take_each("denoise_strength", [&](const PictureStage& stage) {
      const TravelRequest& request = stage.picture.frame.request;
      return from_picture(stage) ? stage_text(request_field_text(request, "denoise_strength"))
                                 : std::string("1");
    });
    for (const PictureStage& stage : pictures_) {
      if (!from_picture(stage)) {
        result_.notes.push_back(stage.name +
                                ": was drawn from noise and not from an init picture, as others "
                                "were: its denoising strength becomes 1");
      }
    }
    const Texts inits = texts([](const PictureStage& stage) {
      const FrameRequest& frame = stage.picture.frame;
      return frame.init_image_hash.empty()
                 ? std::string()
                 : frame.init_image_name + " [" + frame.init_image_hash + "]";
    });
    if (!all_equal(inits) && !is_given("init_image")) {
      note_difference("init picture", inits, "--init-image");
    }
  }

  void note_models() {
    const Texts models = texts([](const PictureStage& stage) {
      const Infotext& meant = stage.picture.parameters.meant;
      const std::string name = meant.find("Model").value_or("");
      const std::string hash = meant.find("Model hash").value_or("");
      return hash.empty() ? name : name + (name.empty() ? "[" : " [") + hash + "]";
    });
    if (!all_equal(models) && !is_given("model")) {
      note_difference("model", models, "--model");
    }
  }

  void note_picture(const PictureStage& stage) {
    for (const PictureNote& note : stage.picture.parameters.notes) {
      if (note.field.empty() || !is_given(note.field)) {
        result_.notes.push_back(stage.name + ": " + note.text);
      }
    }
    const FrameRequest& frame = stage.picture.frame;
    if (frame.spot.step > 0) {
      result_.notes.push_back(stage.name + ": lies between two stages (alpha " +
                              number_text(frame.spot.alpha) +
                              "); the stage that it goes to is taken, so it will differ");
    } else if (frame.request.genesis == Genesis::Embryo ||
               (frame.request.genesis == Genesis::Successive && frame.spot.index > 0)) {
      result_.notes.push_back(
          stage.name + ": was drawn from " +
          (frame.request.genesis == Genesis::Embryo ? "an embryo" : "the frame before it") +
          "; it will differ, because here it is drawn by itself");
    }
  }

  const std::vector<PictureStage>& pictures_;
  const std::set<std::string>& given_;
  MergedPictures result_;
};

}  // namespace

MergedPictures merge_pictures(const std::vector<PictureStage>& pictures,
                              const std::set<std::string>& given) {
  PTRAVEL_CHECK(pictures.size() > 1);
  return Merger(pictures, given).merged();
}

}  // namespace ptravel
