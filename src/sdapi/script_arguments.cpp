// The arguments of both versions of the original script.
#include <array>

#include "sdapi/script.h"

namespace ptravel {
namespace {

using enum SdType;

constexpr std::string_view kGenesis = "fixed, successive";

constexpr std::array<SdScriptArgument, 15> kFirst = {{
    {{"genesis", Text, "\"fixed\""}, "Frame genesis", kGenesis},
    {{"denoise_strength", Number, "1.0", false, 0, 1}, "Denoise strength", ""},
    {{"mode", Text, "\"linear\""}, "Travel mode", "linear, replace, grad"},
    {{"steps", Text, "\"30\""}, "Travel steps between stages", ""},
    {{"replace_order", Text, "\"grad_min\""},
     "Replace order",
     "random, most_similar, most_different, grad_min, grad_max"},
    {{"grad_alpha", Number, "0.01"}, "Step size", ""},
    {{"grad_iter", Integer, "1"}, "Step count", ""},
    {{"grad_meth", Text, "\"clip\""}, "Step method", "clip, sign, tanh"},
    {{"grad_w_latent", Number, "1"}, "Weight for latent match", ""},
    {{"grad_w_cond", Number, "1"}, "Weight for cond match", ""},
    {{"video_fmt", Text, "\"mp4\""}, "Video file format", "mp4, gif"},
    {{"video_fps", Number, "10"}, "Video FPS", ""},
    {{"video_pad", Integer, "0"}, "Pad begin/end frames", ""},
    {{"video_pick", Text, "\"\""}, "Pick frame by slice", ""},
    {{"show_debug", Boolean, "true"}, "Show console debug", ""},
}};

constexpr std::array<SdScriptArgument, 20> kNewest = {{
    {{"mode", Text, "\"linear\""}, "Travel mode", "linear, replace"},
    {{"lerp_meth", Text, "\"lerp\""}, "Linear interpolation method", "lerp, slerp"},
    {{"replace_dim", Text, "\"token\""}, "Replace dimension", "token, channel, random"},
    {{"replace_order", Text, "\"random\""}, "Replace order", "similar, different, random"},
    {{"steps", Text, "\"30\""}, "Travel steps between stages", ""},
    {{"genesis", Text, "\"fixed\""}, "Frame genesis", "fixed, successive, embryo"},
    {{"denoise_w", Number, "1.0", false, 0, 1}, "Denoise strength", ""},
    {{"embryo_step", Text, "\"8\""}, "Denoise steps for embryo", ""},
    {{"depth_img", Any}, "Depth image file", ""},
    {{"video_fmt", Text, "\"mp4\""}, "Video file format", "mp4, gif, webm"},
    {{"video_fps", Number, "10"}, "Video FPS", ""},
    {{"video_pad", Integer, "0"}, "Pad begin/end frames", ""},
    {{"video_pick", Text, "\"\""}, "Pick frame by slice", ""},
    {{"ext_video", Boolean, "true"}, "Ext. export video", ""},
    {{"ext_depth", Boolean, "false"}, "Ext. depth-image-io", ""},
    {{"ssim_diff", Number, "0"}, "SSIM threshold", ""},
    {{"ssim_ccrop", Integer, "0", false, 0, 100}, "SSIM CenterCrop%", ""},
    {{"substep_min", Number, "0.0001"}, "SSIM minimum step", ""},
    {{"ssim_diff_min", Integer, "75", false, 0, 100}, "SSIM min threshold", ""},
    {{"ssim_blur", Integer, "0", false, 0, 20}, "SSIM blur", ""},
}};

}  // namespace

std::span<const SdScriptArgument> first_version_arguments() { return kFirst; }
std::span<const SdScriptArgument> newest_version_arguments() { return kNewest; }

}  // namespace ptravel
