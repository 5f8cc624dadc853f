#include "scoring.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <ATen/ATen.h>

#include "base/text.h"
#include "media/image_file.h"
#include "pipeline/latents.h"
#include "ptravel/error.h"

#include "captions.h"
#include "held_back.h"
#include "picture_set.h"

namespace ptravel::train {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kJudgedAtOnce = 32;
constexpr std::int64_t kInBetweens = 5;
/// Travels begin at prompts that score_prompts does not use.
constexpr std::uint64_t kFirstTravelPrompt = 1'000'000;

/// The frames of a run folder in order; none where it is no run folder.
std::vector<Image> frames_of(const fs::path& run) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(run, error)) {
    const fs::path& path = entry.path();
    if (path.extension() == ".png" && parse_unsigned(path.stem().string())) {
      files.push_back(path);
    }
  }
  std::ranges::sort(files);
  std::vector<Image> frames;
  for (const fs::path& file : files) {
    frames.push_back(read_image(file).image);
  }
  return frames;
}

Look prompt_look(std::uint64_t number) { return drawing_at(kPromptSeed, number, 0).look; }

std::vector<Look> look_at(const Judge& judge, const std::vector<Image>& pictures) {
  std::vector<Look> looks;
  std::vector<at::Tensor> waiting;
  for (const Image& picture : pictures) {
    waiting.push_back(image_to_tensor(picture));
    if (std::ssize(waiting) == kJudgedAtOnce || &picture == &pictures.back()) {
      std::ranges::move(judge.look_at(at::cat(waiting)), std::back_inserter(looks));
      waiting.clear();
    }
  }
  return looks;
}

/// Whether the picture set has such pictures: one thing at most on top of the head.
bool fits(const Look& look) {
  const int tops = look[Attribute::Halo] + look[Attribute::WitchHat] + look[Attribute::Crown];
  return tops <= 1 && !(look.has(Attribute::WitchHat) && look.has(Attribute::CatEars));
}

/// Two looks that differ in one attribute, and in what is seen only with it.
struct Change {
  Look from;
  Look to;
  Attribute attribute = Attribute::Subject;

  /// Another attribute that both looks show.
  bool keeps(Attribute other) const {
    return other != attribute && is_visible(from, other) && is_visible(to, other);
  }
};

Change random_change(std::uint64_t number) {
  Change change;
  change.from = prompt_look(kFirstTravelPrompt + number);
  Dice dice(kPromptSeed ^ (number + 1));
  for (;;) {
    change.to = change.from;
    const auto attributes = judged_attributes();
    change.attribute =
        attributes[static_cast<std::size_t>(dice.below(static_cast<int>(attributes.size())))];
    const auto values = static_cast<int>(info(change.attribute).values.size());
    int& value = change.to[change.attribute];
    value = (value + 1 + dice.below(values - 1)) % values;
    if (!is_visible(change.from, change.attribute) || !fits(change.to)) {
      continue;
    }
    for (const Attribute other : attributes) {
      if (!is_visible(change.to, other)) {
        change.to[other] = 0;
      }
    }
    return change;
  }
}

bool is_main(Attribute attribute) {
  return attribute == Attribute::HairColor || attribute == Attribute::Background ||
         attribute == Attribute::Subject || attribute == Attribute::HairStyle;
}

/// Counts what one travel's in-betweens keep; `frames` are what was seen in all its frames.
void add_travel(const Change& change, std::span<const Look> frames, TravelScore& score) {
  for (const Look& frame : frames.subspan(1, frames.size() - 2)) {
    bool main = true;
    bool everything = true;
    for (const Attribute attribute : judged_attributes()) {
      if (!change.keeps(attribute)) {
        continue;
      }
      const int seen = frame[attribute];
      const bool kept = seen == change.from[attribute] || seen == frames.front()[attribute] ||
                        seen == frames.back()[attribute];
      score.kept[static_cast<std::size_t>(attribute)].add(kept);
      score.each.add(kept);
      score.as_asked.add(seen == change.from[attribute]);
      main = main && (kept || !is_main(attribute));
      everything = everything && kept;
    }
    score.main.add(main);
    score.everything.add(everything);
  }
}

}  // namespace

