#include "look.h"

namespace ptravel::train {
namespace {

using Names = std::string_view;

constexpr Names kSubjects[] = {"boy", "girl", "cat", "robot"};
constexpr Names kHairColors[] = {"black",  "brown", "blonde",     "red",   "orange", "pink",
                                 "purple", "blue",  "light blue", "green", "white"};
constexpr Names kHairStyles[] = {"short hair", "long hair", "twintails", "spiky hair"};
constexpr Names kEyeColors[] = {"red", "blue", "green", "brown", "purple", "yellow"};
constexpr Names kExpressions[] = {"smile", "open mouth", "frown", "angry", "surprised"};
constexpr Names kBackgrounds[] = {"white background",
                                  "grey background",
                                  "pink background",
                                  "sky",
                                  "night",
                                  "forest",
                                  "beach",
                                  "snow",
                                  "sunset",
                                  "city"};
constexpr Names kPoses[] = {"standing", "running", "flying"};
constexpr Names kFeet[] = {"shoes", "barefoot"};
constexpr Names kClothesColors[] = {"red", "blue", "green", "yellow", "purple", "black"};
constexpr Names kQualities[] = {"clean", "blurry", "lowres", "jpeg artifacts", "sketch"};
constexpr Names kBellColors[] = {"yellow", "red", "blue"};
constexpr Names kCloakColors[] = {"red", "blue", "green", "purple", "black"};
constexpr Names kNoYes[] = {"no", "yes"};

constexpr AttributeInfo kTable[] = {
    {"subject", kSubjects},
    {"hair colour", kHairColors},
    {"hair style", kHairStyles},
    {"eye colour", kEyeColors},
    {"expression", kExpressions},
    {"background", kBackgrounds},
    {"pose", kPoses},
    {"feet", kFeet},
    {"clothes colour", kClothesColors},
    {"quality", kQualities},
    {"child", kNoYes},
    {"cat ears", kNoYes},
    {"bell", kNoYes},
    {"bell colour", kBellColors},
    {"glasses", kNoYes},
    {"witch hat", kNoYes},
    {"halo", kNoYes},
    {"wings", kNoYes},
    {"magical wand", kNoYes},
    {"cloak", kNoYes},
    {"cloak colour", kCloakColors},
    {"ribbon", kNoYes},
    {"crown", kNoYes},
    {"egyptian", kNoYes},
};
static_assert(std::size(kTable) == kAttributes);

constexpr double kWorn = 0.18;
constexpr double kAngel = 0.05;

bool is_person(const Look& look) {
  return look[Attribute::Subject] == subject::Boy || look[Attribute::Subject] == subject::Girl;
}

bool is_color(Attribute attribute) {
  switch (attribute) {
    case Attribute::HairColor:
    case Attribute::EyeColor:
    case Attribute::ClothesColor:
    case Attribute::BellColor:
    case Attribute::CloakColor:
      return true;
    default:
      return false;
  }
}

}  // namespace

const AttributeInfo& info(Attribute attribute) {
  return kTable[static_cast<std::size_t>(attribute)];
}

std::uint64_t Dice::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

double Dice::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

int Dice::below(int count) { return static_cast<int>(uniform() * count); }

bool is_visible(const Look& look, Attribute attribute) {
  if (is_color(attribute) && look[Attribute::Quality] == quality::Sketch) {
    return false;
  }
  switch (attribute) {
    case Attribute::HairStyle:
    case Attribute::Child:
      return is_person(look);
    case Attribute::CatEars:
      return look[Attribute::Subject] != subject::Cat;
    case Attribute::BellColor:
      return look.has(Attribute::Bell);
    case Attribute::CloakColor:
      return look.has(Attribute::Cloak);
    case Attribute::Feet:
    case Attribute::ClothesColor:
      return is_person(look);
    default:
      return true;
  }
}

Look random_look(Dice& dice) {
  Look look;
  for (std::size_t i = 0; i < kAttributes; ++i) {
    const auto attribute = static_cast<Attribute>(i);
    const auto count = static_cast<int>(kTable[i].values.size());
    const bool worn = kTable[i].values.data() == kNoYes;
    look[attribute] = worn ? static_cast<int>(dice.chance(kWorn)) : dice.below(count);
  }
  // People have most to vary, so they come more often.
  const double who = dice.uniform();
  look[Attribute::Subject] = who < 0.35   ? subject::Boy
                             : who < 0.70 ? subject::Girl
                             : who < 0.85 ? subject::Cat
                                          : subject::Robot;
  look[Attribute::Quality] = quality::Clean;
  if (dice.chance(kAngel)) {
    look[Attribute::Halo] = 1;
    look[Attribute::Wings] = 1;
  }
  // One thing on top of the head.
  Attribute kept = Attribute::Halo;
  bool taken = false;
  for (const Attribute top : {Attribute::Halo, Attribute::WitchHat, Attribute::Crown}) {
    if (look.has(top)) {
      look[top] = taken ? 0 : 1;
      kept = taken ? kept : top;
      taken = true;
    }
  }
  if (kept == Attribute::WitchHat && taken) {
    look[Attribute::CatEars] = 0;
  }
  for (std::size_t i = 0; i < kAttributes; ++i) {
    if (!is_visible(look, static_cast<Attribute>(i))) {
      look[static_cast<Attribute>(i)] = 0;
    }
  }
  return look;
}

int random_degradation(Dice& dice) { return 1 + dice.below(4); }

Placement random_placement(const Look& look, Dice& dice) {
  const auto number = [&](double low, double high) {
    return static_cast<float>(dice.uniform(low, high));
  };
  Placement place;
  place.scale = number(0.92, 1.06) * (look.has(Attribute::Child) ? 0.86F : 1.0F);
  place.shift_x = number(-0.04, 0.04);
  place.shift_y = number(-0.015, 0.025);
  place.tilt = number(-0.05, 0.05);
  place.head_tilt = number(-0.12, 0.12);
  place.gaze_x = number(-1, 1);
  place.gaze_y = number(-1, 1);
  place.stride = number(0, 1);
  place.skin = number(0, 1);
  place.hair_shade = number(0, 1);
  place.scene = number(0, 1);
  place.light = number(0.5, 1);
  if (look[Attribute::Pose] == pose::Running) {
    place.tilt = number(0.08, 0.2);
  } else if (look[Attribute::Pose] == pose::Flying) {
    place.tilt = number(0.3, 0.55);
    place.shift_y -= number(0.02, 0.05);
  }
  return place;
}

}  // namespace ptravel::train
