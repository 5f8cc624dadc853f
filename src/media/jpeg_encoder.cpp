// JPEG writing through libjpeg; errors arrive by longjmp, as in jpeg_decoder.cpp.

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
// jpeglib.h uses FILE and size_t without including what declares them.
#include <jpeglib.h>

#include "media/image_file.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kMaxSide = 65535;

/// A libjpeg encoder into memory that libjpeg takes and this object frees.
class JpegWriter {
 public:
  JpegWriter() {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = on_error;
    errors_.emit_message = [](j_common_ptr, int) {};
    info_.client_data = this;
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;
  ~JpegWriter() {
    jpeg_destroy_compress(&info_);
    std::free(bytes_);  // NOLINT(cppcoreguidelines-no-malloc): libjpeg took it
  }

  void write(const Image& image, int quality) {
    if (setjmp(jump_) != 0) {
      throw Error(ErrorCode::Internal, std::string("[write jpeg] ") + message_);
    }
    jpeg_create_compress(&info_);
    jpeg_mem_dest(&info_, &bytes_, &size_);
    info_.image_width = static_cast<JDIMENSION>(image.width);
    info_.image_height = static_cast<JDIMENSION>(image.height);
    info_.input_components = 3;
    info_.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, quality, TRUE);
    info_.optimize_coding = TRUE;
    jpeg_start_compress(&info_, TRUE);
    while (info_.next_scanline < info_.image_height) {
      // libjpeg's type for rows it only reads is not const.
      auto* row = const_cast<JSAMPROW>(image.row(static_cast<int>(info_.next_scanline)));
      jpeg_write_scanlines(&info_, &row, 1);
    }
    jpeg_finish_compress(&info_);
  }
  std::string bytes() const { return {reinterpret_cast<const char*>(bytes_), size_}; }

 private:
  [[noreturn]] static void on_error(j_common_ptr info) {
    auto* writer = static_cast<JpegWriter*>(info->client_data);
    info->err->format_message(info, writer->message_);
    std::longjmp(writer->jump_, 1);
  }

  jpeg_compress_struct info_{};
  jpeg_error_mgr errors_{};
  std::jmp_buf jump_;
  char message_[JMSG_LENGTH_MAX] = "";
  unsigned char* bytes_ = nullptr;
  unsigned long size_ = 0;
};

}  // namespace

std::string encode_jpeg(const Image& image, int quality) {
  if (image.width < 1 || image.height < 1 || image.width > kMaxSide || image.height > kMaxSide) {
    throw Error(ErrorCode::InvalidArgument,
                "[write jpeg] the picture is " + std::to_string(image.width) + "x" +
                    std::to_string(image.height) + ", expected sides from 1 to 65535");
  }
  JpegWriter writer;
  writer.write(image, quality);
  return writer.bytes();
}

}  // namespace ptravel
