// The second pass at a larger size: hires/hires.*, hires/hires_sizes.json and
// hires/latent_resize.*.
#include <cstring>
#include <filesystem>

#include <ATen/ATen.h>

#include "pipeline/latents.h"
#include "pipeline/second_pass.h"
#include "request/frame_settings.h"
#include "request/hires.h"
#include "tests/golden/run_support.h"
#include "tests/golden/runs.h"
#include "travel/second_pass.h"
#include "travel/settings.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

constexpr double kResized = 1e-5;
constexpr double kEncoded = 3e-2;  // one grey level of the picture that is encoded

Image image_of(const at::Tensor& bytes) {
  Image image(static_cast<int>(bytes.size(1)), static_cast<int>(bytes.size(0)));
  std::memcpy(image.pixels.data(), bytes.contiguous().data_ptr(), image.pixels.size());
  return image;
}

void check_sizes(const json& set, Report& report) {
  for (const json& entry : set.at("cases")) {
    const HiresSize size = hires_size(entry.at("width"), entry.at("height"), entry.at("hr_scale"),
                                      entry.at("hr_resize_x"), entry.at("hr_resize_y"), 8);
    const json ours = {
        {size.width, size.height}, {size.cut_columns, size.cut_rows}, {size.columns, size.rows}};
    const json expected = {entry.at("upscale_to"), entry.at("truncate"), entry.at("final_latent")};
    report.exact("hires/sizes " + entry.dump(), ours == expected, ours.dump());
  }
}

void check_resizing(const Context& context, Report& report) {
  const json set = read_json(context.folder / "latent_resize.json");
  const auto tensors = FileTensors::open(context.folder / "latent_resize.safetensors");
  for (const json& entry : set.at("cases")) {
    const std::string key = entry.at("key").get<std::string>() + "/";
    for (const LatentUpscaler& upscaler : kLatentUpscalers) {
      const std::string name = key + std::string(upscaler.name);
      const at::Tensor expected = tensors->tensor(name);
      report.close("hires/latent_resize/" + name,
                   resized_latent(tensors->tensor(key + "in"), expected.size(3), expected.size(2),
                                  upscaler.kind),
                   expected, kResized);
    }
  }
}

/// The run as a travel of one stage.
TravelRequest request_of(const json& run) {
  TravelRequest request;
  request.prompt = run.at("prompt");
  request.negative_prompt = run.at("negative");
  request.sampler = run.at("sampler_name");
  request.scheduler = run.at("scheduler");
  request.steps = run.at("steps");
  request.cfg_scale = {run.at("cfg_scale")};
  request.width = run.at("width");
  request.height = run.at("height");
  request.hires = true;
  request.hires_denoise = {run.at("denoising_strength")};
  request.hires_scale = run.at("hr_scale");
  request.hires_upscaler = run.at("hr_upscaler");
  request.hires_steps = value_or(run, "hr_second_pass_steps", 0);
  request.hires_width = value_or(run, "hr_resize_x", 0);
  request.hires_height = value_or(run, "hr_resize_y", 0);
  request.hires_sampler = value_or(run, "hr_sampler_name", std::string());
  request.hires_prompt = value_or(run, "hr_prompt", std::string());
  request.hires_negative_prompt = value_or(run, "hr_negative_prompt", std::string());
  return request;
}

/// A run of hires.json.
class SecondPassCheck {
 public:
  SecondPassCheck(const Pipeline& pipeline,
                  const json& run,
                  const FileTensors& tensors,
                  const RunTolerances& allowed,
                  Report& report)
      : pipeline_(pipeline),
        run_(run),
        request_(request_of(run)),
        tensors_(tensors),
        allowed_(allowed),
        report_(report),
        key_(run.at("key").get<std::string>() + "/") {
    run_["batch"] = value_or(run_, "batch_size", 1);
  }

