#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ptravel/image.h"

namespace ptravel {

/// Pictures that networks took long to make, in a folder until all are made: work that is stopped
/// or killed goes on where it was. Each is a PNG, whole or not there, under a name that is the hash
/// of all that makes it. One thread, and one object for a folder at a time.
class KeptPictures {
 public:
  /// `maker` stands for everything that is the same for all recipes: the program's version. The
  /// folder need not be there; what a killed process left half written is removed.
  KeptPictures(std::filesystem::path folder, std::string maker);

  /// The `count` pictures that a recipe makes; `recipe` says all that their bytes depend on. Those
  /// of the folder where all are there, whole, and made by it; else those that `make` makes, which
  /// are kept. A disk that takes no more is no failure: from then on nothing is kept.
  std::vector<Image> get(const std::string& recipe,
                         std::size_t count,
                         const std::function<std::vector<Image>()>& make);

  std::int64_t reused() const { return reused_; }  ///< Pictures that were there.
  std::int64_t made() const { return made_; }      ///< Pictures that had to be made.
  const std::filesystem::path& folder() const { return folder_; }
  /// Why nothing is kept any more.
  const std::optional<std::string>& failure() const { return failure_; }

  /// Removes the pictures and their folder.
  void remove();

 private:
  std::optional<std::vector<Image>> find(const std::string& key, std::size_t count) const;
  void keep(const std::string& key, const std::vector<Image>& pictures);

  std::filesystem::path folder_;
  std::string maker_;
  std::int64_t reused_ = 0;
  std::int64_t made_ = 0;
  std::optional<std::string> failure_;
};

/// The sha256 of a picture's size and pixels, as part of a recipe.
std::string pixel_hash(const Image& image);

}  // namespace ptravel
