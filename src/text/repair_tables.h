#pragma once

#include <span>
#include <string_view>

namespace ptravel {

/// A full-width or half-width form and the one or two ordinary characters it stands for.
struct WidthForm {
  char32_t form;
  char32_t first;
  char32_t second;  ///< 0 for none.
};

/// The generated tables of the text repair.
std::span<const WidthForm> width_forms();
/// HTML 5's entities, as "&name;value&name;value...".
std::string_view html_entity_text();
/// The characters of bytes 0x80 to 0xFF in one of the nine code pages of repair_tables.inc.
const char16_t* code_page_characters(int index);

}  // namespace ptravel
