#include "http/request_parts.h"

#include <ctime>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(RequestParts, Utf8) {
  for (const std::string good : {"", "a", "é", "日本", "\U0001F600", "\u07FF\u0800\uFFFF",
                                 "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_valid_utf8(good)) << good;
  }
  for (const std::string bad :
       {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "a\xFF", "\xC3("}) {
    EXPECT_FALSE(is_valid_utf8(bad)) << bad;
  }
}

TEST(RequestParts, PercentDecoding) {
  EXPECT_EQ(percent_decoded("a%20b+c%2B", false), "a b+c+");
  EXPECT_EQ(percent_decoded("a%20b+c%2B", true), "a b c+");
  EXPECT_EQ(percent_decoded("%E6%97%a5", false), "日");
  for (const std::string bad : {"%", "%1", "%g0", "%0g", "%00", "%80", "a%"}) {
    EXPECT_FALSE(percent_decoded(bad, false)) << bad;
  }
}

TEST(RequestParts, Queries) {
  EXPECT_EQ(parse_query("a=1&b&&c=%26=&=d"),
            (HttpFields{{"a", "1"}, {"b", ""}, {"c", "&="}, {"", "d"}}));
  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many += "a&";
  }
  EXPECT_EQ(parse_query(many)->size(), 1000U);
  EXPECT_FALSE(parse_query(many + "a"));
}

TEST(RequestParts, Targets) {
  EXPECT_EQ(parse_target("/a%2Fb?c")->path, "/a/b");
  EXPECT_EQ(parse_target("http://h:1/a?b=c")->authority, "h:1");
  EXPECT_EQ(parse_target("HTTP://h")->path, "/");
  EXPECT_EQ(parse_target("/a:b@c;d,e=f$!*'()~")->path, "/a:b@c;d,e=f$!*'()~");
  for (const std::string bad :
       {"", "*", "a", "https://h/", "http:///a", "/a b", "/a\x7F", "/é\x01"}) {
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
}

TEST(RequestParts, Dates) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(951827696), "Tue, 29 Feb 2000 12:34:56 GMT");
  for (std::int64_t seconds = 0; seconds < 5000000000; seconds += 86400 * 13 + 12345) {
    const std::time_t time = seconds;
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    char text[64];
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    ASSERT_EQ(http_date(seconds), text);
    ASSERT_EQ(parse_http_date(text), seconds);
  }
  EXPECT_EQ(http_date(-5), http_date(0));
  EXPECT_EQ(http_date(INT64_MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
  for (const std::string bad :
       {"", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sun, -6 Nov 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_http_date(bad)) << bad;
  }
}

TEST(RequestParts, EventIds) {
  EXPECT_EQ(parse_event_id("12"), 12U);
  EXPECT_EQ(parse_event_id(" 18446744073709551615 "), UINT64_MAX);
  for (const std::string bad : {"", "-1", "+1", "1.5", "18446744073709551616", "abc", "1 2"}) {
    EXPECT_FALSE(parse_event_id(bad)) << bad;
  }
}

}  // namespace
}  // namespace ptravel
