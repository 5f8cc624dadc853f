// Inpainting: hires/inpaint.*, hires/inpaint_parts.* and hires/inpaint9.*.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>

#include <ATen/ATen.h>

#include "media/inpaint.h"
#include "media/resize.h"
#include "pipeline/inpainting.h"
#include "pipeline/latents.h"
#include "tests/golden/networks.h"
#include "tests/golden/run_support.h"
#include "tests/golden/runs.h"
#include "tests/support/temporary_folder.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

constexpr double kBytes = 1;  // of masks, resizing, blur
constexpr double kFillBytes = 2;
constexpr double kUnet = 2e-4;

GreyImage grey_of(const at::Tensor& bytes) {
  GreyImage grey(static_cast<int>(bytes.size(1)), static_cast<int>(bytes.size(0)));
  std::memcpy(grey.values.data(), bytes.contiguous().data_ptr(), grey.values.size());
  return grey;
}

Image image_of(const at::Tensor& bytes) {
  at::Tensor rgb = bytes;
  if (bytes.size(2) == 4) {  // over white
    const at::Tensor alpha = bytes.narrow(2, 3, 1).to(at::kInt);
    const at::Tensor sum = 255 * (255 - alpha) + bytes.narrow(2, 0, 3).to(at::kInt) * alpha + 128;
    rgb = sum.__rshift__(8).add(sum).__rshift__(8).to(at::kByte);
  }
  Image image(static_cast<int>(rgb.size(1)), static_cast<int>(rgb.size(0)));
  std::memcpy(image.pixels.data(), rgb.contiguous().data_ptr(), image.pixels.size());
  return image;
}

at::Tensor bytes_of(const GreyImage& grey) {
  at::Tensor bytes = at::empty({grey.height, grey.width}, at::kByte);
  std::memcpy(bytes.data_ptr(), grey.values.data(), grey.values.size());
  return bytes;
}

at::Tensor bytes_of(const Image& image) { return as_bytes({image})[0]; }

void close_bytes(Report& report,
                 const std::string& name,
                 const at::Tensor& actual,
                 const at::Tensor& expected,
                 double level) {
  report.close(name, actual.to(at::kFloat), expected.to(at::kFloat), level);
}

/// A mask as the set stores it, by its brightness or its transparency.
GreyImage mask_of(const at::Tensor& bytes, bool round) {
  if (bytes.dim() == 2) {
    return grey_of(bytes);
  }
  const at::Tensor alpha = bytes.select(2, 3);
  return grey_of(round ? alpha.gt(128).to(at::kByte) * 255 : alpha);
}

