#include "base/sha256.h"

#include <string>

#include <gtest/gtest.h>

namespace ptravel {
namespace {

std::string digest(const std::string& text, std::size_t piece) {
  Sha256 hash;
  for (std::size_t i = 0; i < text.size(); i += piece) {
    hash.update(std::as_bytes(std::span(text).subspan(i, std::min(piece, text.size() - i))));
  }
  return hash.finish();
}

// The digests are the examples of FIPS 180-4 (NIST), and one million letters "a".
TEST(Sha256, KnownDigests) {
  EXPECT_EQ(digest("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(digest(std::string(1000000, 'a'), 1000000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesDoNotMatter) {
  const std::string text(1000, 'q');
  const std::string whole = digest(text, 1000);
  for (const std::size_t piece : {1u, 7u, 63u, 64u, 65u, 128u}) {
    EXPECT_EQ(digest(text, piece), whole) << piece;
  }
}

}  // namespace
}  // namespace ptravel
