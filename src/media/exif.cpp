// EXIF 2.3 as far as needed: TIFF 6.0 folders, Orientation, UserComment and the tags with plain
// text.

#include "media/exif.h"

#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "media/metadata_text.h"
#include "media/text_encoding.h"

namespace ptravel {
namespace {

constexpr std::uint32_t kTagOrientation = 0x0112;
constexpr std::uint32_t kTagExifFolder = 0x8769;
constexpr std::uint32_t kTagUserComment = 0x9286;
constexpr std::uint32_t kTypeAscii = 2;
constexpr std::uint32_t kTypeShort = 3;
constexpr std::uint32_t kTypeUndefined = 7;
constexpr std::size_t kEntrySize = 12;

/// Tags of the first folder that hold text, and MakerNote of the EXIF folder.
constexpr std::pair<std::uint32_t, const char*> kTextTags[] = {
    {0x010E, "ImageDescription"}, {0x010F, "Make"}, {0x0110, "Model"}, {0x0131, "Software"}};
constexpr std::uint32_t kTagMakerNote = 0x927C;

struct Entry {
  std::uint32_t type = 0;
  std::uint32_t count = 0;
  std::size_t value_position = 0;  ///< Of the four bytes that hold the value or its offset.
};

/// Bounds-checked access to a TIFF block; whatever lies outside is nullopt.
class TiffBlock {
 public:
  static std::optional<TiffBlock> open(std::string_view bytes) {
    if (bytes.starts_with(std::string_view("II\x2a\0", 4))) {
      return TiffBlock(bytes, ByteOrder::LittleEndian);
    }
    if (bytes.starts_with(std::string_view("MM\0\x2a", 4))) {
      return TiffBlock(bytes, ByteOrder::BigEndian);
    }
    return std::nullopt;
  }

  std::optional<std::uint32_t> number(std::size_t position, std::size_t size) const {
    if (position > bytes_.size() || bytes_.size() - position < size) {
      return std::nullopt;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t at = order_ == ByteOrder::BigEndian ? i : size - 1 - i;
      value = value << 8 | static_cast<unsigned char>(bytes_[position + at]);
    }
    return value;
  }

  std::optional<Entry> find(std::size_t folder, std::uint32_t tag) const {
    const std::uint32_t count = number(folder, 2).value_or(0);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::size_t position = folder + 2 + kEntrySize * i;
      const auto found = number(position, 2);
      const auto type = number(position + 2, 2);
      const auto values = number(position + 4, 4);
      if (!found || !type || !values) {
        return std::nullopt;
      }
      if (*found == tag) {
        return Entry{*type, *values, position + 8};
      }
    }
    return std::nullopt;
  }

  /// The bytes of an entry whose elements are one byte each.
  std::string_view byte_values(const Entry& entry) const {
    const std::size_t position =
        entry.count <= 4 ? entry.value_position : number(entry.value_position, 4).value_or(0);
    if (position > bytes_.size() || bytes_.size() - position < entry.count) {
      return {};
    }
    return bytes_.substr(position, entry.count);
  }

  ByteOrder order() const { return order_; }

 private:
  TiffBlock(std::string_view bytes, ByteOrder order) : bytes_(bytes), order_(order) {}
  std::string_view bytes_;
  ByteOrder order_;
};

void add_text(const TiffBlock& tiff,
              std::size_t folder,
              std::uint32_t tag,
              const char* name,
              std::vector<ImageText>& texts) {
  const auto entry = tiff.find(folder, tag);
  if (!entry || (entry->type != kTypeAscii && entry->type != kTypeUndefined)) {
    return;
  }
  std::string text = decode_user_comment(tiff.byte_values(*entry), tiff.order());
  if (!text.empty()) {
    texts.push_back({name, std::move(text)});
  }
}

/// Where the pixel (x, y) of the upright picture comes from in a picture of width x height.
std::pair<int, int> source_position(int orientation, int x, int y, int width, int height) {
  switch (orientation) {
    case 2:
      return {width - 1 - x, y};
    case 3:
      return {width - 1 - x, height - 1 - y};
    case 4:
      return {x, height - 1 - y};
    case 5:
      return {y, x};
    case 6:
      return {y, height - 1 - x};
    case 7:
      return {width - 1 - y, height - 1 - x};
    default:
      return {width - 1 - y, x};
  }
}

}  // namespace

ExifInfo parse_exif(std::string_view block) {
  ExifInfo info;
  constexpr std::string_view kPrefix("Exif\0\0", 6);
  if (block.starts_with(kPrefix)) {
    block.remove_prefix(kPrefix.size());
  }
  const auto tiff = TiffBlock::open(block);
  const auto folder = tiff ? tiff->number(4, 4) : std::nullopt;
  if (!folder) {
    return info;
  }
  if (const auto entry = tiff->find(*folder, kTagOrientation); entry && entry->type == kTypeShort) {
    const std::uint32_t orientation = tiff->number(entry->value_position, 2).value_or(1);
    info.orientation = orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
  }
  const auto pointer = tiff->find(*folder, kTagExifFolder);
  const auto exif_folder = pointer ? tiff->number(pointer->value_position, 4) : std::nullopt;
  const auto comment = exif_folder ? tiff->find(*exif_folder, kTagUserComment) : std::nullopt;
  if (comment) {
    info.user_comment = decode_user_comment(tiff->byte_values(*comment), tiff->order());
  }
  for (const auto& [tag, name] : kTextTags) {
    add_text(*tiff, *folder, tag, name, info.texts);
  }
  if (exif_folder) {
    add_text(*tiff, *exif_folder, kTagMakerNote, "MakerNote", info.texts);
  }
  return info;
}

Image apply_orientation(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) {
    return image;
  }
  const bool turned = orientation >= 5;
  Image upright(turned ? image.height : image.width, turned ? image.width : image.height);
  for (int y = 0; y < upright.height; ++y) {
    std::uint8_t* out = upright.row(y);
    for (int x = 0; x < upright.width; ++x, out += 3) {
      const auto [source_x, source_y] =
          source_position(orientation, x, y, image.width, image.height);
      std::memcpy(out, image.row(source_y) + static_cast<std::size_t>(source_x) * 3, 3);
    }
  }
  return upright;
}

}  // namespace ptravel