/// inpaint_parts: each step of the preparation alone.
void check_parts(const Context& context, Report& report) {
  const json set = read_json(context.folder / "inpaint_parts.json");
  const auto tensors = FileTensors::open(context.folder / "inpaint_parts.safetensors");
  for (const json& region : set.at("crop_regions")) {
    const auto size = region.at("mask_size").get<std::vector<int>>();
    const auto box = region.at("box").get<std::vector<int>>();
    const auto target = region.at("processing").get<std::vector<int>>();
    GreyImage mask(size[0], size[1]);
    for (int y = box[1]; y < box[3]; ++y) {
      std::fill(mask.row(y) + box[0], mask.row(y) + box[2], std::uint8_t{255});
    }
    const auto as_json = [](const PixelBox& b) { return json{b.left, b.top, b.right, b.bottom}; };
    const PixelBox crop = masked_box(mask, region.at("padding")).value_or(PixelBox{});
    const PixelBox grown = with_proportions(crop, target[0], target[1], size[0], size[1]);
    report.exact("hires/parts/crop " + region.at("box").dump(),
                 as_json(crop) == region.at("crop") && as_json(grown) == region.at("expanded"),
                 as_json(crop).dump() + as_json(grown).dump());
  }
  for (int i = 0; tensors->contains("fill" + std::to_string(i) + "/image"); ++i) {
    const std::string number = std::to_string(i) + "/";
    const std::string name = "hires/parts/";
    const Image image = image_of(tensors->tensor("fill" + number + "image"));
    const GreyImage mask = grey_of(tensors->tensor("fill" + number + "mask"));
    close_bytes(report, name + "fill" + number + "out", bytes_of(filled(image, mask)),
                tensors->tensor("fill" + number + "out"), kFillBytes);
    close_bytes(report, name + "fill" + number + "out_soft",
                bytes_of(filled(image, grey_of(tensors->tensor("fill" + number + "soft_mask")))),
                tensors->tensor("fill" + number + "out_soft"), kFillBytes);
    for (const std::string& tensor : tensors->names()) {
      int a = 0, b = 0, mode = 0;
      const bool blur = tensor.starts_with("blur" + number);
      const bool resized = tensor.starts_with("resize" + number);
      const std::string rest = tensor.substr(tensor.find('/') + 1);
      if (blur) {
        const double sigma = std::stod(rest);
        close_bytes(report, name + tensor,
                    bytes_of(blurred_mask(mask, sigma, rest.ends_with("_xy") ? sigma : 0)),
                    tensors->tensor(tensor), kBytes);
      } else if (resized && std::sscanf(rest.c_str(), "%d_%dx%d", &mode, &a, &b) == 3) {
        close_bytes(report, name + tensor,
                    bytes_of(resize_for_img2img(image, a, b, static_cast<ResizeMode>(mode))),
                    tensors->tensor(tensor), kBytes);
      } else if (resized && std::sscanf(rest.c_str(), "mask_%d_%dx%d", &mode, &a, &b) == 3) {
        const MaskPreparation preparation{a, b, static_cast<ResizeMode>(mode)};
        close_bytes(report, name + tensor, bytes_of(prepare_mask(mask, preparation).mask),
                    tensors->tensor(tensor), kBytes);
      } else if (tensor.starts_with("latmask" + number) &&
                 std::sscanf(rest.c_str(), "out_%dx%d", &a, &b) == 2) {
        const GreyImage soft = grey_of(tensors->tensor("fill" + number + "soft_mask"));
        const at::Tensor small = latent_mask(soft, b, a, false)[0][0] * 255.0;
        close_bytes(report, name + tensor, small, tensors->tensor(tensor), kBytes);
      }
    }
  }
}

/// A run of inpaint.json or inpaint9.json.
class InpaintCheck {
 public:
  InpaintCheck(const Pipeline& pipeline,
               const json& run,
               const FileTensors& tensors,
               const RunTolerances& allowed,
               const std::string& set,
               Report& report)
      : pipeline_(pipeline),
        run_(run),
        tensors_(tensors),
        allowed_(allowed),
        report_(report),
        key_(run.at("key").get<std::string>() + "/"),
        name_("hires/" + set + "/" + key_) {
    run_["sampler"] = run_.at("sampler_name");
    run_["batch"] = value_or(run_, "batch_size", 1);
    batch_.width = run_.at("width");
    batch_.height = run_.at("height");
    batch_.seeds = seeds_of(run_);
    PromptOptions options;
    options.planned_calls = run_.at("steps");
    batch_.images.assign(batch_.seeds.size(), pipeline_.encoder().encode(
                                                  run_.at("prompt").get<std::string>(),
                                                  run_.at("negative").get<std::string>(), options));
  }

  void check() { has("sample_x") ? check_text_to_image() : check_image_to_image(); }

 private:
  bool has(const std::string& tensor) const { return tensors_.contains(key_ + tensor); }
  at::Tensor expected(const std::string& tensor) const { return tensors_.tensor(key_ + tensor); }
  double scale() const { return pipeline_.vae().config().scale_factor; }

  /// What the reference drew from the VAE's distribution beyond its mean, in latents.
  at::Tensor drawn(const std::string& encoding) const {
    return expected(encoding + "_std") * expected(encoding + "_noise") * scale();
  }

