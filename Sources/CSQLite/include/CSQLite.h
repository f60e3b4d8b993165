#ifndef SIGILUM_CSQLITE_H
#define SIGILUM_CSQLITE_H
/* SQLite's C interface, and the parts of it that Swift cannot call. */

#include <sqlite3.h>

/* Turns on SQLite's defensive mode (no writes to shadow tables, no journal_mode tricks) and turns off views and
   triggers of an untrusted schema (sqlite3_db_config takes a variable number of arguments). Returns SQLite's result
   code: 0 for success. */
int sigilum_sqlite_defend(sqlite3 *connection);

/* Leaves the write-ahead log as it is when the last connection closes: no checkpoint, no removal. SQLite's result code. */
int sigilum_sqlite_keep_wal(sqlite3 *connection);

/* Binds a copy of these bytes as a blob; no bytes are an empty blob, not NULL. SQLite's result code. */
int sigilum_sqlite_bind_blob(sqlite3_stmt *statement, int parameter, const void *bytes, sqlite3_uint64 count);

/* Binds bytes where they are: they must stay until the statement is reset or bound to others. */
int sigilum_sqlite_bind_borrowed(sqlite3_stmt *statement, int parameter, const void *bytes, sqlite3_uint64 count);

#endif
