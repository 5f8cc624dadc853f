#pragma once

#include <memory>
#include <string_view>

#include "notation/schedule_expression.h"

namespace ptravel {

/// A part of an expression.
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

/// What the text means. Throws Error(InvalidArgument) that says what was not understood, and where.
std::unique_ptr<ScheduleExpression::Node> parse_expression(std::string_view text);

}  // namespace ptravel
