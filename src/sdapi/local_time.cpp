#include "sdapi/local_time.h"

#include <array>

namespace ptravel {

std::string local_time_text(std::time_t time, const char* format) {
  std::tm local{};
  localtime_r(&time, &local);
  std::array<char, 32> text{};
  return std::string(text.data(), std::strftime(text.data(), text.size(), format, &local));
}

}  // namespace ptravel
