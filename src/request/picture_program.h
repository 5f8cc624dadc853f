#pragma once

#include "base/enum_names.h"

namespace ptravel {

/// The programs whose parameters are read.
enum class PictureProgram {
  PromptTravel,
  WebUi,  ///< AUTOMATIC1111's, and whatever writes its text without saying more.
  Forge,
  SdNext,
  StableDiffusionCpp,
  ComfyUi,
  SwarmUi,
  Fooocus,
  InvokeAi,
  NovelAi,
  EasyDiffusion,
  DrawThings,
};

inline constexpr auto kPictureProgramNames =
    enum_names<PictureProgram>({{PictureProgram::PromptTravel, "Prompt Travel"},
                                {PictureProgram::WebUi, "web UI"},
                                {PictureProgram::Forge, "Forge"},
                                {PictureProgram::SdNext, "SD.Next"},
                                {PictureProgram::StableDiffusionCpp, "stable-diffusion.cpp"},
                                {PictureProgram::ComfyUi, "ComfyUI"},
                                {PictureProgram::SwarmUi, "SwarmUI"},
                                {PictureProgram::Fooocus, "Fooocus"},
                                {PictureProgram::InvokeAi, "InvokeAI"},
                                {PictureProgram::NovelAi, "NovelAI"},
                                {PictureProgram::EasyDiffusion, "Easy Diffusion"},
                                {PictureProgram::DrawThings, "Draw Things"}});

}  // namespace ptravel
