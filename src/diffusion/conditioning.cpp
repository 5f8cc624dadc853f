#include "diffusion/conditioning.h"

#include <map>
#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "diffusion/switch_points.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

void check_schedule(const ScheduledConditioning& schedule, std::int64_t& width) {
  if (schedule.entries.empty()) {
    throw Error(ErrorCode::InvalidArgument, "[conditioning] expected at least one entry, got none");
  }
  for (const ScheduledConditioning::Entry& entry : schedule.entries) {
    const at::Tensor tokens = entry.conditioning ? entry.conditioning->text.tokens : at::Tensor();
    if (!tokens.defined() || tokens.dim() != 2 || tokens.size(0) < 1) {
      throw Error(ErrorCode::InvalidArgument,
                  "[conditioning] text: expected a tensor [tokens, width]");
    }
    width = width == 0 ? tokens.size(1) : width;
    if (tokens.size(1) != width) {
      throw Error(ErrorCode::InvalidArgument, "[conditioning] width: expected " +
                                                  std::to_string(width) + ", got " +
                                                  std::to_string(tokens.size(1)));
    }
  }
}

bool is_same(const at::Tensor& a, const at::Tensor& b) {
  return a.defined() ? a.is_same(b) : !b.defined();
}

std::shared_ptr<Conditioning> copied(const Conditioning& like,
                                     TextEncoding text,
                                     std::optional<AttentionMix> attention) {
  auto result = std::make_shared<Conditioning>(std::move(text));
  result->control_hints = like.control_hints;
  result->adapter_strengths = like.adapter_strengths;
  result->hypernetworks = like.hypernetworks;
  result->side_strengths = like.side_strengths;
  result->attention = std::move(attention);
  result->picture = like.picture;
  return result;
}

/// All the conditionings of an image.
template <typename Visit>
void for_each_conditioning(ImageConditioning& image, const Visit& visit) {
  for (ConditioningPart& part : image.parts) {
    for (ScheduledConditioning::Entry& entry : part.schedule.entries) {
      visit(entry.conditioning);
    }
  }
  for (ScheduledConditioning::Entry& entry : image.uncond.entries) {
    visit(entry.conditioning);
  }
}

/// Gives each image conditionings of its own, which `change` (image, conditioning) changes. What is
/// attended to is changed as its image is.
template <typename Change>
std::vector<ImageConditioning> with_own(std::vector<ImageConditioning> images,
                                        const Change& change) {
  using Made = std::map<SharedConditioning, SharedConditioning>;
  std::map<SharedConditioning, std::size_t> places;  // of what may be attended to
  std::vector<Made> made(images.size());             // Entries of an image may be the same.
  std::vector<std::shared_ptr<Conditioning>> attending;
  const auto own = [&](std::size_t image, const SharedConditioning& conditioning) {
    SharedConditioning& known = made[image][conditioning];
    if (!known) {
      const auto copy = copied(*conditioning, conditioning->text, conditioning->attention);
      change(image, *copy);
      if (copy->attention) {
        attending.push_back(copy);
      } else {
        places.insert({conditioning, image});
      }
      known = copy;
    }
    return known;
  };
  for (std::size_t i = 0; i < images.size(); ++i) {
    for_each_conditioning(
        images[i], [&](SharedConditioning& conditioning) { conditioning = own(i, conditioning); });
  }
  for (const std::shared_ptr<Conditioning>& conditioning : attending) {
    AttentionMix& mix = *conditioning->attention;
    const std::size_t from = places.at(mix.from), to = places.at(mix.to);
    mix.from_text = own(from, mix.from_text);
    mix.to_text = own(to, mix.to_text);
    mix.from = own(from, mix.from);
    mix.to = own(to, mix.to);
  }
  return images;
}

}  // namespace

SharedConditioning make_conditioning(TextEncoding text) {
  return std::make_shared<const Conditioning>(std::move(text));
}

SharedConditioning with_text(const SharedConditioning& like, TextEncoding text) {
  if (is_same(text.tokens, like->text.tokens) && is_same(text.vector, like->text.vector)) {
    return like;
  }
  return copied(*like, std::move(text), like->attention);
}

SharedConditioning with_attention(const SharedConditioning& like,
                                  std::optional<AttentionMix> attention) {
  return copied(*like, like->text, std::move(attention));
}

SharedConditioning with_picture(const SharedConditioning& like, at::Tensor picture) {
  const auto result = copied(*like, like->text, like->attention);
  result->picture = std::move(picture);
  return result;
}

ImageConditioning with_hypernetworks(ImageConditioning image,
                                     const std::vector<AdapterStrength>& hypernetworks) {
  std::map<SharedConditioning, SharedConditioning> own;
  for_each_conditioning(image, [&](SharedConditioning& conditioning) {
    if (conditioning->hypernetworks == hypernetworks) {
      return;
    }
    SharedConditioning& known = own[conditioning];
    if (!known) {
      const auto made = copied(*conditioning, conditioning->text, conditioning->attention);
      made->hypernetworks = hypernetworks;
      known = made;
    }
    conditioning = known;
  });
  return image;
}

std::vector<ImageConditioning> with_pictures(std::vector<ImageConditioning> images,
                                             const std::vector<at::Tensor>& pictures) {
  PTRAVEL_CHECK(images.size() == pictures.size());
  return with_own(std::move(images), [&](std::size_t image, Conditioning& conditioning) {
    conditioning.picture = pictures[image];
  });
}

std::vector<ImageConditioning> with_adapters(
    std::vector<ImageConditioning> images,
    const std::vector<std::vector<AdapterStrength>>& strengths) {
  PTRAVEL_CHECK(images.size() == strengths.size());
  return with_own(std::move(images), [&](std::size_t image, Conditioning& conditioning) {
    conditioning.adapter_strengths = strengths[image];
  });
}

std::vector<ImageConditioning> with_side_strengths(
    std::vector<ImageConditioning> images, const std::vector<std::vector<float>>& strengths) {
  PTRAVEL_CHECK(images.size() == strengths.size());
  return with_own(std::move(images), [&](std::size_t image, Conditioning& conditioning) {
    conditioning.side_strengths = strengths[image];
  });
}

bool same_text(const SharedConditioning& a, const SharedConditioning& b) {
  return a == b || equal(a->text, b->text);
}

ScheduledConditioning::ScheduledConditioning(SharedConditioning conditioning) {
  entries.push_back({0, std::move(conditioning)});
}

ScheduledConditioning::ScheduledConditioning(TextEncoding text)
    : ScheduledConditioning(make_conditioning(std::move(text))) {}

const SharedConditioning& ScheduledConditioning::at_call(int call) const {
  return active_entry(entries, call).conditioning;
}

void check_conditioning(const std::vector<ImageConditioning>& images) {
  if (images.empty()) {
    throw Error(ErrorCode::InvalidArgument, "[conditioning] expected at least one picture, got 0");
  }
  std::int64_t width = 0;
  for (const ImageConditioning& image : images) {
    if (image.parts.empty()) {
      throw Error(ErrorCode::InvalidArgument,
                  "[conditioning] expected at least one part, got none");
    }
    for (const ConditioningPart& part : image.parts) {
      check_schedule(part.schedule, width);
    }
    check_schedule(image.uncond, width);
  }
}

}  // namespace ptravel
