#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace ptravel::train {

/// What a caption can say about a picture of the default model's set, one row of the attribute
/// table each. Those from CatEars on are worn things and are simply there or not.
enum class Attribute {
  Subject,
  HairColor,
  HairStyle,
  EyeColor,
  Expression,
  Background,
  Pose,
  Feet,
  ClothesColor,
  Quality,
  Child,
  CatEars,
  Bell,
  BellColor,
  Glasses,
  WitchHat,
  Halo,
  Wings,
  Wand,
  Cloak,
  CloakColor,
  Ribbon,
  Crown,
  Egyptian,
};
inline constexpr std::size_t kAttributes = 24;

// The values' numbers, in the order of the attribute table.
namespace subject {
enum { Boy, Girl, Cat, Robot };
}
namespace hair_style {
enum { Short, Long, Twintails, Spiky };
}
namespace expression {
enum { Smile, OpenMouth, Frown, Angry, Surprised };
}
namespace background {
enum { White, Grey, Pink, Sky, Night, Forest, Beach, Snow, Sunset, City };
}
namespace pose {
enum { Standing, Running, Flying };
}
namespace feet {
enum { Shoes, Barefoot };
}
namespace quality {
enum { Clean, Blurry, LowResolution, JpegArtifacts, Sketch };
}

/// The attribute's name ("hair colour") and its values' names ("light blue"), for tables, captions
/// and scores. A thing worn has the values "no" and "yes".
struct AttributeInfo {
  std::string_view name;
  std::span<const std::string_view> values;
};
const AttributeInfo& info(Attribute attribute);

/// A value for each attribute.
class Look {
 public:
  int& operator[](Attribute attribute) { return values_[static_cast<std::size_t>(attribute)]; }
  int operator[](Attribute attribute) const { return values_[static_cast<std::size_t>(attribute)]; }
  bool has(Attribute attribute) const { return (*this)[attribute] != 0; }
  friend bool operator==(const Look&, const Look&) = default;

 private:
  std::array<int, kAttributes> values_{};
};

/// A small fast generator with the same numbers everywhere (SplitMix64; Steele, Lea and Flood
/// 2014). One thread.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// Even on [0, 1).
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// 0 .. count - 1, count > 0.
  int below(int count);
  bool chance(double probability) { return uniform() < probability; }

 private:
  std::uint64_t state_;
};

/// Whether the attribute can be seen in a picture with this look: hair style only on people, a
/// bell's colour only where there is a bell, no colours in a sketch.
bool is_visible(const Look& look, Attribute attribute);

/// A random look in which everything fits together (one thing at most on top of the head). The
/// quality is Clean.
Look random_look(Dice& dice);

/// A random degraded quality.
int random_degradation(Dice& dice);

/// The continuous part of a drawing: what no caption says. Lengths are in picture widths, angles in
/// radians, everything else in 0..1.
struct Placement {
  float scale = 1;  ///< Size of the figure.
  float shift_x = 0;
  float shift_y = 0;
  float tilt = 0;  ///< Of the whole figure.
  float head_tilt = 0;
  float gaze_x = 0;      ///< -1..1
  float gaze_y = 0;      ///< -1..1
  float stride = 0;      ///< Phase of legs and arms, 0..1.
  float skin = 0;        ///< Light to dark.
  float hair_shade = 0;  ///< Variation of the hair colour.
  float scene = 0;       ///< Variation of the background (hills, clouds, stars, houses).
  float light = 0;       ///< Strength of the shading.
};

/// A random placement that suits the look's pose: a runner leans forward, a flyer is tilted and
/// higher up.
Placement random_placement(const Look& look, Dice& dice);

/// One picture to draw.
struct Drawing {
  Look look;
  Placement placement;
};

}  // namespace ptravel::train
