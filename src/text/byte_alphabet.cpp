#include "text/byte_alphabet.h"

#include <array>
#include <cstddef>

namespace ptravel {
namespace {

constexpr char32_t kFirstSubstitute = 0x100;

bool stands_for_itself(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

struct Alphabet {
  std::array<char32_t, 256> printable{};
  std::array<unsigned char, 256> places{};
  std::array<unsigned char, 256> substituted{};  ///< By character - kFirstSubstitute.
  char32_t substitutes = 0;

  Alphabet() {
    std::size_t place = 0;
    for (int byte = 0; byte < 256; ++byte) {
      if (stands_for_itself(byte)) {
        printable[static_cast<std::size_t>(byte)] = static_cast<char32_t>(byte);
        places[place++] = static_cast<unsigned char>(byte);
      }
    }
    for (int byte = 0; byte < 256; ++byte) {
      if (!stands_for_itself(byte)) {
        printable[static_cast<std::size_t>(byte)] = kFirstSubstitute + substitutes;
        substituted[substitutes++] = static_cast<unsigned char>(byte);
        places[place++] = static_cast<unsigned char>(byte);
      }
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet made;
  return made;
}

}  // namespace

char32_t printable_of_byte(unsigned char byte) { return alphabet().printable[byte]; }

std::optional<unsigned char> byte_of_printable(char32_t character) {
  if (character < kFirstSubstitute) {
    const auto byte = static_cast<unsigned char>(character);
    return stands_for_itself(byte) ? std::optional(byte) : std::nullopt;
  }
  const char32_t index = character - kFirstSubstitute;
  return index < alphabet().substitutes ? std::optional(alphabet().substituted[index])
                                        : std::nullopt;
}

unsigned char byte_at_place(int index) {
  return alphabet().places[static_cast<std::size_t>(index)];
}

}  // namespace ptravel
