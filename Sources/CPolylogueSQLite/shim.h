// SQLite's C interface, with the variadic and macro parts that Swift cannot import.
#pragma once
#include <sqlite3.h>

/// Sets one boolean connection option (`SQLITE_DBCONFIG_*`).
static inline int polylogue_sqlite_config(sqlite3 *db, int option, int value) {
  return sqlite3_db_config(db, option, value, (int *)0);
}

/// Switches off the count of allocated bytes, which takes a global lock at every allocation and which
/// nothing here reads. Has no effect once SQLite is in use (<https://sqlite.org/malloc.html>).
static inline int polylogue_sqlite_uncounted_memory(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static inline int polylogue_sqlite_bind_text(
    sqlite3_stmt *statement, int index, const char *bytes, sqlite3_uint64 count) {
  // A null pointer would bind NULL; Swift's empty buffers may have one.
  return sqlite3_bind_text64(statement, index, bytes ? bytes : "", count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int polylogue_sqlite_bind_blob(
    sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_TRANSIENT);
}
