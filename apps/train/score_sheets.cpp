#include "score_sheets.h"

#include <algorithm>
#include <utility>

#include "media/image_file.h"

namespace ptravel::train {
namespace {

constexpr int kGap = 4;
constexpr std::uint8_t kPaper = 255;

struct Journey {
  const char* from;
  const char* to;
};
constexpr Journey kJourneys[] = {
    {"(((masterpiece))), highres, ((boy)), child, cat ears, white hair, red eyes, yellow bell, red "
     "cloak, barefoot, angel, [flying], egyptian",
     "((masterpiece)), highres, ((girl)), cat ears, light blue hair, red eyes, magical wand, "
     "barefoot, [running]"},
    {"masterpiece, highres, girl, red hair, long hair, green eyes, smile, sky, standing, shoes, "
     "blue dress",
     "masterpiece, highres, girl, blue hair, long hair, green eyes, smile, sky, standing, shoes, "
     "blue dress"},
    {"masterpiece, highres, boy, brown hair, short hair, blue eyes, smile, forest, standing, "
     "shoes, red shirt",
     "masterpiece, highres, boy, brown hair, short hair, blue eyes, smile, beach, standing, shoes, "
     "red shirt"},
    {"masterpiece, highres, girl, pink hair, twintails, purple eyes, smile, white background, "
     "standing, shoes, yellow dress",
     "masterpiece, highres, cat, pink fur, purple eyes, smile, white background, standing"},
    {"masterpiece, highres, boy, blonde hair, spiky hair, brown eyes, smile, pink background, "
     "standing, shoes, green shirt",
     "masterpiece, highres, boy, blonde hair, spiky hair, brown eyes, angry, pink background, "
     "standing, shoes, green shirt"},
    {"masterpiece, highres, girl, black hair, short hair, red eyes, smile, night, standing, shoes, "
     "purple dress",
     "masterpiece, highres, girl, black hair, short hair, red eyes, smile, night, standing, shoes, "
     "purple dress, witch hat, glasses"},
};
constexpr int kJourneyFrames = 9;

constexpr const char* kQualityTags[] = {"masterpiece, highres", "blurry", "lowres",
                                        "jpeg artifacts", "sketch"};
constexpr const char* kQualityPrompt =
    "girl, light blue hair, long hair, red eyes, smile, forest, standing, shoes, red dress";
constexpr int kQualitySeeds = 8;

}  // namespace

Sheet sample_sheet(const PromptScore& score) {
  constexpr std::ptrdiff_t kMost = 48;
  const std::ptrdiff_t count = std::min(kMost, std::ssize(score.pictures));
  Sheet sheet{"samples.png", "The first random prompts, row by row", 8, {}, {}};
  sheet.rows.assign(score.prompts.begin(), score.prompts.begin() + count);
  sheet.pictures.assign(score.pictures.begin(), score.pictures.begin() + count);
  return sheet;
}

Sheet travel_sheet(const Painter& painter, std::string_view negative) {
  Sheet sheet{"travels.png", "Travels", kJourneyFrames, {}, {}};
  std::vector<PictureOrder> orders;
  for (const Journey& journey : kJourneys) {
    sheet.rows.push_back(std::string(journey.from) + " -> " + journey.to);
    const ImageConditioning from = painter.encode(journey.from, negative);
    const ImageConditioning to = painter.encode(journey.to, negative);
    for (int frame = 0; frame < kJourneyFrames; ++frame) {
      const double alpha = static_cast<double>(frame) / (kJourneyFrames - 1);
      orders.push_back({painter.between(from, to, alpha), kFirstSeed});
    }
  }
  sheet.pictures = painter.paint(orders, "Drawing the sheet of travels");
  return sheet;
}

Sheet quality_sheet(const Painter& painter) {
  Sheet sheet{"quality.png", "Quality tags", kQualitySeeds, {}, {}};
  std::vector<PictureOrder> orders;
  for (const char* tag : kQualityTags) {
    sheet.rows.push_back(std::string(tag) + ", " + kQualityPrompt);
    const ImageConditioning conditioning = painter.encode(sheet.rows.back(), "");
    for (int i = 0; i < kQualitySeeds; ++i) {
      orders.push_back({conditioning, kFirstSeed + static_cast<std::uint64_t>(i)});
    }
  }
  sheet.pictures = painter.paint(orders, "Drawing the sheet of quality tags");
  return sheet;
}

void write_sheet(const Sheet& sheet, const std::filesystem::path& folder) {
  const int count = static_cast<int>(sheet.pictures.size());
  const int width = sheet.pictures.at(0).width + kGap;
  const int height = sheet.pictures.at(0).height + kGap;
  const int rows = (count + sheet.columns - 1) / sheet.columns;
  Image paper(sheet.columns * width + kGap, rows * height + kGap);
  std::ranges::fill(paper.pixels, kPaper);
  for (int i = 0; i < count; ++i) {
    const Image& picture = sheet.pictures[static_cast<std::size_t>(i)];
    const int left = kGap + i % sheet.columns * width;
    const int top = kGap + i / sheet.columns * height;
    for (int y = 0; y < picture.height; ++y) {
      std::copy_n(picture.row(y), picture.width * 3, paper.row(top + y) + left * 3);
    }
  }
  write_png(folder / sheet.file, paper);
}

}  // namespace ptravel::train
