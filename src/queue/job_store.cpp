#include "queue/job_store.h"

#include <algorithm>
#include <utility>

#include "ptravel/error.h"
#include "queue/job_rows.h"
#include "queue/job_schema.h"
#include "request/mask_files.h"

namespace ptravel {
namespace {

constexpr int kLongestList = 200;
// A record without its prompts takes about so much memory.
constexpr std::size_t kRecordBytes = 2 << 10;
constexpr std::size_t kMostKnownBytes = 32 << 20;
constexpr const char* kWaits = "trashed = 0 AND state IN ('queued', 'interrupted')";

std::string select_jobs(const std::string& rest) {
  return std::string("SELECT ") + kJobColumns + " FROM jobs " + rest;
}

std::vector<std::string> read_texts(Statement& statement) {
  std::vector<std::string> texts;
  while (statement.step()) {
    texts.push_back(statement.text(0));
  }
  return texts;
}

std::string one_text(Statement& statement) {
  return statement.step() ? statement.text(0) : std::string();
}

/// "?, ?, ?"
std::string placeholders(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += i == 0 ? "?" : ", ?";
  }
  return text;
}

std::string conditions_of(const JobFilter& filter) {
  std::string where = filter.trashed ? "WHERE trashed > 0" : "WHERE trashed = 0";
  if (!filter.states.empty()) {
    where += " AND state IN (" + placeholders(filter.states.size()) + ")";
  }
  if (filter.before > 0) {
    where += " AND number < ?";
  }
  if (!filter.search.empty()) {
    where += " AND instr(search, ?) > 0";
  }
  return where;
}

[[noreturn]] void throw_unknown(const std::string& id) {
  throw Error(ErrorCode::NotFound, "[queue] there is no job " + id);
}

}  // namespace

JobStore::JobStore(const std::filesystem::path& path, Database::Access access)
    : database_(path, access), keeps_(access == Database::Access::Read) {
  if (access == Database::Access::Write) {
    prepare_schema(database_);
    database_.run("PRAGMA journal_mode=WAL");  // readers need not wait for who writes
  }
}

JobRecord JobStore::read(const Statement& row) {
  const JobVersion version = read_version(row);
  const auto known = known_.find(version.number);
  if (known != known_.end() && known->second.revision == version.revision) {
    JobRecord job = known->second;
    job.previous = version.previous;
    return job;
  }
  JobRecord job = read_job(row);
  if (keeps_) {
    keep(job);
  }
  return job;
}

void JobStore::keep(const JobRecord& job) {
  const std::size_t bytes =
      kRecordBytes + job.request.prompt.size() + job.request.negative_prompt.size();
  if (known_bytes_ + bytes > kMostKnownBytes) {
    known_.clear();
    known_bytes_ = 0;
  }
  known_bytes_ += bytes;  // an older revision of it counts until the next clearing
  known_[job.number] = job;
}

std::vector<JobRecord> JobStore::read_all(Statement& statement) {
  std::vector<JobRecord> jobs;
  while (statement.step()) {
    jobs.push_back(read(statement));
  }
  return jobs;
}

std::optional<JobRecord> JobStore::read_one(Statement& statement) {
  if (!statement.step()) {
    return std::nullopt;
  }
  return read(statement);
}

std::optional<JobRecord> JobStore::find(const std::string& id) {
  Statement statement(database_, select_jobs("WHERE id = ?"));
  return read_one(statement.bind(id));
}

std::vector<JobRecord> JobStore::list(const JobFilter& filter) {
  Statement statement(database_,
                      select_jobs(conditions_of(filter) + " ORDER BY number DESC LIMIT ?"));
  for (const QueueState state : filter.states) {
    statement.bind(queue_state_name(state));
  }
  if (filter.before > 0) {
    statement.bind(filter.before);
  }
  if (!filter.search.empty()) {
    statement.bind(folded(filter.search));
  }
  statement.bind(static_cast<std::int64_t>(std::clamp(filter.limit, 1, kLongestList)));
  return read_all(statement);
}

std::vector<JobRecord> JobStore::waiting(std::int64_t limit) {
  Statement statement(
      database_, select_jobs(std::string("WHERE ") + kWaits + " ORDER BY place, number LIMIT ?"));
  return read_all(statement.bind(limit));
}

std::vector<std::string> JobStore::waiting_ids() {
  Statement statement(
      database_, std::string("SELECT id FROM jobs WHERE ") + kWaits + " ORDER BY place, number");
  return read_texts(statement);
}

std::int64_t JobStore::waiting_count() {
  return database_.integer((std::string("SELECT count(*) FROM jobs WHERE ") + kWaits).c_str());
}

std::shared_ptr<const WaitingOrder> JobStore::waiting_order() {
  // Tells what other connections have changed, not what this one has.
  const std::int64_t version = database_.integer("PRAGMA data_version");
  if (!order_ || !keeps_ || version != order_version_) {
    order_ = std::make_shared<const WaitingOrder>(waiting_ids());
    order_version_ = version;
  }
  return order_;
}

std::optional<JobRecord> JobStore::find(std::int64_t number) {
  Statement statement(database_, select_jobs("WHERE number = ?"));
  return read_one(statement.bind(number));
}

std::vector<std::string> JobStore::ids_in(QueueState state) {
  Statement statement(database_, "SELECT id FROM jobs WHERE state = ? ORDER BY number");
  return read_texts(statement.bind(queue_state_name(state)));
}

std::vector<std::string> JobStore::trashed_before(double time) {
  Statement statement(database_,
                      "SELECT id FROM jobs WHERE trashed > 0 AND trashed <= ? ORDER BY trashed");
  return read_texts(statement.bind(time));
}

