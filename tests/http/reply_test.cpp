// Files, ranges and what the client has already.
#include "http/reply.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ptravel/error.h"
#include "tests/http/raw_client.h"
#include "tests/http/test_server.h"

namespace ptravel::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class HttpFiles : public testing::Test {
 protected:
  HttpFiles() {
    folder_ = fs::path(testing::TempDir()) / ("http_files_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    server_.file_path = (folder_ / "film.mp4").string();
    write("0123456789");
  }
  ~HttpFiles() override { fs::remove_all(folder_); }
  void write(const std::string& bytes) const {
    std::ofstream(server_.file_path, std::ios::binary) << bytes;
  }
  RawReply ask(const std::string& more, const std::string& path = "/file") {
    return client_.ask(get(path, more));
  }

  fs::path folder_;
  TestServer server_;
  RawClient client_{server_.port()};
};

TEST_F(HttpFiles, AreSentWhole) {
  const RawReply reply = ask("");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "0123456789");
  EXPECT_EQ(reply.header("content-type"), "video/mp4");
  EXPECT_EQ(reply.header("accept-ranges"), "bytes");
  EXPECT_EQ(reply.header("content-length"), "10");
  EXPECT_NE(reply.header("etag"), "");
  EXPECT_THAT(reply.header("last-modified"), HasSubstr(" GMT"));
}

TEST_F(HttpFiles, LargeOnesComeInPieces) {
  std::string bytes(3 << 20, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(i * 2654435761U >> 13);
  }
  write(bytes);
  EXPECT_EQ(ask("").body, bytes);
  EXPECT_EQ(ask("Range: bytes=1000000-2999999\r\n").body, bytes.substr(1000000, 2000000));
}

TEST_F(HttpFiles, Ranges) {
  struct Case {
    std::string range, body, content_range;
  };
  for (const std::string path : {"/file", "/text"}) {
    for (const Case& each : std::vector<Case>{{"bytes=0-0", "0", "bytes 0-0/10"},
                                              {"bytes=2-4", "234", "bytes 2-4/10"},
                                              {"bytes=7-", "789", "bytes 7-9/10"},
                                              {"bytes=7-99", "789", "bytes 7-9/10"},
                                              {"bytes=-3", "789", "bytes 7-9/10"},
                                              {"bytes=-99", "0123456789", "bytes 0-9/10"},
                                              {"Bytes = 2-4", "234", "bytes 2-4/10"}}) {
      const RawReply reply = ask("Range: " + each.range + "\r\n", path);
      EXPECT_EQ(reply.status, 206) << each.range;
      EXPECT_EQ(reply.body, each.body) << each.range;
      EXPECT_EQ(reply.header("content-range"), each.content_range);
      EXPECT_EQ(reply.header("content-length"), std::to_string(each.body.size()));
    }
    for (const std::string range : {"bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99999999999-"}) {
      const RawReply reply = ask("Range: " + range + "\r\n", path);
      EXPECT_EQ(reply.status, 416) << range;
      EXPECT_EQ(reply.header("content-range"), "bytes */10") << range;
      EXPECT_EQ(reply.body, "") << range;
    }
    for (const std::string range :
         {"bytes=0-1,3-4", "lines=0-1", "bytes=4-2", "bytes=", "bytes=-", "bytes=a-b", "0-1",
          "bytes=-+3", "bytes=1 -2", "bytes=18446744073709551616-"}) {
      const RawReply reply = ask("Range: " + range + "\r\n", path);
      EXPECT_EQ(reply.status, 200) << range;
      EXPECT_EQ(reply.body, "0123456789") << range;
    }
  }
}

TEST_F(HttpFiles, EmptyOnesHaveNoRange) {
  write("");
  EXPECT_EQ(ask("").status, 200);
  EXPECT_EQ(ask("Range: bytes=0-\r\n").status, 416);
  EXPECT_EQ(ask("Range: bytes=-1\r\n").status, 416);
}

