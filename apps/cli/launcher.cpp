// The program itself is a library beside this one (program.cpp): OpenMP reads its settings when
// it is loaded, so they must be in the environment before that, and loading a program twice to set
// them would double the time that LibTorch takes to start.

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <dlfcn.h>
#include <unistd.h>

namespace {

using Main = int (*)(int, char**);

/// The folder that this program lies in.
std::string own_folder() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  const std::string text(path, length > 0 ? static_cast<std::size_t>(length) : 0);
  return text.substr(0, text.rfind('/'));
}

/// OpenMP threads wait by spinning unless told otherwise, which slows everything down many times
/// when another program uses a processor, too.
void wait_passively() {
  if (std::getenv("GOMP_SPINCOUNT") == nullptr) {
    ::setenv("OMP_WAIT_POLICY", "passive", /*replace=*/0);
  }
}

}  // namespace

int main(int argc, char** argv) {
  wait_passively();
  const std::string library = own_folder() + "/../lib/prompt-travel/program.so";
  // Global, as if this program had been linked to it: LibTorch's libraries look each other up.
  void* const program = ::dlopen(library.c_str(), RTLD_LAZY | RTLD_GLOBAL);
  const auto run =
      reinterpret_cast<Main>(program == nullptr ? nullptr : ::dlsym(program, "prompt_travel_main"));
  if (run == nullptr) {
    std::fprintf(stderr, "prompt-travel: %s (is the program installed whole?)\n", ::dlerror());
    return 1;
  }
  const int status = run(argc, argv);
#ifdef PTRAVEL_COVERAGE
  return status;
#else
  // What was drawn is on the disk, and the system takes memory back at once: LibTorch, whose static
  // objects end one by one, takes as long as a fifth of its start for that.
  std::fflush(nullptr);
  ::_exit(status);
#endif
}