  void check() {
    PictureBatch batch;
    batch.width = request_.width;
    batch.height = request_.height;
    batch.seeds = seeds_of(run_);
    batch.images.assign(batch.seeds.size(),
                        pipeline_.encoder().encode(request_.prompt, request_.negative_prompt,
                                                   prompt_options(request_, pipeline_)));
    close_latents("sample_out", pipeline_.sample(sampling_settings(request_), batch));
    Progress progress;
    const TravelLoras loras{};
    SecondPass pass(plan_stages(request_.prompt, request_.negative_prompt, "0", {}), request_,
                    pipeline_, 0, progress, loras);
    check_start(pass);
    batch.width = pass.width();
    batch.height = pass.height();
    for (ImageConditioning& image : batch.images) {
      image = pass.conditioning({}, image);
    }
    batch.init_latent = expected("second_x").to(pipeline_.compute().device);
    const at::Tensor latent = pipeline_.sample(pass.settings(request_), batch);
    close_latents("second_out", latent);
    close_latents("latent", latent);
    report_.mostly_close("hires/" + key_ + "image",
                         as_bytes({decode_latents(pipeline_.vae(), expected("latent")).front()}),
                         expected("image").narrow(0, 0, 1), allowed_.level, 0,
                         allowed_.pixels_beyond);
  }

 private:
  at::Tensor expected(const std::string& tensor) const { return tensors_.tensor(key_ + tensor); }

  void check_start(const SecondPass& pass) {
    at::Tensor start = pass.start(expected("sample_out").to(pipeline_.compute().device)).cpu();
    if (!tensors_.contains(key_ + "encode0_std")) {
      report_.close("hires/" + key_ + "second_x", start, expected("second_x"), kResized);
      return;
    }
    // The reference draws from the VAE's distribution; we take its mean.
    std::vector<at::Tensor> drawn;
    for (std::int64_t i = 0; i < start.size(0); ++i) {
      const std::string encoding = "encode" + std::to_string(i);
      drawn.push_back(expected(encoding + "_std") * expected(encoding + "_noise"));
    }
    const HiresSize size = hires_size(request_, pipeline_.size_factor());
    start = start + cut_latent(at::cat(drawn), size.cut_columns, size.cut_rows) *
                        pipeline_.vae().config().scale_factor;
    report_.close("hires/" + key_ + "second_x", start, expected("second_x"),
                  std::max(kEncoded, allowed_.encoded));
    if (tensors_.contains(key_ + "upscaled_image")) {
      const Image ours = enlarged(image_of(tensors_.tensor("pixel/lowres_image")), size.width,
                                  size.height, request_.hires_upscaler, {});
      report_.close("hires/" + key_ + "upscaled_image", as_bytes({ours})[0].to(at::kFloat),
                    expected("upscaled_image").to(at::kFloat),
                    request_.hires_upscaler == kNearestUpscaler ? 0 : 1);
    }
  }

  void close_latents(const std::string& tensor, const at::Tensor& actual) {
    report_.mostly_close("hires/" + key_ + tensor, actual, expected(tensor), allowed_.latent, 0,
                         allowed_.latents_beyond);
  }

  const Pipeline& pipeline_;
  json run_;
  TravelRequest request_;
  const FileTensors& tensors_;
  RunTolerances allowed_;
  Report& report_;
  std::string key_;
};

}  // namespace

void check_second_pass(const Context& context, const Pipeline& pipeline, Report& report) {
  const auto is_there = [&](const char* file) {
    return std::filesystem::exists(context.folder / file);
  };
  if (is_there("hires_sizes.json")) {
    report.guarded("hires/sizes",
                   [&] { check_sizes(read_json(context.folder / "hires_sizes.json"), report); });
  }
  if (is_there("latent_resize.json")) {
    report.guarded("hires/latent_resize", [&] { check_resizing(context, report); });
  }
  if (!is_there("hires.json")) {
    return;
  }
  const json set = read_json(context.folder / "hires.json");
  const auto tensors = FileTensors::open(context.folder / "hires.safetensors");
  for (const json& run : set.at("runs")) {
    report.guarded("hires/" + run.at("key").get<std::string>(), [&] {
      SecondPassCheck(pipeline, run, *tensors, tolerances(context.precision), report).check();
    });
  }
}

}  // namespace ptravel::golden
