// The pictures are nodes of a graph whose edges go from each to all later ones. A window over the
// sorted distances says which edges may be used; it is widened at its upper end until a path of the
// wanted length exists and narrowed at its lower end while one does. The best window is the choice.

#include "motion/select_frames.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::size_t kMostPictures = 1000;

class Chooser {
 public:
  Chooser(std::size_t pictures, std::size_t count, const PairDistance& distance)
      : pictures_(pictures),
        count_(count),
        words_(count / 64 + 1),
        distances_(pictures * pictures),
        lengths_(pictures * words_) {
    for (std::size_t i = 0; i < pictures; ++i) {
      for (std::size_t j = i + 1; j < pictures; ++j) {
        const double value = distance(i, j);
        if (!std::isfinite(value)) {
          throw Error(ErrorCode::InvalidArgument, "[choose frames] the distance of pictures " +
                                                      std::to_string(i) + " and " +
                                                      std::to_string(j) + " is not finite");
        }
        distances_[i * pictures + j] = value;
        sorted_.push_back(value);
      }
    }
    std::sort(sorted_.begin(), sorted_.end());
    sorted_.erase(std::unique(sorted_.begin(), sorted_.end()), sorted_.end());
  }

  FrameChoice choose() {
    double best_low = sorted_.front();
    double best_high = sorted_.back();
    std::size_t high = 0;
    for (const double low : sorted_) {
      while (high < sorted_.size() && (sorted_[high] < low || !has_path(low, sorted_[high]))) {
        ++high;
      }
      if (high == sorted_.size()) {
        break;
      }
      if (sorted_[high] - low < best_high - best_low) {
        best_low = low;
        best_high = sorted_[high];
      }
    }
    return path(best_low, best_high);
  }

 private:
  bool allowed(std::size_t i, std::size_t j, double low, double high) const {
    const double value = distances_[i * pictures_ + j];
    return value >= low && value <= high;
  }
  bool reaches(std::size_t picture, std::size_t length) const {
    return (lengths_[picture * words_ + length / 64] >> (length % 64) & 1) != 0;
  }

  /// Finds out, for each picture, with how many steps it can be reached from the first one (as bits
  /// of a number), and whether the last one can be with count - 1.
  bool has_path(double low, double high) {
    std::fill(lengths_.begin(), lengths_.end(), 0);
    lengths_[0] = 1;
    for (std::size_t j = 1; j < pictures_; ++j) {
      std::uint64_t* to = lengths_.data() + j * words_;
      for (std::size_t i = 0; i < j; ++i) {
        if (!allowed(i, j, low, high)) {
          continue;
        }
        const std::uint64_t* from = lengths_.data() + i * words_;
        std::uint64_t carry = 0;
        for (std::size_t word = 0; word < words_; ++word) {
          to[word] |= from[word] << 1 | carry;
          carry = from[word] >> 63;
        }
      }
    }
    return reaches(pictures_ - 1, count_ - 1);
  }

  FrameChoice path(double low, double high) {
    has_path(low, high);
    FrameChoice choice;
    choice.frames = {pictures_ - 1};
    choice.smallest = high;
    choice.largest = low;
    for (std::size_t length = count_ - 1; length > 0; --length) {
      const std::size_t j = choice.frames.back();
      std::size_t i = 0;
      while (!reaches(i, length - 1) || !allowed(i, j, low, high)) {
        ++i;
      }
      choice.smallest = std::min(choice.smallest, distances_[i * pictures_ + j]);
      choice.largest = std::max(choice.largest, distances_[i * pictures_ + j]);
      choice.frames.push_back(i);
    }
    std::reverse(choice.frames.begin(), choice.frames.end());
    return choice;
  }

  std::size_t pictures_;
  std::size_t count_;
  std::size_t words_;                   // of a set of lengths
  std::vector<double> distances_;       // [i][j], i < j
  std::vector<double> sorted_;          // each value once
  std::vector<std::uint64_t> lengths_;  // of each picture: the set of its lengths
};

}  // namespace

FrameChoice choose_even_frames(std::size_t pictures,
                               std::size_t count,
                               const PairDistance& distance) {
  if (count < 2 || count > pictures || pictures > kMostPictures) {
    throw Error(ErrorCode::InvalidArgument,
                "[choose frames] " + std::to_string(count) + " of " + std::to_string(pictures) +
                    " pictures, expected at least 2 of at most " + std::to_string(kMostPictures));
  }
  return Chooser(pictures, count, distance).choose();
}

}  // namespace ptravel
