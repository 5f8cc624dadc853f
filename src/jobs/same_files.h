#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jobs/manifest.h"
#include "ptravel/error.h"
#include "ptravel/frame.h"

namespace ptravel {

/// How much of a run is opened.
enum class RunExtent {
  Whole,
  Part,  ///< Some of its stages: of the files that prompts name there may be fewer.
};

/// Throws InvalidArgument with a problem for each file that is another one than when the run began:
/// role, file, expected and found sha256. `operation`: "resume".
void check_same_files(const Manifest& manifest,
                      const ModelIdentity& identity,
                      std::string_view operation,
                      RunExtent extent = RunExtent::Whole);

/// The files that a picture says its prompts named ("name: first digits of the sha256, ...") and
/// that are not among those of a role in `identity`, and where `exactly` also the other way round:
/// one problem each, with the role as field.
std::vector<Problem> compare_named_files(const std::string& hashes,
                                         const ModelIdentity& identity,
                                         const std::string& role,
                                         bool exactly);

}  // namespace ptravel
