#pragma once

namespace ptravel {

/// What happens with attention weights after encoding (the web UI's option of this name). Original:
/// multiply and restore the mean; NoNorm: multiply; Ignore: parse and do nothing; None: brackets
/// are text.
enum class Emphasis { Original, NoNorm, Ignore, None };

}  // namespace ptravel
