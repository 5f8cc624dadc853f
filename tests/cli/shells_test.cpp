// What the program tells shells and manual pages of itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run_program.h"

namespace ptravel {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// What bash offers behind these words, the last of which is being typed.
std::string offered(const TemporaryFolder& folder, const std::string& words) {
  const Outcome made = run(folder, "completion bash");
  EXPECT_EQ(made.status, 0) << made.errors;
  write_file_atomic(folder / "completion", made.output);
  write_file_atomic(folder / "try", ". ./completion\nCOMP_WORDS=(prompt-travel " + words +
                                        ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_prompt_travel\n"
                                        "echo \"${COMPREPLY[*]}\"\n");
  const Outcome tried = run_command(folder, "bash try");
  EXPECT_EQ(tried.errors, "");
  return tried.output;
}

TEST(Completion, BashOffersCommandsOptionsAndValues) {
  const TemporaryFolder folder;
  EXPECT_EQ(offered(folder, "re"), "render resume report\n");
  EXPECT_EQ(offered(folder, "render --mod"), "--model --mode --models-dir\n");
  EXPECT_EQ(offered(folder, "render --mode ''"), "linear replace grad\n");
  EXPECT_EQ(offered(folder, "render --mode = gr"), "grad\n");
  EXPECT_EQ(offered(folder, "render --seed 1 --pace e"), "even\n");
  EXPECT_EQ(offered(folder, "resume out"), "\n");  // a file
}

TEST(Completion, EveryShellHasItsOwn) {
  const TemporaryFolder folder;
  EXPECT_THAT(run(folder, "completion zsh").output,
              AllOf(HasSubstr("#compdef prompt-travel\n"), HasSubstr(":(linear replace grad)'")));
  EXPECT_THAT(
      run(folder, "completion fish").output,
      HasSubstr("'__fish_seen_subcommand_from render' -l mode -x -a 'linear replace grad'"));
  EXPECT_EQ(run(folder, "completion tcsh").status, 2);
}

TEST(Manual, HasEveryCommandWithItsOptions) {
  const TemporaryFolder folder;
  const Outcome manual = run(folder, "manual");
  EXPECT_EQ(manual.status, 0) << manual.errors;
  EXPECT_THAT(manual.output,
              AllOf(HasSubstr(".SH COMMAND render\n"), HasSubstr("\\fB\\-\\-travel\\-steps\\fR"),
                    HasSubstr(".SH COMMAND serve\n"), HasSubstr("\\fB\\-\\-port\\fR \\fIN\\fR")));
}

}  // namespace
}  // namespace ptravel
