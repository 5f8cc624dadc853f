#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "motion/choose_film.h"
#include "motion/evenness.h"
#include "motion/pace.h"

namespace ptravel {

/// Distances of pictures, each asked for once.
class KnownDistances {
 public:
  explicit KnownDistances(Way& way) : way_(way) {}
  /// Throws Internal for one that is not finite or below 0.
  double operator()(const WayPlace& one, const WayPlace& other);
  /// Forgets those to places between the two.
  void forget_between(const WayPlace& from, const WayPlace& to);

 private:
  Way& way_;
  std::map<std::pair<WayPlace, WayPlace>, double> known_;
};

/// Of a bridge, in alpha.
double length_of(const WayBridge& bridge);

/// Some gaps in a row whose frames are chosen together.
struct Stretch {
  std::int64_t first_gap = 0;
  std::int64_t gaps = 1;
  std::int64_t in_betweens = 0;
  std::int64_t pictures = 0;  ///< That may be paid for, both ends included.
};

/// Finds the pictures of one stretch, and chooses its film. All operands outlive it. One thread.
class PaceSearch {
 public:
  PaceSearch(const PaceTask& task, const Stretch& stretch, Way& way, KnownDistances& distances)
      : task_(task), stretch_(stretch), way_(way), distances_(distances) {}

  /// Draws as much as may be paid for; the stages are there.
  void find();
  /// The in-betweens of the evenest film, rising.
  std::vector<WayPlace> choose();

  /// Steps that cannot be halved and are larger than kJumpOverStep of the film's.
  std::vector<WayJump> jumps(double step);
  /// The bridges that frames of the film lie on.
  std::vector<WayBridge> bridges(const std::vector<WayPlace>& film) const;
  Evenness evenness(const std::vector<WayPlace>& film);
  /// What was drawn beside the stages, in pictures; those on bridges cost less.
  double drawn() const { return spent_ - static_cast<double>(stretch_.gaps + 1); }

 private:
  static constexpr int kPatience = 3;  // halvings in vain, until others come first
  static constexpr double kBridgeEnds =
      2;  // pictures that a bridge costs by itself: its ends, again

  // A step, number `i`, leads from picture i to the next one.
  double distance_after(std::size_t i) { return distances_(pictures_[i], pictures_[i + 1]); }
  double alpha_end(std::size_t i) const;
  double alpha_gap(std::size_t i) const { return alpha_end(i) - pictures_[i].alpha; }
  std::optional<WayPlace> middle(std::size_t i) const;
  double cost(std::size_t i) const;
  int halvings_in_vain(std::size_t i) const;
  double urgency(std::size_t i);
  bool has_large_step();
  bool resists(std::size_t i) const;
  const WayBridge* bridge_of(std::size_t i) const;

  std::int64_t positions(std::int64_t gap) const;
  std::vector<WayPlace> first_places() const;
  std::vector<WayPlace> halves();
  double largest_distance();
  double even_step();
  bool can_pay(double price) const;
  void draw(const std::vector<WayPlace>& places);
  bool halve();
  bool refine(std::int64_t rounds);
  bool cross_jump();
  bool cross_what_is_left();
  std::vector<std::size_t> jumps_by_size();
  bool build(std::size_t i, std::size_t depth);
  FilmChoice film_choice();
  std::vector<double> bent_steps(const std::vector<WayPlace>& film) const;
  std::vector<WayPlace> in_betweens(const std::vector<std::size_t>& film) const;

  const PaceTask& task_;
  Stretch stretch_;
  Way& way_;
  KnownDistances& distances_;
  std::vector<WayPlace> pictures_;         // rising, both ends included
  std::map<WayPlace, int> halvings_;       // in vain, of the step that begins there
  std::map<WayPlace, WayBridge> bridges_;  // by where they begin
  double spent_ = 0;                       // in pictures
  double limit_ = 0;                       // of what may be spent now
};

}  // namespace ptravel
