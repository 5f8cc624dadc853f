#pragma once

#include <cstddef>
#include <vector>

#include "motion/choose_film.h"

namespace ptravel {

/// Steps between neighbouring pictures, rising, whose middle would be worth drawing: those that
/// choose_film would show if the middle of every step i with `halvable[i]` (one for each step) were
/// there, at the distances that its neighbours let expect. Nothing when no film can be chosen.
std::vector<std::size_t> wanted_middles(const FilmChoice& drawn, const std::vector<bool>& halvable);

}  // namespace ptravel
