#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "postprocess/enlarger.h"
#include "postprocess/frame_gap.h"
#include "postprocess/interpolator.h"
#include "postprocess/kept_pictures.h"
#include "ptravel/film_finish.h"
#include "ptravel/image.h"
#include "ptravel/progress.h"

namespace ptravel {

/// Puts pictures between those of a film and enlarges all. One thread at a time.
class FilmFinisher {
 public:
  /// Opens the networks. Throws as validate, open_interpolator and Enlarger.
  explicit FilmFinisher(const FilmFinish& finish);

  /// Sentences about what is used: which networks the files are.
  std::vector<std::string> notes() const;

  /// How many pictures a film of so many becomes.
  std::int64_t pictures(std::int64_t film) const {
    return film < 1 ? 0 : (film - 1) * finish_.interpolate + 1;
  }

  /// Whether networks make pictures of it, so that it is worth while to keep them.
  bool has_networks() const;

  /// Hands every picture of the finished film to `add`, in order. `film` are indices of frames,
  /// which `frame` reads; neighbours that are the same frame are read, found and enlarged once.
  /// What networks make is taken from `kept` and left there, where it is given. Reports in pictures
  /// and stops when cancelled. Returns a sentence about the cuts, if there were any.
  std::optional<std::string> finish(const std::vector<std::int64_t>& film,
                                    const std::function<Image(std::int64_t)>& frame,
                                    const std::function<void(const Image&)>& add,
                                    Progress& progress,
                                    KeptPictures* kept = nullptr) const;

 private:
  /// The pictures between two neighbours.
  std::vector<Image> between(GapKind kind,
                             const Image& first,
                             const Image& second,
                             KeptPictures* kept) const;

  FilmFinish finish_;
  std::string kernels_;            ///< What computes.
  std::string interpolator_hash_;  ///< Of the network's file; empty without one.
  std::unique_ptr<Interpolator> interpolator_;
  std::optional<Enlarger> enlarger_;
};

}  // namespace ptravel
