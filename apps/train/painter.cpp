#include "painter.h"

#include <algorithm>
#include <iterator>

#include "pipeline/latents.h"
#include "travel/mode_linear.h"

#include "judge.h"

namespace ptravel::train {

Painter::Painter(PainterOptions options, Progress& progress)
    : options_(std::move(options)),
      progress_(progress),
      pipeline_(Pipeline::open(options_.pipeline)) {
  pipeline_->load(progress);
}

ImageConditioning Painter::encode(std::string_view prompt, std::string_view negative) const {
  PromptOptions options;
  options.planned_calls =
      planned_calls(find_sampler(options_.sampling.sampler), options_.sampling.num_steps);
  return pipeline_->encoder().encode(prompt, negative, options);
}

ImageConditioning Painter::between(const ImageConditioning& from,
                                   const ImageConditioning& to,
                                   double alpha) const {
  LinearMode mode;
  mode.pairing.padding.empty_prompt = pipeline_->encoder().encode_empty({});
  return mix_conditionings(from, to, alpha, mode);
}

std::vector<Image> Painter::paint(const std::vector<PictureOrder>& orders,
                                  const std::string& activity) const {
  std::vector<Image> pictures;
  const auto batch_size = static_cast<std::size_t>(options_.batch);
  progress_.begin(activity, "pictures", static_cast<double>(orders.size()));
  SamplingHooks hooks;
  hooks.check_cancelled = [&] { progress_.check_cancelled(); };
  while (pictures.size() < orders.size()) {
    const std::size_t end = std::min(orders.size(), pictures.size() + batch_size);
    PictureBatch batch;
    batch.width = kJudgedSize;
    batch.height = kJudgedSize;
    for (std::size_t i = pictures.size(); i < end; ++i) {
      batch.images.push_back(orders[i].conditioning);
      batch.seeds.push_back({.seed = orders[i].seed});
    }
    const at::Tensor latents = pipeline_->sample(options_.sampling, batch, hooks);
    std::ranges::move(decode_latents(pipeline_->vae(), latents), std::back_inserter(pictures));
    progress_.update(static_cast<double>(pictures.size()));
  }
  return pictures;
}

}  // namespace ptravel::train
