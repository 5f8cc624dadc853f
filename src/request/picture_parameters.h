#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "media/image_text.h"
#include "media/infotext.h"
#include "request/picture_keys.h"
#include "request/picture_program.h"

namespace ptravel {

/// Something in a picture's parameters that cannot be drawn as it stands.
struct PictureProblem {
  std::string key;      ///< The program's own name for it: "Sampler", "node 12 (LatentUpscale)".
  std::string field;    ///< The setting that takes its place when it is given; empty for none.
  std::string message;  ///< "\"dpm++2mv2\", expected ..."
};

/// What a picture says of how it was made, read as the program that wrote it meant it.
struct PictureParameters {
  PictureProgram program = PictureProgram::WebUi;
  /// For people: the web UI's text as it stands, other programs' prompts as they were written with
  /// their settings under the web UI's keys.
  std::string text;
  /// What draws the picture here: prompts in the web UI's grammar, our names.
  Infotext meant;
  std::vector<PictureNote> notes;
  std::vector<PictureProblem> problems;
};

/// Texts of a picture, and its size.
struct PictureSource {
  std::span<const ImageText> texts;
  int width = 0;
  int height = 0;
};

/// Reads the parameters of whatever program left them; nullopt when there are none. Never throws
/// for what a picture may hold: what cannot be drawn becomes a problem.
std::optional<PictureParameters> read_picture_parameters(const PictureSource& source);

}  // namespace ptravel
