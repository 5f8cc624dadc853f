#pragma once

#include "base/enum_names.h"
#include "media/video_names.h"
#include "ptravel/request.h"

namespace ptravel {

// The one text form of each setting with choices: command line, JSON, TOML and metadata.

inline constexpr auto kPredictionNames = enum_names<PredictionChoice>(
    {{PredictionChoice::Auto, "auto"}, {PredictionChoice::Eps, "eps"}, {PredictionChoice::V, "v"}});

inline constexpr auto kTravelModeNames = enum_names<TravelMode>({{TravelMode::Linear, "linear"}});

inline constexpr auto kInterpolationNames =
    enum_names<Interpolation>({{Interpolation::Lerp, "lerp"}, {Interpolation::Slerp, "slerp"}});

inline constexpr auto kStagePaddingNames =
    enum_names<StagePadding>({{StagePadding::Uncond, "uncond"}, {StagePadding::Zero, "zero"}});

inline constexpr auto kGenesisNames =
    enum_names<Genesis>({{Genesis::Fixed, "fixed"}, {Genesis::Successive, "successive"}});

inline constexpr auto kEmphasisNames = enum_names<Emphasis>({{Emphasis::Original, "original"},
                                                             {Emphasis::NoNorm, "no-norm"},
                                                             {Emphasis::Ignore, "ignore"},
                                                             {Emphasis::None, "none"}});

inline constexpr auto kResizeModeNames =
    enum_names<ResizeMode>({{ResizeMode::JustResize, "just-resize"},
                            {ResizeMode::CropAndResize, "crop-and-resize"},
                            {ResizeMode::ResizeAndFill, "resize-and-fill"}});

inline constexpr auto kDeviceNames = enum_names<DeviceChoice>(
    {{DeviceChoice::Auto, "auto"}, {DeviceChoice::Cpu, "cpu"}, {DeviceChoice::Cuda, "cuda"}});

inline constexpr auto kPrecisionNames = enum_names<Precision>({{Precision::Auto, "auto"},
                                                               {Precision::Fp32, "fp32"},
                                                               {Precision::Bf16, "bf16"},
                                                               {Precision::Fp16, "fp16"}});

}  // namespace ptravel