  /// The same at the size that is drawn.
  at::Tensor drawn_latent(const std::string& encoding) const {
    const at::Tensor latent = drawn(encoding);
    const int factor = pipeline_.size_factor();
    const std::int64_t h = batch_.height / factor, w = batch_.width / factor;
    return latent.size(2) == h && latent.size(3) == w
               ? latent
               : at::upsample_bilinear2d(latent, {h, w}, false);
  }

  void check_conditioning(const std::string& tensor,
                          const at::Tensor& picture,
                          const std::string& encoding) {
    const at::Tensor actual = picture.unsqueeze(0).cpu();
    report_.close(name_ + tensor + "/mask", actual.narrow(1, 0, 1),
                  expected(tensor).narrow(1, 0, 1), 1e-6);
    const at::Tensor latent = actual.narrow(1, 1, actual.size(1) - 1) + drawn(encoding);
    report_.close(name_ + tensor + "/latent", latent, expected(tensor).narrow(1, 1, latent.size(1)),
                  allowed_.latent);
  }

  void use_picture(const std::string& tensor) {
    const at::Tensor channels = expected(tensor).to(pipeline_.compute().device);
    batch_.pictures.clear();
    for (std::size_t i = 0; i < batch_.images.size(); ++i) {
      batch_.pictures.push_back(channels[channels.size(0) == 1 ? 0 : static_cast<int>(i)]);
    }
  }

  void check_text_to_image() {
    check_conditioning("sample_image_conditioning",
                       pipeline_.blank_picture(batch_.width, batch_.height), "encode0");
    use_picture("sample_image_conditioning");
    at::Tensor latent = pipeline_.sample(settings_of(run_), batch_);
    close_latents("sample_out", latent);
    if (has("second_x")) {
      latent = second_pass();
    }
    close_latents("latent", latent);
    close_image("image", decode_latents(pipeline_.vae(), expected("latent")).front());
  }

  at::Tensor second_pass() {
    const at::Tensor start = expected("second_x");
    batch_.width = static_cast<int>(start.size(3)) * pipeline_.size_factor();
    batch_.height = static_cast<int>(start.size(2)) * pipeline_.size_factor();
    if (run_.contains("inpainting_mask_weight")) {
      const double shown = 1 - run_.at("inpainting_mask_weight").get<double>();
      const at::Tensor picture = pipeline_.vae().decode(start) * shown;
      const at::Tensor latent =
          pipeline_.vae().encode(picture).mean.cpu() * scale() + drawn("encode1");
      report_.close(name_ + "second_image_conditioning", latent,
                    expected("second_image_conditioning").narrow(1, 1, latent.size(1)),
                    std::max(5e-3, allowed_.encoded));
    } else {
      check_conditioning("second_image_conditioning",
                         pipeline_.blank_picture(batch_.width, batch_.height), "encode2");
    }
    use_picture("second_image_conditioning");
    batch_.init_latent = start;
    SamplingSettings settings = settings_of(run_);
    settings.fix_steps = true;
    const at::Tensor latent = pipeline_.sample(settings, batch_);
    close_latents("second_out", latent);
    return latent;
  }

  /// The mask before it is brought to the size; nothing where there is none.
  std::optional<GreyImage> mask() const {
    if (!run_.contains("mask_image") || run_.at("mask_image").is_null()) {
      return std::nullopt;
    }
    GreyImage mask = mask_of(tensors_.tensor(run_.at("mask_image").get<std::string>()),
                             value_or(run_, "mask_round", true));
    if (value_or(run_, "inpainting_mask_invert", 0) != 0) {
      mask = inverted(std::move(mask));
    }
    const double blur = value_or(run_, "mask_blur", 4.0);
    return blurred_mask(mask, value_or(run_, "mask_blur_x", blur),
                        value_or(run_, "mask_blur_y", blur));
  }

