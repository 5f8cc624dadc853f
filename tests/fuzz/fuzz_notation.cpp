#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "notation/frame_schedule.h"
#include "notation/styles.h"
#include "notation/time_marks.h"
#include "notation/written_film.h"
#include "tests/fuzz/harness.h"

/// Any text as another program's film, as a schedule, as styles and as a stage's line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ScheduleFilm film{40, 7};
  fuzz::parse([&] {
    const WrittenFilm written = read_written_film(text);
    fuzz::require(!written.stages.empty() && written.frames > written.stages.back().frame,
                  "stages lie inside the film");
    fuzz::require(std::ranges::is_sorted(written.stages, {}, &WrittenStage::frame), "stages rise");
  });
  fuzz::parse(
      [&] { fuzz::require(number_schedule(text, film).size() == 40, "a number for each frame"); });
  fuzz::parse(
      [&] { fuzz::require(text_schedule(text, film).size() == 40, "a text for each frame"); });
  fuzz::parse([&] { parse_styles(text, "styles.csv"); });
  const MarkedLine read = read_time_marks(text);
  fuzz::require(!read.mark.empty() || read.prompt == text, "a line without marks is its prompt");
  return 0;
}
