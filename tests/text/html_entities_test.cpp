#include "text/html_entities.h"

#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(HtmlEntities, Names) {
  EXPECT_EQ(unescape_html(U"Tom &amp; Jerry"), U"Tom & Jerry");
  EXPECT_EQ(unescape_html(U"&lt;b&gt;&eacute;"), U"<b>\u00E9");
  EXPECT_EQ(unescape_html(U"&checkmark;&acE;"), U"\u2713\u223E\u0333");
  EXPECT_EQ(unescape_html(U"&NTILDE;&nTILDE;"), U"\u00D1&nTILDE;");
  EXPECT_EQ(unescape_html(U"&semi;&amp;amp;"), U";&amp;");
}

TEST(HtmlEntities, Numbers) {
  EXPECT_EQ(unescape_html(U"&#39;s &#x1F600; &#X41;"), U"'s \U0001F600 A");
  EXPECT_EQ(unescape_html(U"&#146;"), U"\u2019");
  EXPECT_EQ(unescape_html(U"&#0;&#xD800;&#x110000;&#99999999999;"), U"\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(unescape_html(U"a&#1;b&#xFFFE;c"), U"abc");
}

TEST(HtmlEntities, BrowsersDoWithoutSemicolons) {
  EXPECT_EQ(unescape_html_as_browsers(U"cats &amp dogs &ampersand"), U"cats & dogs &ersand");
  EXPECT_EQ(unescape_html_as_browsers(U"&eacutetude &notit; &notin; &lt"),
            U"\u00E9tude \u00ACit; \u2209 <");
  EXPECT_EQ(unescape_html_as_browsers(U"&#233x &#xE9g&#65;&#x41;"), U"\u00E9x \u00E9gAA");
  for (const auto* text :
       {U"&", U"&&", U"&;", U"&#", U"&#x", U"&#xg;", U"&checkmark", U"a & b", U"&CheckMar;"}) {
    EXPECT_EQ(unescape_html_as_browsers(text), text);
  }
}

TEST(HtmlEntities, EverythingElseStays) {
  for (const std::u32string_view text :
       {U"&notanentity;", U"&amp", U"&", U"&;", U"&#;", U"&#x;", U"&#12ab;", U"&#59;", U"&#xyz;",
        U"R&D", U"&abcdefghijklmnopqrstuvwxyz;", U"&&&", U"&#", U""}) {
    EXPECT_EQ(unescape_html(text), text);
  }
}

}  // namespace
}  // namespace ptravel