std::vector<std::string> JobStore::init_images() {
  Statement statement(database_,
                      "SELECT DISTINCT json_extract(request, '$.init_image') FROM jobs "
                      "WHERE json_extract(request, '$.init_image') <> ''");
  std::vector<std::string> paths = read_texts(statement);
  Statement masks(database_,
                  "SELECT DISTINCT json_extract(request, '$.mask') FROM jobs "
                  "WHERE json_extract(request, '$.mask') <> ''");
  for (const std::string& lines : read_texts(masks)) {
    TravelRequest request;
    request.mask = lines;
    for (std::string& file : mask_files(request)) {
      paths.push_back(std::move(file));
    }
  }
  return paths;
}

std::string JobStore::asked(const std::string& id) {
  Statement statement(database_, "SELECT asked FROM jobs WHERE id = ?");
  return one_text(statement.bind(id));
}

bool JobStore::is_gone(const std::string& id) {
  Statement statement(database_, "SELECT 1 FROM gone WHERE id = ?");
  return statement.bind(id).step();
}

std::string JobStore::reserved(const std::string& id) {
  Statement statement(database_, "SELECT reserved FROM jobs WHERE id = ?");
  return one_text(statement.bind(id));
}

std::vector<Problem> JobStore::unreadable(const std::string& id) {
  Statement statement(database_, "SELECT request FROM jobs WHERE id = ?");
  return request_problems(one_text(statement.bind(id)));
}

std::optional<double> JobStore::seconds(const std::string& what) {
  Statement statement(database_, "SELECT seconds FROM seconds WHERE what = ?");
  if (!statement.bind(what).step()) {
    return std::nullopt;
  }
  return statement.number(0);
}

JobRecord JobStore::add(JobRecord job, const std::string& asked, bool front) {
  Transaction transaction(database_);
  job.place = front ? first_place() : last_place();
  Statement(database_,
            "INSERT INTO jobs(id, name, state, place, created, asked, search, request) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(job.id)
      .bind(job.name)
      .bind(queue_state_name(job.state))
      .bind(job.place)
      .bind(job.created)
      .bind(asked)
      .bind(search_text(job.name, job.request))
      .bind(request_to_json(job.request))
      .run();
  JobRecord added = *find(database_.last_number());
  transaction.commit();
  return added;
}

JobRecord JobStore::change(const std::string& id, const std::function<void(JobRecord&)>& change) {
  Transaction transaction(database_);
  std::optional<JobRecord> found = find(id);
  if (!found) {
    throw_unknown(id);
  }
  JobRecord& job = *found;
  change(job);
  ++job.revision;
  Statement(
      database_,
      "UPDATE jobs SET name = ?, state = ?, place = ?, folder = ?, frames_total = ?, "
      "frames_done = ?, stage_frames = ?, video = ?, contact_sheet = ?, error = ?, notes = ?, "
      "started = ?, finished = ?, trashed = ?, search = ?, revision = ? WHERE number = ?")
      .bind(job.name)
      .bind(queue_state_name(job.state))
      .bind(job.place)
      .bind(job.folder)
      .bind(job.frames_total)
      .bind(job.frames_done)
      .bind(stage_frames_text(job))
      .bind(job.video)
      .bind(job.contact_sheet)
      .bind(error_text(job))
      .bind(notes_text(job))
      .bind(job.started)
      .bind(job.finished)
      .bind(job.trashed)
      .bind(search_text(job.name, job.request))
      .bind(job.revision)
      .bind(job.number)
      .run();
  transaction.commit();
  return job;
}

double JobStore::first_place() {
  Statement statement(database_, std::string("SELECT min(place) FROM jobs WHERE ") + kWaits);
  return statement.step() ? statement.number(0) - 1 : -1;
}

double JobStore::last_place() {
  Statement statement(database_, std::string("SELECT max(place) FROM jobs WHERE ") + kWaits);
  return statement.step() ? statement.number(0) + 1 : 1;
}

double JobStore::place_before(const std::string& other) {
  for (int attempt = 0;; ++attempt) {
    const std::optional<JobRecord> next = find(other);
    if (!next) {
      throw_unknown(other);
    }
    Statement statement(database_, std::string("SELECT max(place), count(*) FROM jobs WHERE ") +
                                       kWaits + " AND place < ?");
    statement.bind(next->place).step();
    if (statement.integer(1) == 0) {
      return next->place - 1;
    }
    const double before = statement.number(0);
    const double middle = before + (next->place - before) / 2;
    if ((before < middle && middle < next->place) || attempt > 0) {
      return middle;
    }
    renumber();  // Halving has used up the numbers in between.
  }
}

void JobStore::renumber() {
  Transaction transaction(database_);
  double place = 0;
  for (const std::string& id : waiting_ids()) {
    Statement(database_, "UPDATE jobs SET place = ?, revision = revision + 1 WHERE id = ?")
        .bind(++place)
        .bind(id)
        .run();
  }
  transaction.commit();
}

void JobStore::reserve(const std::string& id, const std::string& folder) {
  Statement(database_, "UPDATE jobs SET reserved = ? WHERE id = ?").bind(folder).bind(id).run();
}

void JobStore::erase(const std::string& id) {
  Transaction transaction(database_);
  Statement(database_, "INSERT OR IGNORE INTO gone(id) VALUES(?)").bind(id).run();
  Statement(database_, "DELETE FROM jobs WHERE id = ?").bind(id).run();
  transaction.commit();
}

void JobStore::remember_seconds(const std::string& what, double seconds) {
  Statement(database_, "INSERT OR REPLACE INTO seconds(what, seconds) VALUES(?, ?)")
      .bind(what)
      .bind(seconds)
      .run();
}

}  // namespace ptravel
