#pragma once

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "request/picture_request.h"

namespace ptravel::picture_testing {

using Texts = std::vector<ImageText>;

/// The parameters of a picture of 512x768 with these texts, which it must have.
inline PictureParameters read_texts(const Texts& texts) {
  const auto parameters = read_picture_parameters({texts, 512, 768});
  if (!parameters) {
    ADD_FAILURE() << "no parameters found";
    return {};
  }
  return *parameters;
}

inline PictureParameters read_text(const std::string& text) {
  return read_texts({{"parameters", text}});
}

/// The items of `meant` in one text: "Steps=20 Sampler=Euler".
inline std::string item(const PictureParameters& parameters, std::string_view key) {
  return parameters.meant.find(key).value_or("(absent)");
}

inline std::string all_notes(const PictureParameters& parameters) {
  std::string text;
  for (const PictureNote& note : parameters.notes) {
    text += note.text + "\n";
  }
  return text;
}

inline std::string all_problems(const PictureParameters& parameters) {
  std::string text;
  for (const PictureProblem& problem : parameters.problems) {
    text += problem.key + ": " + problem.message + "\n";
  }
  return text;
}

inline int count_notes_with(const PictureParameters& parameters, std::string_view part) {
  int count = 0;
  for (const PictureNote& note : parameters.notes) {
    count += note.text.find(part) != std::string::npos ? 1 : 0;
  }
  return count;
}

/// The message of the InvalidArgument that reading the picture's request throws.
inline std::string refusal(const Texts& texts, const std::set<std::string>& given = {}) {
  try {
    read_picture_request({texts, 512, 768}, "cat.png", given);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
    return error.what();
  }
  return "";
}

}  // namespace ptravel::picture_testing
