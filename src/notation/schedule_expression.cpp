#include "notation/schedule_expression.h"

#include <cmath>
#include <string>
#include <utility>

#include "notation/expression_node.h"
#include "ptravel/error.h"

namespace ptravel {

namespace {

using Node = ScheduleExpression::Node;
using Value = ExpressionValue;

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorCode::InvalidArgument, what); }

bool is_real(const Value& value) { return std::holds_alternative<double>(value); }
bool is_truth(const Value& value) { return std::holds_alternative<bool>(value); }

std::int64_t whole(const Value& value) {
  return is_truth(value) ? static_cast<std::int64_t>(std::get<bool>(value))
                         : std::get<std::int64_t>(value);
}

/// Arithmetic that wraps, as 64-bit numbers of arrays do.
std::int64_t wrapped(std::uint64_t value) { return static_cast<std::int64_t>(value); }

std::int64_t whole_power(std::int64_t base, std::int64_t exponent) {
  std::uint64_t result = 1;
  std::uint64_t factor = static_cast<std::uint64_t>(base);
  for (std::uint64_t left = static_cast<std::uint64_t>(exponent); left > 0; left >>= 1) {
    result *= (left & 1) != 0 ? factor : 1;
    factor *= factor;
  }
  return wrapped(result);
}

/// The rest with the sign of the divisor.
double floored_rest(double a, double b) {
  const double rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

Value power_of(const Value& a, const Value& b, bool constant, bool constant_exponent) {
  if (is_real(a) || is_real(b)) {
    return std::pow(number_of(a), number_of(b));
  }
  const std::int64_t exponent = whole(b);
  if (exponent >= 0) {
    return whole_power(whole(a), exponent);
  }
  if (constant) {
    return std::pow(number_of(a), static_cast<double>(exponent));
  }
  if (constant_exponent) {
    refuse("a whole number has no negative power, expected a real one such as t*1.0");
  }
  const std::int64_t base = whole(a);
  return std::int64_t{base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0};
}

Value rest_of(const Value& a, const Value& b, bool constant) {
  if (is_real(a) || is_real(b)) {
    return floored_rest(number_of(a), number_of(b));
  }
  const std::int64_t x = whole(a);
  const std::int64_t y = whole(b);
  if (y == 0) {
    if (constant) {
      refuse("a constant is divided by 0");
    }
    return std::int64_t{0};
  }
  if (y == -1) {
    return std::int64_t{0};
  }
  const std::int64_t rest = x % y;
  return constant && rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

bool compare(std::string_view op, double a, double b) {
  const bool less = op.starts_with('<') && a < b;
  const bool more = op.starts_with('>') && a > b;
  const bool equal = op.ends_with('=') && op != "!=" && a == b;
  return less || more || equal || (op == "!=" && a != b);
}

Value combine(const Node& node, const Value& a, const Value& b) {
  const std::string_view op = node.op;
  if (op == "&" || op == "|") {
    if (!is_truth(a) || !is_truth(b)) {
      refuse("& and | are for comparisons alone, expected such as (t>2)&(t<6)");
    }
    return op == "&" ? std::get<bool>(a) && std::get<bool>(b)
                     : std::get<bool>(a) || std::get<bool>(b);
  }
  if (op == "/") {
    if (node.constant && number_of(b) == 0) {
      refuse("a constant is divided by 0");
    }
    return number_of(a) / number_of(b);
  }
  if (op == "%") {
    return rest_of(a, b, node.constant);
  }
  if (op == "**") {
    return power_of(a, b, node.constant, node.right->constant);
  }
  if (op != "+" && op != "-" && op != "*") {
    return compare(op, number_of(a), number_of(b));
  }
  if (is_real(a) || is_real(b)) {
    const double x = number_of(a);
    const double y = number_of(b);
    return op == "+" ? x + y : op == "-" ? x - y : x * y;
  }
  const auto x = static_cast<std::uint64_t>(whole(a));
  const auto y = static_cast<std::uint64_t>(whole(b));
  return wrapped(op == "+" ? x + y : op == "-" ? x - y : x * y);
}

Value change(std::string_view op, const Value& value) {
  if (op == "~") {
    if (!is_truth(value)) {
      refuse("~ is for comparisons alone, expected such as ~(t>4)");
    }
    return !std::get<bool>(value);
  }
  if (op == "+") {
    return value;
  }
  return is_real(value) ? Value(-std::get<double>(value))
                        : Value(wrapped(0 - static_cast<std::uint64_t>(whole(value))));
}

Value value_of(const Node& node, const ExpressionNames& names) {
  switch (node.kind) {
    case Node::Kind::Constant:
      return node.value;
    case Node::Kind::Frame:
      return names.frame;
    case Node::Kind::Last:
      return names.last;
    case Node::Kind::Seed:
      return names.seed;
    case Node::Kind::Call:
      return node.call(number_of(value_of(*node.left, names)));
    case Node::Kind::Unary:
      return change(node.op, value_of(*node.left, names));
    case Node::Kind::Binary:
      break;
  }
  return combine(node, value_of(*node.left, names), value_of(*node.right, names));
}

}  // namespace

double number_of(const ExpressionValue& value) {
  return std::visit([](const auto number) { return static_cast<double>(number); }, value);
}

ScheduleExpression::ScheduleExpression(std::unique_ptr<Node> root) : root_(std::move(root)) {}
ScheduleExpression::ScheduleExpression(ScheduleExpression&&) noexcept = default;
ScheduleExpression& ScheduleExpression::operator=(ScheduleExpression&&) noexcept = default;
ScheduleExpression::~ScheduleExpression() = default;

ScheduleExpression ScheduleExpression::parse(std::string_view text) {
  return ScheduleExpression(parse_expression(text));
}

ExpressionValue ScheduleExpression::evaluate(const ExpressionNames& names) const {
  return value_of(*root_, names);
}

}  // namespace ptravel
