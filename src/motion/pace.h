#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <vector>

namespace ptravel {

/// A place on the way of a film: `alpha`, from 0 to below 1, of the way from stage `gap` to the
/// next one. The last stage is the gap after the last, at 0.
struct WayPlace {
  std::int64_t gap = 0;
  double alpha = 0;
  auto operator<=>(const WayPlace&) const = default;
};

/// Two neighbouring pictures between which the picture jumps, and what leads across: `depth` counts
/// the kinds of bridge there are, from 0.
struct WayBridge {
  WayPlace from;
  WayPlace to;
  std::size_t depth = 0;
  bool operator==(const WayBridge&) const = default;
};

/// A way along which pictures can be drawn: what finding a pace asks for.
class Way {
 public:
  virtual ~Way() = default;
  /// Makes the pictures at these places (rising, none of them asked for before) ready to be
  /// compared.
  virtual void draw(const std::vector<WayPlace>& places) = 0;
  /// How far two pictures that were drawn are apart: finite, at least 0.
  virtual double distance(const WayPlace& one, const WayPlace& other) = 0;
  /// From now on the pictures between both ends are drawn as that bridge has them; it takes the
  /// place of one with the same ends, and what was drawn between them is forgotten. Never called
  /// for tasks without bridges.
  virtual void bridge(const WayBridge& /*bridge*/) {}
};

/// Two pictures that stay apart however close their places are.
struct WayJump {
  WayPlace from;
  WayPlace to;
  double distance = 0;
  bool operator==(const WayJump&) const = default;
};

/// What a film is to be like.
struct PaceTask {
  /// Frames between the stages of each gap; at least one gap.
  std::vector<std::int64_t> in_betweens;
  /// Whether gaps may give frames to each other, so that the film as a whole has one speed. Else
  /// each has one of its own.
  bool shares_frames = false;
  /// Whether the last stage is the first one's picture again, which no frame shows.
  bool loops = false;
  /// By gap: walks that can only stand at k / (positions + 1), k = 1 to positions; 0: at any alpha.
  /// At least as many as in-betweens where not 0. Empty: any alpha everywhere.
  std::vector<std::int64_t> positions;
  /// How many pictures may be drawn, as a multiple of the film's frames; at least 1.
  double budget = 2.5;
  /// What a picture on a bridge costs, as a share of another one: by depth, the bridges that are
  /// tried first in front, above 0. On the last one pictures do not jump. Empty: jumps stay.
  std::vector<double> bridge_costs;
  /// The share of a gap's way, as it is seen, that is done at a share of its time; empty: equal.
  std::function<double(double)> easing;
};

/// Frames at even distances.
struct PacedFilm {
  /// By gap: where its in-betweens lie, rising, in (0, 1). All of them were drawn.
  std::vector<std::vector<double>> alphas;
  /// Not further apart than kLeastAlphaGap, and by more than kJumpOverStep median steps of the
  /// film.
  std::vector<WayJump> jumps;
  std::vector<WayBridge> bridges;  ///< Those that frames lie on, rising.
  std::int64_t pictures = 0;       ///< What was drawn, in whole pictures, rounded up.
  /// The largest of the film's steps over their median; 0 without motion.
  double largest_over_median = 0;
};

/// Pictures closer than this are not halved any more.
inline constexpr double kLeastAlphaGap = 1e-6;

inline constexpr double kJumpOverStep = 1.5;

/// Pictures that find_pace draws at most for a film of `frames`.
std::int64_t pace_pictures(std::int64_t frames, double budget);

/// Chooses where a film's frames lie. Draws the stages and a few places between them, halves the
/// steps at which the picture moves most until the budget is used up, and chooses, by dynamic
/// programming over all that was drawn, the film whose neighbours are most evenly apart. A step
/// that does not shrink when it is halved is bridged, where the task has bridges: by the first kind
/// on which it does. What it draws depends on the distances alone. Throws InvalidArgument for a
/// task that is not as described.
PacedFilm find_pace(const PaceTask& task, Way& way);

}  // namespace ptravel