PromptScore score_prompts(const Painter& painter,
                          const Judge& judge,
                          std::int64_t count,
                          std::string_view negative) {
  PromptScore score;
  std::vector<Look> asked;
  std::vector<PictureOrder> orders;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
    asked.push_back(prompt_look(i));
    score.prompts.push_back(full_prompt(asked.back()));
    orders.push_back({painter.encode(score.prompts.back(), negative), kFirstSeed + i});
  }
  score.pictures = painter.paint(orders, "Drawing random prompts");
  const std::vector<Look> seen = look_at(judge, score.pictures);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    score.tally.add(asked[i], seen[i]);
  }
  return score;
}

Share score_blur(const Painter& painter, std::int64_t count) {
  std::vector<PictureOrder> orders;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
    const std::string prompt = full_prompt(prompt_look(i));
    orders.push_back({painter.encode(prompt + ", blurry", ""), kFirstSeed + i});
    orders.push_back({painter.encode(prompt, "blurry"), kFirstSeed + i});
  }
  const std::vector<Image> pictures = painter.paint(orders, "Drawing blurred and sharp pairs");
  Share share;
  for (std::size_t i = 0; i < pictures.size(); i += 2) {
    share.add(laplacian_variance(pictures[i]) < laplacian_variance(pictures[i + 1]));
  }
  return share;
}

TravelScore score_travels(const Painter& painter,
                          const Judge& judge,
                          std::int64_t count,
                          std::string_view negative) {
  std::vector<Change> changes;
  std::vector<PictureOrder> orders;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
    changes.push_back(random_change(i));
    const ImageConditioning from = painter.encode(full_prompt(changes.back().from), negative);
    const ImageConditioning to = painter.encode(full_prompt(changes.back().to), negative);
    for (std::int64_t frame = 0; frame <= kInBetweens + 1; ++frame) {
      const double alpha = static_cast<double>(frame) / static_cast<double>(kInBetweens + 1);
      orders.push_back({painter.between(from, to, alpha), kFirstSeed + i});
    }
  }
  const std::vector<Look> seen = look_at(judge, painter.paint(orders, "Drawing travels"));
  TravelScore score;
  constexpr auto kFrames = static_cast<std::size_t>(kInBetweens + 2);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    add_travel(changes[i], std::span(seen).subspan(i * kFrames, kFrames), score);
  }
  return score;
}

std::string travel_prompts(std::int64_t count) {
  std::string lines;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
    const Change change = random_change(i);
    lines += full_prompt(change.from) + " | " + full_prompt(change.to) + "\n";
  }
  return lines;
}

TravelScore score_films(const Judge& judge, const fs::path& folder) {
  TravelScore score;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const auto number = parse_unsigned(name.substr(0, name.find_first_not_of("0123456789")));
    const std::vector<Image> frames = frames_of(entry.path() / "prompt_travel" / "00000");
    if (number && frames.size() > 2) {
      add_travel(random_change(*number), look_at(judge, frames), score);
    }
  }
  if (score.each.all == 0) {
    throw Error(ErrorCode::NotFound,
                "[score] " + folder.string() +
                    ": no films in folders such as 07-Euler_a/prompt_travel/00000");
  }
  return score;
}

double laplacian_variance(const Image& picture) {
  const at::Tensor rgb = (image_to_tensor(picture)[0] + 1) * 127.5;
  const at::Tensor y = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
  const auto inner = [&](std::int64_t down, std::int64_t right) {
    return y.narrow(0, 1 + down, y.size(0) - 2).narrow(1, 1 + right, y.size(1) - 2);
  };
  const at::Tensor laplacian =
      inner(-1, 0) + inner(1, 0) + inner(0, -1) + inner(0, 1) - 4 * inner(0, 0);
  return laplacian.var(/*unbiased=*/false).item<double>();
}

}  // namespace ptravel::train
