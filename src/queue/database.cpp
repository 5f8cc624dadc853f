#include "queue/database.h"

#include <utility>

#include <sqlite3.h>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr int kBusyMilliseconds = 5000;

ErrorCode code_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::Corrupt;
    case SQLITE_NOMEM:
      return ErrorCode::OutOfMemory;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOLFS:
    case SQLITE_PROTOCOL:
      return ErrorCode::Io;
    default:
      return ErrorCode::Internal;
  }
}

}  // namespace

Database::Database(std::filesystem::path path, Access access) : path_(std::move(path)) {
  const bool writes = access == Access::Write;
  const int flags = (writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path_.c_str(), &handle_, flags, nullptr);
  try {
    check(code);
    check(sqlite3_extended_result_codes(handle_, 1));
    check(sqlite3_busy_timeout(handle_, kBusyMilliseconds));
    run(writes ? "PRAGMA synchronous=FULL" : "PRAGMA query_only=ON");
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Database::~Database() { sqlite3_close(handle_); }

void Database::fail(int code) const {
  const std::string why = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  const ErrorCode kind = code_of(code);
  throw Error(kind, "[queue] " + path_.string() + ": " + why +
                        (kind == ErrorCode::Corrupt
                             ? "; expected the queue's database (move it away to begin a new one)"
                             : ""));
}

void Database::check(int code) const {
  if (code != SQLITE_OK) {
    fail(code);
  }
}

void Database::run(const char* sql) {
  check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr));
}

std::int64_t Database::integer(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::string Database::text(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.text(0) : std::string();
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }

std::int64_t Database::last_number() const { return sqlite3_last_insert_rowid(handle_); }

Statement::Statement(const Database& database, std::string_view sql) : database_(database) {
  database.check(sqlite3_prepare_v2(database.handle_, sql.data(), static_cast<int>(sql.size()),
                                    &handle_, nullptr));
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::bind(std::int64_t value) {
  database_.check(sqlite3_bind_int64(handle_, ++bound_, value));
  return *this;
}

Statement& Statement::bind(double value) {
  database_.check(sqlite3_bind_double(handle_, ++bound_, value));
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  const char* bytes = value.data() == nullptr ? "" : value.data();
  database_.check(
      sqlite3_bind_text64(handle_, ++bound_, bytes, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    database_.fail(code);
  }
  return code == SQLITE_ROW;
}

void Statement::run() {
  while (step()) {
  }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }

double Statement::number(int column) const { return sqlite3_column_double(handle_, column); }

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  const int size = sqlite3_column_bytes(handle_, column);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (open_) {
    try {
      database_.run("ROLLBACK");
    } catch (const Error&) {
      // SQLite has rolled back by itself after some failures.
    }
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

}  // namespace ptravel
