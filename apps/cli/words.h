#pragma once

#include <string>
#include <vector>

namespace ptravel::cli {

/// The words of a command line as the option parser shall read them: checked to be UTF-8; "--x=" an
/// empty value; settings that are true or false with the value that "--x" and "--no-x" stand for.
/// Throws InvalidArgument naming the option of a word that is no text, and of a value that looks
/// like another option.
std::vector<std::string> command_words(int argc, char** argv);

}  // namespace ptravel::cli
