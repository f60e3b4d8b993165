#ifndef SIGILUM_CSQLITE_DEFENCE_H
#define SIGILUM_CSQLITE_DEFENCE_H
/* sqlite3_db_config takes a variable number of arguments, which Swift cannot call. */

/* Turns on SQLite's defensive mode (no writes to shadow tables, no journal_mode tricks) and turns off views and
   triggers of an untrusted schema. `connection` is a sqlite3*. Returns SQLite's result code: 0 for success. */
int sigilum_sqlite_defend(void *connection);

/* Leaves the write-ahead log as it is when the last connection closes: no checkpoint, no removal. SQLite's result code. */
int sigilum_sqlite_keep_wal(void *connection);

/* The version of the library that runs, "3.40.1". */
const char *sigilum_sqlite_version(void);

/* 1 where SQLite could open the file for reading only, 0 where it can be written. */
int sigilum_sqlite_is_read_only(void *connection);

#endif
