#include "queue/job_schema.h"

#include <cstdint>
#include <string>

#include "ptravel/error.h"

namespace ptravel {
namespace {

// What tells our databases from others' ("PTrq").
constexpr std::int64_t kApplication = 0x50547271;
constexpr std::int64_t kVersion = 2;

// The request comes last, so that searching need not read it. `asked` tells a repeated submission
// from another one under the same id; `reserved` is the folder that a run may have begun in.
constexpr const char* kTables = R"sql(
CREATE TABLE jobs(
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  revision INTEGER NOT NULL DEFAULT 0,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  place REAL NOT NULL,
  folder TEXT NOT NULL DEFAULT '',
  reserved TEXT NOT NULL DEFAULT '',
  frames_total INTEGER NOT NULL DEFAULT 0,
  frames_done INTEGER NOT NULL DEFAULT 0,
  stage_frames TEXT NOT NULL DEFAULT '[]' CHECK(json_valid(stage_frames)),
  video TEXT NOT NULL DEFAULT '',
  contact_sheet TEXT NOT NULL DEFAULT '',
  error TEXT NOT NULL DEFAULT '',
  notes TEXT NOT NULL DEFAULT '[]' CHECK(json_valid(notes)),
  created REAL NOT NULL,
  started REAL NOT NULL DEFAULT 0,
  finished REAL NOT NULL DEFAULT 0,
  trashed REAL NOT NULL DEFAULT 0,
  asked TEXT NOT NULL,
  search TEXT NOT NULL,
  request TEXT NOT NULL CHECK(json_valid(request))
) STRICT;
CREATE INDEX jobs_waiting ON jobs(place, id)
  WHERE trashed = 0 AND state IN ('queued', 'interrupted');
CREATE INDEX jobs_by_state ON jobs(state, number);
CREATE INDEX jobs_trashed ON jobs(trashed) WHERE trashed > 0;
CREATE TABLE gone(id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE seconds(what TEXT PRIMARY KEY, seconds REAL NOT NULL) STRICT, WITHOUT ROWID;
)sql";

[[noreturn]] void refuse(const Database& database, ErrorCode code, const std::string& why) {
  throw Error(code, "[queue] " + database.path().string() + ": " + why +
                        "; move it away to begin a new one");
}

void check_whole(Database& database) {
  const std::string found = database.text("PRAGMA quick_check(1)");
  if (found != "ok") {
    refuse(database, ErrorCode::Corrupt, "is damaged (" + found + ")");
  }
}

void set_version(Database& database) {
  database.run(("PRAGMA user_version=" + std::to_string(kVersion)).c_str());
}

void upgrade(Database& database, std::int64_t from) {
  Transaction transaction(database);
  if (from < 2) {
    database.run("ALTER TABLE jobs ADD COLUMN revision INTEGER NOT NULL DEFAULT 0");
  }
  set_version(database);
  transaction.commit();
}

}  // namespace

void prepare_schema(Database& database) {
  const std::int64_t application = database.integer("PRAGMA application_id");
  const std::int64_t version = database.integer("PRAGMA user_version");
  const std::int64_t tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (application == 0 && version == 0 && tables == 0) {
    Transaction transaction(database);
    database.run(kTables);
    database.run(("PRAGMA application_id=" + std::to_string(kApplication)).c_str());
    set_version(database);
    transaction.commit();
    return;
  }
  if (application != kApplication) {
    refuse(database, ErrorCode::Corrupt, "is another program's database, expected the queue's");
  }
  if (version > kVersion) {
    refuse(database, ErrorCode::Unsupported,
           "has version " + std::to_string(version) +
               ", written by a newer program; expected at most version " +
               std::to_string(kVersion));
  }
  check_whole(database);
  if (version < kVersion) {
    upgrade(database, version);
  }
}

}  // namespace ptravel