  void check_image_to_image() {
    const Image source = image_of(tensors_.tensor(run_.at("init_image").get<std::string>()));
    std::optional<GreyImage> mask = this->mask();
    const int mode = value_or(run_, "resize_mode", 0);
    MaskPreparation preparation{batch_.width, batch_.height, static_cast<ResizeMode>(mode)};
    if (mask && value_or(run_, "inpaint_full_res", false)) {
      preparation.box = masked_box(*mask, value_or(run_, "inpaint_full_res_padding", 0));
      if (preparation.box) {
        preparation.box = with_proportions(*preparation.box, batch_.width, batch_.height,
                                           mask->width, mask->height);
        const PixelBox& box = *preparation.box;
        report_.exact(name_ + "paste_to",
                      run_.at("paste_to") == json({box.left, box.top, box.width(), box.height()}));
      } else {
        mask.reset();
      }
    }
    InpaintingRules rules;
    rules.fill = static_cast<InpaintingFill>(value_or(run_, "inpainting_fill", 1));
    rules.round = value_or(run_, "mask_round", true);
    rules.width = batch_.width;
    rules.height = batch_.height;
    rules.mask_weight = value_or(run_, "inpainting_mask_weight", 1.0);
    std::optional<Overlay> overlay;
    std::optional<PreparedMask> prepared;
    if (mask) {
      prepared = prepare_mask(*mask, preparation);
      overlay = check_overlay(source, *prepared, preparation);
    }
    const PictureStart start = start_of(source, prepared, preparation, rules);
    check_start(start, rules);
    SamplingSettings settings = settings_of(run_);
    settings.noise_multiplier = value_or(run_, "initial_noise_multiplier", 1.0);
    const at::Tensor latent = pipeline_.sample(settings, batch_);
    close_latents("latent", latent);
    const Image drawn = decode_latents(pipeline_.vae(), expected("latent")).front();
    if (has("image_without_overlay")) {
      close_image("image_without_overlay", drawn);
    }
    close_image("image", overlay ? with_overlay(drawn, *overlay) : drawn);
  }

  PictureStart start_of(const Image& source,
                        const std::optional<PreparedMask>& mask,
                        const MaskPreparation& preparation,
                        const InpaintingRules& rules) const {
    return start_from(pipeline_, prepare_picture(source, preparation), mask ? &mask->mask : nullptr,
                      rules);
  }

  Overlay check_overlay(const Image& source,
                        const PreparedMask& prepared,
                        const MaskPreparation& preparation) {
    at::Tensor wanted = expected("overlay_mask");
    wanted = wanted.dim() == 3 ? wanted.select(2, 0) : wanted;
    close_bytes(report_, name_ + "overlay_mask", bytes_of(prepared.overlay), wanted, kBytes);
    const Overlay overlay =
        make_overlay(preparation.box ? source : prepare_picture(source, preparation),
                     prepared.overlay, preparation.box);
    if (has("overlay_rgba")) {
      at::Tensor bytes = at::empty({overlay.height, overlay.width, 4}, at::kByte);
      std::memcpy(bytes.data_ptr(), overlay.pixels.data(), overlay.pixels.size());
      // Colours of what is hardly there say little: one level of alpha moves them far.
      const at::Tensor seen = expected("overlay_rgba").narrow(2, 3, 1).gt(8);
      close_bytes(report_, name_ + "overlay_rgba", bytes * seen, expected("overlay_rgba") * seen,
                  kBytes);
    }
    return overlay;
  }

  void check_start(const PictureStart& start, const InpaintingRules& rules) {
    if (start.repaint.defined()) {
      report_.close(name_ + "latent_nmask", start.repaint[0][0], expected("latent_nmask"),
                    rules.round ? 0 : kBytes / 255);
      batch_.repaint = expected("latent_nmask").expand({count(), 1, -1, -1}).contiguous();
    }
    std::vector<at::Tensor> starts;
    for (std::int64_t i = 0; i < count(); ++i) {
      PictureStart own = start;
      const std::string encoding = "encode" + std::to_string(i);
      own.latent =
          start.latent + drawn_latent(has(encoding + "_std") && count() > 1 ? encoding : "encode0")
                             .to(start.latent.device());
      starts.push_back(with_fill(own, rules.fill, batch_.seeds[static_cast<std::size_t>(i)]));
    }
    batch_.init_latent = at::cat(starts);
    if (has("init_latent")) {
      report_.close(name_ + "init_latent", batch_.init_latent, expected("init_latent"),
                    std::max(1e-3, allowed_.encoded));
      batch_.init_latent = expected("init_latent");
    }
    if (has("img2img_image_conditioning")) {
      check_conditioning("img2img_image_conditioning", start.picture, "encode1");
      use_picture("img2img_image_conditioning");
    }
  }

