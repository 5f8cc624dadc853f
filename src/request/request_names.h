#pragma once

#include "base/enum_names.h"
#include "media/video_names.h"
#include "ptravel/request.h"

namespace ptravel {

// The one text form of each setting with choices: command line, JSON, TOML and metadata.

inline constexpr auto kPredictionNames = enum_names<PredictionChoice>(
    {{PredictionChoice::Auto, "auto"}, {PredictionChoice::Eps, "eps"}, {PredictionChoice::V, "v"}});

inline constexpr auto kZeroSnrNames = enum_names<ZeroSnrChoice>(
    {{ZeroSnrChoice::Auto, "auto"}, {ZeroSnrChoice::On, "on"}, {ZeroSnrChoice::Off, "off"}});

inline constexpr auto kVaeDecoderNames =
    enum_names<VaeDecoder>({{VaeDecoder::Full, "full"}, {VaeDecoder::Tiny, "tiny"}});

inline constexpr auto kTilingNames = enum_names<Tiling>(
    {{Tiling::Off, "off"}, {Tiling::Both, "both"}, {Tiling::X, "x"}, {Tiling::Y, "y"}});

inline constexpr auto kTravelModeNames = enum_names<TravelMode>(
    {{TravelMode::Linear, "linear"}, {TravelMode::Replace, "replace"}, {TravelMode::Grad, "grad"}});

inline constexpr auto kCompatNames =
    enum_names<Compat>({{Compat::None, "none"}, {Compat::First, "v1.3"}, {Compat::Newest, "v3"}});

inline constexpr auto kReplaceDimNames = enum_names<ReplaceDim>({{ReplaceDim::Prompt, "prompt"},
                                                                 {ReplaceDim::Token, "token"},
                                                                 {ReplaceDim::Channel, "channel"},
                                                                 {ReplaceDim::Random, "random"}});

inline constexpr auto kReplaceOrderNames =
    enum_names<ReplaceOrder>({{ReplaceOrder::Random, "random"},
                              {ReplaceOrder::Similar, "similar"},
                              {ReplaceOrder::Different, "different"},
                              {ReplaceOrder::GradMin, "grad_min"},
                              {ReplaceOrder::GradMax, "grad_max"}});

inline constexpr auto kGradMethodNames = enum_names<GradMethod>(
    {{GradMethod::Clip, "clip"}, {GradMethod::Sign, "sign"}, {GradMethod::Tanh, "tanh"}});

inline constexpr auto kEasingNames = enum_names<Easing>({{Easing::Linear, "linear"},
                                                         {Easing::EaseIn, "ease-in"},
                                                         {Easing::EaseOut, "ease-out"},
                                                         {Easing::EaseInOut, "ease-in-out"},
                                                         {Easing::Beta, "beta"}});

inline constexpr auto kTokenAlignmentNames = enum_names<TokenAlignment>(
    {{TokenAlignment::Rows, "rows"}, {TokenAlignment::OptimalTransport, "optimal-transport"}});

inline constexpr auto kPaceNames =
    enum_names<Pace>({{Pace::Alpha, "alpha"}, {Pace::Even, "even"}, {Pace::Preview, "preview"}});

inline constexpr auto kPaceByNames =
    enum_names<PaceBy>({{PaceBy::Ssim, "ssim"}, {PaceBy::Lab, "lab"}, {PaceBy::Latent, "latent"}});

inline constexpr auto kBeatsByNames =
    enum_names<BeatsBy>({{BeatsBy::Beat, "beat"}, {BeatsBy::Energy, "energy"}});

inline constexpr auto kBridgeNames = enum_names<BridgeKind>(
    {{BridgeKind::Off, "off"}, {BridgeKind::Latents, "latents"}, {BridgeKind::Blend, "blend"}});

inline constexpr auto kInterpolationNames =
    enum_names<Interpolation>({{Interpolation::Lerp, "lerp"},
                               {Interpolation::Slerp, "slerp"},
                               {Interpolation::SlerpUncond, "slerp-uncond"}});

inline constexpr auto kAttentionInterpolationNames =
    enum_names<AttentionInterpolation>({{AttentionInterpolation::Off, "off"},
                                        {AttentionInterpolation::Inner, "inner"},
                                        {AttentionInterpolation::Outer, "outer"},
                                        {AttentionInterpolation::FusedInner, "fused-inner"},
                                        {AttentionInterpolation::FusedOuter, "fused-outer"}});

inline constexpr auto kStagePaddingNames =
    enum_names<StagePadding>({{StagePadding::Uncond, "uncond"}, {StagePadding::Zero, "zero"}});

inline constexpr auto kGenesisNames = enum_names<Genesis>(
    {{Genesis::Fixed, "fixed"}, {Genesis::Successive, "successive"}, {Genesis::Embryo, "embryo"}});

inline constexpr auto kEmphasisNames = enum_names<Emphasis>({{Emphasis::Original, "original"},
                                                             {Emphasis::NoNorm, "no-norm"},
                                                             {Emphasis::Ignore, "ignore"},
                                                             {Emphasis::None, "none"}});

inline constexpr auto kResizeModeNames =
    enum_names<ResizeMode>({{ResizeMode::JustResize, "just-resize"},
                            {ResizeMode::CropAndResize, "crop-and-resize"},
                            {ResizeMode::ResizeAndFill, "resize-and-fill"},
                            {ResizeMode::LatentUpscale, "latent-upscale"}});

inline constexpr auto kInpaintingFillNames =
    enum_names<InpaintingFill>({{InpaintingFill::Fill, "fill"},
                                {InpaintingFill::Original, "original"},
                                {InpaintingFill::LatentNoise, "latent-noise"},
                                {InpaintingFill::LatentNothing, "latent-nothing"}});

inline constexpr auto kInpaintAreaNames =
    enum_names<InpaintArea>({{InpaintArea::Whole, "whole"}, {InpaintArea::Masked, "masked"}});

inline constexpr auto kDeviceNames = enum_names<DeviceChoice>(
    {{DeviceChoice::Auto, "auto"}, {DeviceChoice::Cpu, "cpu"}, {DeviceChoice::Cuda, "cuda"}});

inline constexpr auto kPrecisionNames = enum_names<Precision>({{Precision::Auto, "auto"},
                                                               {Precision::Fp32, "fp32"},
                                                               {Precision::Bf16, "bf16"},
                                                               {Precision::Fp16, "fp16"}});

inline constexpr auto kRngSourceNames =
    enum_names<RngSource>({{RngSource::Cpu, "cpu"}, {RngSource::Nv, "nv"}});

}  // namespace ptravel
