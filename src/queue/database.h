#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace ptravel {

/// A connection to an SQLite database. Failures are Error: Io where the system refused (a full disk
/// among it), Corrupt where the file is damaged or no database. One thread at a time.
class Database {
 public:
  enum class Access { Write, Read };

  /// Opens the file; Write makes it when it is not there. A commit waits for the disk
  /// (synchronous=FULL), so that it survives a power cut.
  Database(std::filesystem::path path, Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Runs one or more statements without parameters.
  void run(const char* sql);
  /// The first column of the first row; 0 without a row.
  std::int64_t integer(const char* sql);
  std::string text(const char* sql);
  /// Rows that the last statement changed.
  std::int64_t changes() const;
  /// The number of the row that was inserted last.
  std::int64_t last_number() const;

 private:
  friend class Statement;
  [[noreturn]] void fail(int code) const;
  void check(int code) const;

  std::filesystem::path path_;
  sqlite3* handle_ = nullptr;
};

/// A prepared statement: bind its parameters in their order, then step.
class Statement {
 public:
  /// `database` outlives it.
  Statement(const Database& database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(std::int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view value);
  /// True: there is a row to read. False: done.
  bool step();
  /// step() for statements without rows.
  void run();

  // Columns of the row, from 0.
  std::int64_t integer(int column) const;
  double number(int column) const;
  std::string text(int column) const;

 private:
  const Database& database_;
  sqlite3_stmt* handle_ = nullptr;
  int bound_ = 0;
};

/// Everything until commit() happens or nothing does.
class Transaction {
 public:
  explicit Transaction(Database& database);
  /// Rolls back what was not committed.
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace ptravel