  std::int64_t count() const { return static_cast<std::int64_t>(batch_.images.size()); }

  void close_latents(const std::string& tensor, const at::Tensor& actual) {
    report_.mostly_close(name_ + tensor, actual, expected(tensor), allowed_.latent, 0,
                         allowed_.latents_beyond);
  }

  void close_image(const std::string& tensor, const Image& image) {
    report_.mostly_close(name_ + tensor, as_bytes({image}), expected(tensor).narrow(0, 0, 1),
                         allowed_.level, 0, allowed_.pixels_beyond);
  }

  const Pipeline& pipeline_;
  json run_;
  const FileTensors& tensors_;
  RunTolerances allowed_;
  Report& report_;
  std::string key_;
  std::string name_;
  PictureBatch batch_;
};

void check_inpaint_runs(const Context& context,
                        const std::string& set,
                        const Pipeline& pipeline,
                        Report& report) {
  const json runs = read_json(context.folder / (set + ".json"));
  const auto tensors = FileTensors::open(context.folder / (set + ".safetensors"));
  for (const json& run : runs.at("runs")) {
    if (!run.contains("error")) {
      report.guarded("hires/" + set + "/" + run.at("key").get<std::string>(), [&] {
        InpaintCheck(pipeline, run, *tensors, tolerances(context.precision), set, report).check();
      });
    }
  }
}

void check_inpaint9(const Context& context, Report& report) {
  const TemporaryFolder folder;
  const auto pipeline =
      open_pipeline(context, write_variant(context.root / "tiny_sd1",
                                           context.folder / "inpaint9_override.safetensors",
                                           {{"unet", {{"in_channels", 9}}}}, folder.path()));
  report.exact("hires/inpaint9/family", pipeline->files().family == ModelFamily::Sd1Inpainting &&
                                            pipeline->picture_input() == PictureInput::Masked);
  const auto tensors = FileTensors::open(context.folder / "inpaint9.safetensors");
  if (tensors->contains("unet/x")) {
    report.guarded("hires/inpaint9/unet", [&] {
      const at::Tensor x = at::cat({tensors->tensor("unet/x"), tensors->tensor("unet/concat")}, 1);
      const at::Device device = pipeline->compute().device;
      const UnetInputs inputs{x.to(device), tensors->tensor("unet/t").to(device),
                              tensors->tensor("unet/context").to(device)};
      report.close("hires/inpaint9/unet/eps", pipeline->unet().forward(inputs),
                   tensors->tensor("unet/eps"), context.precision == Precision::Fp32 ? kUnet : 0.1,
                   kUnet);
    });
  }
  check_inpaint_runs(context, "inpaint9", *pipeline, report);
}

}  // namespace

void check_hires(const Context& context, Report& report) {
  const auto is_there = [&](const char* file) {
    return std::filesystem::exists(context.folder / file);
  };
  if (is_there("inpaint_parts.json")) {
    report.guarded("hires/parts", [&] { check_parts(context, report); });
  }
  {
    const auto pipeline = open_pipeline(context);
    check_second_pass(context, *pipeline, report);
    if (is_there("inpaint.json")) {
      check_inpaint_runs(context, "inpaint", *pipeline, report);
    }
  }
  if (is_there("tiling.safetensors")) {
    report.guarded("hires/tiling", [&] { check_tiling(context, report); });
  }
  if (is_there("inpaint9.json")) {
    report.guarded("hires/inpaint9", [&] { check_inpaint9(context, report); });
  }
}

}  // namespace ptravel::golden