TEST_F(HttpFiles, WhatTheClientHasIsNotSentAgain) {
  const RawReply first = ask("");
  const std::string etag = first.header("etag");
  for (const std::string& header :
       {"If-None-Match: " + etag, "If-None-Match: \"x\", W/" + etag,
        std::string("If-None-Match: *"), "If-Modified-Since: " + first.header("last-modified"),
        std::string("If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT")}) {
    const RawReply reply = ask(header + "\r\n");
    EXPECT_EQ(reply.status, 304) << header;
    EXPECT_EQ(reply.header("etag"), etag);
    EXPECT_EQ(ask("").body, "0123456789") << "nothing was left over behind " << header;
  }
  for (const std::string& header :
       {std::string("If-None-Match: \"x\""), std::string("If-Modified-Since: yesterday"),
        std::string("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"),
        "If-None-Match: \"x\"\r\nIf-Modified-Since: " + first.header("last-modified")}) {
    EXPECT_EQ(ask(header + "\r\n").status, 200) << header;
  }
  write("abc");
  EXPECT_EQ(ask("If-None-Match: " + etag + "\r\n").body, "abc");
}

TEST_F(HttpFiles, ARangeOfAnotherVersionIsNotMixedIn) {
  const RawReply first = ask("");
  const std::string range = "Range: bytes=2-4\r\n";
  EXPECT_EQ(ask(range + "If-Range: " + first.header("etag") + "\r\n").status, 206);
  EXPECT_EQ(ask(range + "If-Range: " + first.header("last-modified") + "\r\n").status, 206);
  EXPECT_EQ(ask(range + "If-Range: \"other\"\r\n").status, 200);
  EXPECT_EQ(ask(range + "If-Range: W/" + first.header("etag") + "\r\n").status, 200);
  EXPECT_EQ(ask(range + "If-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status, 200);
}

TEST_F(HttpFiles, WhatIsNoFileIsNotFound) {
  server_.file_path = (folder_ / "none").string();
  EXPECT_EQ(ask("").status, 404);
  server_.file_path = folder_.string();
  EXPECT_EQ(ask("").status, 404);
  server_.file_path = (folder_ / "link").string();
  fs::create_symlink("/etc/passwd", server_.file_path);
  EXPECT_EQ(ask("").status, 404);
  server_.file_path = (folder_ / "fifo").string();
  ASSERT_EQ(::mkfifo(server_.file_path.c_str(), 0600), 0);
  EXPECT_EQ(ask("").status, 404);
}

TEST_F(HttpFiles, TextsWithATagAreNotSentAgain) {
  EXPECT_EQ(ask("If-None-Match: \"t1\"\r\n", "/text").status, 304);
  EXPECT_EQ(ask("If-None-Match: \"t2\"\r\n", "/text").body, "0123456789");
}

TEST(HttpReply, AFileThatBecameShorterIsAFailure) {
  const fs::path path = fs::path(testing::TempDir()) / "http_shrinks";
  std::ofstream(path) << "0123456789";
  HttpReply reply = make_reply({200, {}, HttpFile{path}}, {}, {}, [] { return HttpResponse(); });
  auto& part = std::get<HttpFilePart>(reply.body);
  EXPECT_EQ(part.next(4), "0123");
  fs::resize_file(path, 6);
  EXPECT_EQ(part.next(4), "45");
  EXPECT_THROW(part.next(4), Error);
  fs::remove(path);
}

TEST(HttpReply, HandlersMayReplaceDefaultsButNotWhatIsTheServers) {
  const auto head_of = [](HttpFields headers) {
    return make_reply({200, std::move(headers), std::string()}, {}, {},
                      [] { return HttpResponse(); })
        .head;
  };
  const std::string head = head_of({{"x-frame-options", "DENY"}, {"Content-Security-Policy", "a"}});
  EXPECT_THAT(head, HasSubstr("x-frame-options: DENY\r\n"));
  EXPECT_THAT(head, testing::Not(HasSubstr("SAMEORIGIN")));
  EXPECT_THAT(head, HasSubstr("Content-Security-Policy: a\r\n"));
  for (const auto& header : HttpFields{{"Content-Length", "5"},
                                       {"connection", "close"},
                                       {"Transfer-Encoding", "chunked"},
                                       {"X A", "b"},
                                       {"", "b"},
                                       {"X-A", "b\nc"},
                                       {"X-A", std::string("b\0c", 3)}}) {
    EXPECT_THROW(head_of({header}), Error) << header.first;
  }
}

}  // namespace
}  // namespace ptravel::test
