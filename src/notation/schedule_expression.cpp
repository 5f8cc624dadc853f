#include "notation/schedule_expression.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "ptravel/error.h"

namespace ptravel {

struct ScheduleExpression::Node {
  enum class Kind { Constant, Frame, Last, Seed, Call, Unary, Binary };
  Kind kind = Kind::Constant;
  ExpressionValue value;  ///< Of a constant.
  double (*call)(double) = nullptr;
  std::string_view op;  ///< Of Unary and Binary; lives in the table of operators.
  std::unique_ptr<Node> left;
  std::unique_ptr<Node> right;
  bool constant = true;  ///< No name below it.
};

namespace {

using Node = ScheduleExpression::Node;
using Value = ExpressionValue;

constexpr int kDeepest = 200;
constexpr int kMostOperators = 1000;  // which nest to the left

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorCode::InvalidArgument, what); }

double same(double x) { return x; }
double log_of(double x) { return std::log(x); }

struct Function {
  std::string_view name;
  double (*call)(double);  ///< Null: the value as it is.
};

constexpr std::array kFunctions = {Function{"sin", std::sin},
                                   Function{"cos", std::cos},
                                   Function{"tan", std::tan},
                                   Function{"arcsin", std::asin},
                                   Function{"arccos", std::acos},
                                   Function{"arctan", std::atan},
                                   Function{"sinh", std::sinh},
                                   Function{"cosh", std::cosh},
                                   Function{"tanh", std::tanh},
                                   Function{"arcsinh", std::asinh},
                                   Function{"arccosh", std::acosh},
                                   Function{"arctanh", std::atanh},
                                   Function{"exp", std::exp},
                                   Function{"expm1", std::expm1},
                                   Function{"log", log_of},
                                   Function{"log1p", std::log1p},
                                   Function{"log10", std::log10},
                                   Function{"sqrt", std::sqrt},
                                   Function{"floor", std::floor},
                                   Function{"ceil", std::ceil},
                                   Function{"abs", std::fabs},
                                   Function{"sum", same},
                                   Function{"prod", same},
                                   Function{"min", same},
                                   Function{"max", same}};

