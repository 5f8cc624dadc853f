#pragma once

#include "postprocess/film_config.h"
#include "postprocess/rife_config.h"
#include "postprocess/upscaler_config.h"
#include "tests/support/tiny_files.h"

namespace ptravel {

/// A filter bank and its bias with repeatable small numbers, as name + ".weight" and ".bias".
void add_convolution(TinyTensors& tensors,
                     const std::string& name,
                     const std::vector<std::int64_t>& shape);

/// The weights of an ESRGAN network of these sizes in its layout; in every layout the same numbers.
TinyTensors tiny_rrdb(const RrdbConfig& config);

/// The weights of a compact network.
TinyTensors tiny_compact(const CompactConfig& config);

/// The weights of a RIFE network.
TinyTensors tiny_rife(const RifeConfig& config);

/// The weights of a FILM network, under the names of film_tensors.
TinyTensors tiny_film(const FilmConfig& config);

/// The same tensors with `prefix` in front of their names.
TinyTensors with_prefix(const TinyTensors& tensors, const std::string& prefix);

}  // namespace ptravel
