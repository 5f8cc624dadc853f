#include "tests/support/golden.h"
#include "text/tokenizer.h"

namespace ptravel::golden {
namespace {

using Ids = std::vector<std::int32_t>;

std::string described(const std::string& text, const Ids& ids) {
  return nlohmann::json(text).dump() + " gave " + nlohmann::json(ids).dump();
}

}  // namespace

/// tokens.json: `cases` with `text`, `ids`, `fast` and `openai`. Where `ids` equals `fast` the
/// ids must match one by one; the others need the text repair and are counted together, three
/// quarters of them being enough. Where they match, so must OpenCLIP's (`openai`).
void check_tokenizer(const Context& context, Report& report) {
  const Tokenizer& tokenizer = Tokenizer::clip();
  const Tokenizer open_clip = tokenizer.as_open_clip();
  int index = 0;
  int repaired = 0;
  int to_repair = 0;
  std::string detail;
  const nlohmann::json file = read_json(context.folder / "tokens.json");
  for (const nlohmann::json& test : file.at("cases")) {
    const std::string name = "tokenizer/" + std::to_string(index++);
    report.guarded(name, [&] {
      const auto text = test.at("text").get<std::string>();
      const auto expected = test.at("ids").get<Ids>();
      const Ids ids = tokenizer.encode(text);
      if (ids == expected && test.contains("openai")) {
        const Ids other = open_clip.encode(text);
        report.exact(name + "/openai", other == test.at("openai").get<Ids>(),
                     described(text, other));
      }
      if (expected == test.at("fast").get<Ids>()) {
        report.exact(name, ids == expected, described(text, ids));
        return;
      }
      to_repair += 1;
      repaired += ids == expected ? 1 : 0;
      detail += ids == expected ? "" : described(text, ids) + "  ";
    });
  }
  if (to_repair > 0) {
    report.exact(
        "tokenizer/text repair " + std::to_string(repaired) + " of " + std::to_string(to_repair),
        4 * repaired >= 3 * to_repair, detail);
  }
}

}  // namespace ptravel::golden
