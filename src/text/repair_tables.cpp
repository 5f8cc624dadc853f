#include "text/repair_tables.h"

#include "ptravel/error.h"

namespace ptravel {
namespace {

struct HighBytes {
  char16_t characters[128];
};

#include "text/repair_tables.inc"

}  // namespace

std::span<const WidthForm> width_forms() { return kWidthForms; }

std::string_view html_entity_text() { return kEntities; }

const char16_t* code_page_characters(int index) {
  PTRAVEL_CHECK(index >= 0 && index < static_cast<int>(std::size(kCodePages)));
  return kCodePages[index].characters;
}

}  // namespace ptravel
