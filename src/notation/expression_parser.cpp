#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "notation/expression_node.h"
#include "ptravel/error.h"

namespace ptravel {
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

}  // namespace

std::unique_ptr<Node> parse_expression(std::string_view text) { return Parser(text).parse(); }

}  // namespace ptravel
