// What our own code reads of a request: target, query, hosts, origins, passwords, ranges, dates,
// event numbers, and the judgement over a whole head. A line of input is the request line or one
// header.
#include <algorithm>

#include "base/text.h"
#include "http/intake.h"
#include "http/reply.h"
#include "http/request_parts.h"
#include "tests/fuzz/harness.h"

namespace ptravel {
namespace {

constexpr std::uint64_t kBodyLimit = 1000;

HttpHead head_of(std::string_view text) {
  HttpHead head;
  head.method = "GET";
  bool first = true;
  for (std::string_view line : split(text, '\n')) {
    if (first) {  // "GET /path 11"
      const auto words = split(line, ' ');
      head.method = words[0];
      head.target = words.size() > 1 ? std::string(words[1]) : "/";
      head.version = words.size() > 2 ? 10 : 11;
      first = false;
    } else {
      // The parser in front lets no control characters through.
      const std::size_t colon = std::min(line.find(':'), line.size());
      if (std::any_of(line.begin(), line.end(),
                      [](unsigned char c) { return c < 32 || c == 127; })) {
        continue;
      }
      head.headers.emplace_back(lower_case(line.substr(0, colon)),
                                trimmed(line.substr(std::min(colon + 1, line.size()))));
    }
  }
  return head;
}

HttpRouter make_router() {
  HttpRouter router;
  const auto answer = [](const HttpRequest&) { return json_response(200, "{}"); };
  for (const std::string pattern : {"/", "/jobs", "/jobs/{id}", "/jobs/{id}/files/{name...}"}) {
    router.add({"GET", pattern, answer, HttpPace::Quick, {kBodyLimit}});
    router.add({"POST", pattern, answer, HttpPace::Quick, {kBodyLimit}});
  }
  return router;
}

void check_path(const std::string& path) {
  fuzz::require(path.starts_with('/') && is_valid_utf8(path), "a path is UTF-8 from \"/\" on");
  fuzz::require(path.find('\0') == std::string::npos, "a path has no zero byte");
  for (std::string_view part : split(path, '/')) {
    fuzz::require(part != "." && part != "..", "a path has no dot parts");
  }
}

/// What reaches a handler is as HttpRequest promises, and can be answered.
void check_head(const HttpHead& head, const HttpRouter& router, const HttpAccess& access) {
  const HttpIntake intake = examine(head, router, access);
  fuzz::require((intake.route != nullptr) != intake.answer.has_value(), "a handler or an answer");
  HttpReplyFrame frame;
  frame.version = head.version;
  frame.more_headers = access.cors_headers(intake.request);
  HttpResponse response{
      200, {{"ETag", "\"a\""}, {"Accept-Ranges", "bytes"}}, std::string(100, 'x')};
  if (intake.answer) {
    response = *intake.answer;
    fuzz::require(response.status >= 400 || response.status == 204, "a refusal or a preflight");
  } else {
    check_path(intake.request.path);
    fuzz::require(intake.sound && !has_empty_parts(intake.request.path), "a sound request");
    for (const auto& [name, value] : intake.request.path_values) {
      fuzz::require(!value.empty(), "parts of a path are not empty");
    }
    const auto origin = intake.request.header("origin");
    fuzz::require(!origin || origin->find("evil") == std::string_view::npos, "a foreign origin");
    const auto length = intake.request.header("content-length");
    fuzz::require(!length || std::stoull(std::string(*length)) <= kBodyLimit,
                  "a body in its limit");
  }
  fuzz::parse([&] {
    const HttpReply reply =
        make_reply(response, intake.request, frame, [] { return HttpResponse(); });
    fuzz::require(reply.head.find("\r\n\r\n") == reply.head.size() - 4, "one head");
    if (const auto* text = std::get_if<std::string>(&reply.body)) {
      fuzz::require(intake.answer || text->size() <= 100, "a part is no more than the whole");
    }
  });
}

/// Each reader on the text by itself: longer and wilder than a header would be.
void check_readers(std::string_view text) {
  if (const auto target = parse_target(text)) {
    check_path(target->path);
  }
  if (const auto decoded = percent_decoded(text, true)) {
    fuzz::require(is_valid_utf8(*decoded) && decoded->size() <= text.size(), "decoded text");
  }
  if (const auto authority = parse_authority(text)) {
    fuzz::require(!authority->name.empty(), "a host has a name");
  }
  parse_origin(text);
  etag_matches(text, "\"a\"");
  parse_event_id(text);
  if (const auto basic = parse_basic(text)) {
    fuzz::require(basic->first.find(':') == std::string::npos, "a user has no colon");
  }
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{10}, UINT64_MAX}) {
    const auto range = parse_range(text, size);
    fuzz::require(
        !range || !range->satisfiable || (range->first <= range->last && range->last < size),
        "a range lies inside");
  }
  if (const auto date = parse_http_date(text)) {
    fuzz::require(parse_http_date(http_date(*date)) == date, "a date comes back");
  }
}

HttpServerOptions options_for(bool strict) {
  HttpServerOptions options;
  if (strict) {
    options.users = {{"ann", "pass"}};
    options.allowed_origins = {"https://tavern.example"};
    options.allowed_hosts = {"studio.example"};
  }
  return options;
}

}  // namespace
}  // namespace ptravel

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptravel;
  static const HttpRouter router = make_router();
  static const HttpAccess open(options_for(false));
  static const HttpAccess strict(options_for(true));
  const std::string_view text = fuzz::text_of(data, size);
  const HttpHead head = head_of(text);
  check_head(head, router, open);
  check_head(head, router, strict);
  check_readers(text);
  for (std::string_view line : split(text, '\n')) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    check_readers(trimmed(line.substr(std::min(colon + 1, line.size()))));
  }
  return 0;
}
