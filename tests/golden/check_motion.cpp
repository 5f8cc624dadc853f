#include "tests/golden/attention.h"
#include "tests/golden/transport.h"
#include "tests/support/golden.h"
#ifdef PTRAVEL_WITH_MEDIA
#include "tests/golden/evenness.h"
#include "tests/golden/postprocess.h"
#endif

namespace ptravel::golden {

void check_motion(const Context& context, Report& report) {
#ifdef PTRAVEL_WITH_MEDIA
  check_evenness(context, report);
  check_upscale(context, report);
  check_rife(context, report);
  check_film(context, report);
  check_flow(context, report);
#else
  for (const char* part : {"measures", "retime", "upscale", "rife", "film", "flow"}) {
    report.left_out(std::string("motion/") + part,
                    "this program was built without media (PTRAVEL_MEDIA=OFF)");
  }
#endif
  check_transport(context, report);
  check_attention(context, report);
}

}  // namespace ptravel::golden
