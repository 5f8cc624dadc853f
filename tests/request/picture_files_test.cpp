// The pictures of tests/data/pictures (scripts/make_test_pictures.py) are read as they are meant.

#include <fstream>

#include <nlohmann/json.hpp>

#include "media/image_file.h"
#include "tests/request/picture_testing.h"

namespace ptravel {
namespace {

using namespace picture_testing;
using Json = nlohmann::ordered_json;

const std::string kFolder = PTRAVEL_TEST_DATA "/pictures/";

Json all_pictures() {
  std::ifstream file(kFolder + "pictures.json");
  return Json::parse(file);
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  const Json pictures = all_pictures();
  for (const auto& [name, meant] : pictures.items()) {
    result.push_back(name);
  }
  return result;
}

class PictureFile : public testing::TestWithParam<std::string> {};

TEST_P(PictureFile, IsReadAsItsProgramMeantIt) {
  const Json meant = all_pictures()[GetParam()];
  const LoadedImage loaded = read_image(kFolder + GetParam());
  EXPECT_EQ(loaded.note.empty(), !meant.contains("broken")) << loaded.note;
  const PictureSource source{loaded.texts, loaded.image.width, loaded.image.height};
  const PictureRequest picture = read_picture_request(source, GetParam(), {});
  const PictureParameters& parameters = picture.parameters;
  EXPECT_EQ(kPictureProgramNames.name(parameters.program), meant["program"].get<std::string>());
  EXPECT_EQ(parameters.meant.prompt, meant["prompt"].get<std::string>());
  const Json items = meant.value("items", Json::object());
  for (const auto& [key, value] : items.items()) {
    EXPECT_EQ(item(parameters, key), value.get<std::string>()) << key;
  }
  for (const Json& key : meant.value("absent", Json::array())) {
    EXPECT_EQ(item(parameters, key.get<std::string>()), "(absent)") << key;
  }
  EXPECT_EQ(parameters.notes.size(), meant["notes"].size()) << all_notes(parameters);
  for (const Json& note : meant["notes"]) {
    EXPECT_EQ(count_notes_with(parameters, note.get<std::string>()), 1) << note;
  }
}

INSTANTIATE_TEST_SUITE_P(All, PictureFile, testing::ValuesIn(names()), [](const auto& info) {
  return info.param.substr(0, info.param.find('.'));
});

}  // namespace
}  // namespace ptravel
