#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ptravel/frame.h"
#include "ptravel/request.h"
#include "request/frame_metadata.h"

namespace ptravel {

/// What a frame's parameters text is written from. `request` is the frame's own (frame_request).
struct FrameFacts {
  const TravelRequest& request;
  const ModelIdentity& model;
  const FrameTexts& texts;
  const FrameSpot& spot;
};

/// One key of a frame's parameters text: the web UI's spelling where it has one.
struct ParameterItem {
  std::string_view key;
  int place = 0;  ///< Order in the text: the web UI's keys are below kOwnPlaces, ours above.
  /// The value; nothing where it is left out.
  std::function<std::optional<std::string>(const FrameFacts&)> text;
  /// Takes the value over and returns what is wrong with it, or nothing. Empty: only said.
  std::function<std::optional<std::string>(FrameRequest&, const std::string&)> read;
  bool of_file = false;  ///< Tells which file was used, not a setting's value.
};

/// When a key is written.
using When = std::function<bool(const FrameFacts&)>;

inline constexpr int kOwnPlaces = 1000;

bool always(const FrameFacts& facts);
/// The frame starts from the init picture or from the frame before it.
bool starts_from_picture(const FrameFacts& facts);
/// The frame lies between two stages.
bool is_in_between(const FrameFacts& facts);
/// As is_in_between, and the mode is this one.
When in_between_of(TravelMode mode);
When mode_is(TravelMode mode);

/// A setting's text form as parameters texts spell it: 7 for 7.0, True for true.
std::string parameter_text(const RequestField& shape, const std::string& text);

/// A parameters text's value as the setting's text form.
std::string text_of_parameter(const RequestField& shape, const std::string& value);

/// The ten hex digits that the web UI shows of a sha256.
std::string short_hash(const std::string& sha256);

/// "512x768".
std::string size_text(int width, int height);

/// The items of a frame that are no settings: version and place on the way.
const std::vector<ParameterItem>& frame_items();

/// All items, those of the settings and those of the frame, in the order of the text.
const std::vector<const ParameterItem*>& parameter_items();

}  // namespace ptravel
