// Included before everything else when clang-tidy reads a source that uses LibTorch. LibTorch 1.13 has
// members of std::vector<IValue> inside IValue's own definition. In C++20 they are constexpr in
// libstdc++ 12, so clang instantiates them at once and finds the type incomplete, where GCC waits.
// Here the vector is read as C++17 has it, without constexpr. Never part of a build.
#pragma once

#include <string>

#if defined(__clang__) && defined(_GLIBCXX_RELEASE) && _GLIBCXX_RELEASE <= 12
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#define __fill_a1 __fill_a1_of_bits  // Declared as constexpr by <string> already.
#include <vector>
#undef __fill_a1
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR constexpr
#endif
