#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/pipeline.h"
#include "ptravel/image.h"
#include "ptravel/sampling.h"

namespace ptravel::train {

struct PainterOptions {
  PipelineOptions pipeline;
  SamplingSettings sampling;
  int batch = 16;  ///< Pictures drawn together.
};

/// One picture to draw.
struct PictureOrder {
  ImageConditioning conditioning;
  std::uint64_t seed = 0;
};

/// Draws pictures of kJudgedSize pixels with the model that is to be scored, as the program does.
/// One thread.
class Painter {
 public:
  /// Opens and loads the model.
  Painter(PainterOptions options, Progress& progress);

  const Vae& vae() const { return pipeline_->vae(); }
  ImageConditioning encode(std::string_view prompt, std::string_view negative) const;
  /// What a linear travel shows at `alpha` of the way.
  ImageConditioning between(const ImageConditioning& from,
                            const ImageConditioning& to,
                            double alpha) const;
  /// Draws all; `activity` is what progress shows. Throws Cancelled.
  std::vector<Image> paint(const std::vector<PictureOrder>& orders,
                           const std::string& activity) const;

 private:
  PainterOptions options_;
  Progress& progress_;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace ptravel::train
