#pragma once

#include <functional>
#include <memory>

namespace CLI {
class App;
}

namespace ptravel::cli {

/// A parsed command, ready to run.
using Command = std::function<void()>;

/// Each adds its subcommand to the program; when the user picked it, `chosen` is set.
void add_render_command(CLI::App& program, Command& chosen);
void add_resume_command(CLI::App& program, Command& chosen);
void add_plan_command(CLI::App& program, Command& chosen);
void add_frames_command(CLI::App& program, Command& chosen);
void add_finish_command(CLI::App& program, Command& chosen);
void add_status_command(CLI::App& program, Command& chosen);
void add_submit_command(CLI::App& program, Command& chosen);
void add_worker_command(CLI::App& program, Command& chosen);
void add_video_command(CLI::App& program, Command& chosen);
void add_upscale_command(CLI::App& program, Command& chosen);
void add_info_command(CLI::App& program, Command& chosen);
void add_models_command(CLI::App& program, Command& chosen);
void add_report_command(CLI::App& program, Command& chosen);
void add_samplers_command(CLI::App& program, Command& chosen);
void add_bench_command(CLI::App& program, Command& chosen);
void add_serve_command(CLI::App& program, Command& chosen);
void add_completion_command(CLI::App& program, Command& chosen);
void add_manual_command(CLI::App& program, Command& chosen);

}  // namespace ptravel::cli