/// A recursive descent over Python's precedences: | & comparison, + -, * / %, unary, **.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::unique_ptr<Node> parse() {
    auto node = bits_or();
    skip_space();
    if (at_ < text_.size()) {
      unexpected();
    }
    return node;
  }

 private:
  [[noreturn]] void unexpected() {
    const std::string rest(text_.substr(std::min(at_, text_.size())));
    refuse("\"" + std::string(text_) + "\" is not understood " +
           (rest.empty() ? "at its end" : "from \"" + rest + "\" on"));
  }

  void skip_space() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }

  /// Takes one of these operators, longer ones first.
  template <std::size_t N>
  std::optional<std::string_view> take(const std::array<std::string_view, N>& operators) {
    skip_space();
    for (const std::string_view op : operators) {
      if (text_.substr(at_).starts_with(op)) {
        at_ += op.size();
        return op;
      }
    }
    return std::nullopt;
  }

  std::unique_ptr<Node> binary(std::string_view op,
                               std::unique_ptr<Node> left,
                               std::unique_ptr<Node> right) {
    if (++operators_ > kMostOperators) {
      refuse("\"" + std::string(text_.substr(0, 40)) + "...\" has more than " +
             std::to_string(kMostOperators) + " operators");
    }
    auto node = std::make_unique<Node>();
    node->kind = Node::Kind::Binary;
    node->op = op;
    node->constant = left->constant && right->constant;
    node->left = std::move(left);
    node->right = std::move(right);
    return node;
  }

  std::unique_ptr<Node> bits_or() {
    static constexpr std::array<std::string_view, 1> kOperators = {"|"};
    auto node = bits_and();
    while (const auto op = take(kOperators)) {
      node = binary(*op, std::move(node), bits_and());
    }
    return node;
  }

  std::unique_ptr<Node> bits_and() {
    static constexpr std::array<std::string_view, 1> kOperators = {"&"};
    auto node = comparison();
    while (const auto op = take(kOperators)) {
      node = binary(*op, std::move(node), comparison());
    }
    return node;
  }

  std::unique_ptr<Node> comparison() {
    static constexpr std::array<std::string_view, 6> kOperators = {
        "<=", ">=", "==", "!=", "<", ">"};
    auto node = sum();
    if (const auto op = take(kOperators)) {
      node = binary(*op, std::move(node), sum());
      if (take(kOperators)) {
        unexpected();
      }
    }
    return node;
  }

  std::unique_ptr<Node> sum() {
    static constexpr std::array<std::string_view, 2> kOperators = {"+", "-"};
    auto node = product();
    while (const auto op = take(kOperators)) {
      node = binary(*op, std::move(node), product());
    }
    return node;
  }

  std::unique_ptr<Node> product() {
    static constexpr std::array<std::string_view, 3> kOperators = {"*", "/", "%"};
    auto node = sign();
    while (true) {
      skip_space();
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("**") || rest.starts_with("//")) {
        unexpected();
      }
      const auto op = take(kOperators);
      if (!op) {
        return node;
      }
      node = binary(*op, std::move(node), sign());
    }
  }

  std::unique_ptr<Node> sign() {
    static constexpr std::array<std::string_view, 3> kOperators = {"-", "+", "~"};
    if (++depth_ > kDeepest) {
      refuse("\"" + std::string(text_.substr(0, 40)) + "...\" has too many brackets or signs");
    }
    std::unique_ptr<Node> node;
    if (const auto op = take(kOperators)) {
      node = std::make_unique<Node>();
      node->kind = Node::Kind::Unary;
      node->op = *op;
      node->left = sign();
      node->constant = node->left->constant;
    } else {
      node = power();
    }
    --depth_;
    return node;
  }

  std::unique_ptr<Node> power() {
    static constexpr std::array<std::string_view, 1> kOperators = {"**"};
    auto node = atom();
    if (const auto op = take(kOperators)) {
      node = binary(*op, std::move(node), sign());
    }
    return node;
  }

  std::unique_ptr<Node> atom() {
    skip_space();
    if (at_ >= text_.size()) {
      unexpected();
    }
    const char c = text_[at_];
    if (c == '(') {
      ++at_;
      auto node = bits_or();
      close();
      return node;
    }
    if ((c >= '0' && c <= '9') || c == '.') {
      return number();
    }
    return name();
  }

  void close() {
    static constexpr std::array<std::string_view, 1> kClose = {")"};
    if (!take(kClose)) {
      unexpected();
    }
  }

  std::unique_ptr<Node> number() {
    std::size_t end = at_;
    const auto digits = [&] {
      while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') {
        ++end;
      }
    };
    digits();
    bool whole = true;
    if (end < text_.size() && text_[end] == '.') {
      whole = false;
      ++end;
      digits();
    }
    if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
      std::size_t exponent = end + 1;
      if (exponent < text_.size() && (text_[exponent] == '-' || text_[exponent] == '+')) {
        ++exponent;
      }
      if (exponent < text_.size() && text_[exponent] >= '0' && text_[exponent] <= '9') {
        whole = false;
        end = exponent;
        digits();
      }
    }
    std::string text(text_.substr(at_, end - at_));
    auto node = std::make_unique<Node>();
    if (whole) {
      const auto value = parse_integer(text);
      node->value = value ? Value(*value) : Value(parse_number(text).value_or(0));
    } else {
      if (text.ends_with('.')) {
        text += '0';
      }
      const auto value = parse_number(text.starts_with('.') ? "0" + text : text);
      if (!value) {
        unexpected();
      }
      node->value = *value;
    }
    at_ = end;
    return node;
  }

  std::unique_ptr<Node> name() {
    std::size_t end = at_;
    while (end < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '_')) {
      ++end;
    }
    const std::string_view name = text_.substr(at_, end - at_);
    auto node = std::make_unique<Node>();
    if (name == "True" || name == "False") {
      node->value = name == "True";
    } else if (name == "t" || name == "i" || name == "max_f" || name == "s") {
      node->kind = name == "s"       ? Node::Kind::Seed
                   : name == "max_f" ? Node::Kind::Last
                                     : Node::Kind::Frame;
      node->constant = false;
    } else {
      const auto* function = std::ranges::find(kFunctions, name, &Function::name);
      if (name.empty() || function == kFunctions.end()) {
        unexpected();
      }
      at_ = end;
      skip_space();
      if (at_ >= text_.size() || text_[at_] != '(') {
        unexpected();
      }
      ++at_;
      node->kind = Node::Kind::Call;
      node->call = function->call;
      node->left = bits_or();
      node->constant = node->left->constant;
      close();
      return node;
    }
    at_ = end;
    return node;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int operators_ = 0;
};

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
  return ScheduleExpression(Parser(text).parse());
}

ExpressionValue ScheduleExpression::evaluate(const ExpressionNames& names) const {
  return value_of(*root_, names);
}

}  // namespace ptravel
