#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>

namespace ptravel {

/// What names in an expression stand for.
struct ExpressionNames {
  std::int64_t frame = 0;  ///< "t", also "i".
  std::int64_t last = 0;   ///< "max_f".
  std::int64_t seed = 0;   ///< "s".
};

/// A truth value, a whole number or a real one.
using ExpressionValue = std::variant<bool, std::int64_t, double>;

/// As a real number; truth counts as 1.
double number_of(const ExpressionValue& value);

/// An expression as Deforum's schedules have them (numexpr 2.8): numbers, the names t, i, max_f and
/// s, functions of one argument (sin, sqrt, floor, ...), + - * / % ** , one comparison, & | ~ of
/// truth values, brackets. Whole numbers stay whole (64 bits, % with the sign of the dividend, **
/// rounded to 0) except in a division; numbers alone are computed as Python does. Immutable.
class ScheduleExpression {
 public:
  /// Throws Error(InvalidArgument) that says what was not understood, and where.
  static ScheduleExpression parse(std::string_view text);

  ScheduleExpression(ScheduleExpression&&) noexcept;
  ScheduleExpression& operator=(ScheduleExpression&&) noexcept;
  ~ScheduleExpression();

  /// Its value; may be infinite or not a number. Throws Error(InvalidArgument) for operations that
  /// values do not have: bits of numbers, a constant divided by 0, a whole number to a negative
  /// power.
  ExpressionValue evaluate(const ExpressionNames& names) const;

  struct Node;

 private:
  explicit ScheduleExpression(std::unique_ptr<Node> root);
  std::unique_ptr<Node> root_;
};

}  // namespace ptravel
