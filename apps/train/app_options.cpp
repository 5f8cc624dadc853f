#include "app_options.h"

#include <cstdio>

namespace ptravel::train {

void add_machine_options(CLI::App& app, DeviceChoice& device, int& threads) {
  add_choice(
      app, "--device", device,
      {{"auto", DeviceChoice::Auto}, {"cpu", DeviceChoice::Cpu}, {"cuda", DeviceChoice::Cuda}},
      "auto, cpu or cuda [auto]");
  add_number(app, "--threads", threads, "CPU threads; 0 = one for each processor",
             CLI::NonNegativeNumber);
}

bool parse_command_line(CLI::App& app, int argc, char** argv, int& status) {
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      status = app.exit(error);
    } else {
      std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), error.what());
      status = 2;
    }
    return false;
  }
}

}  // namespace ptravel::train
