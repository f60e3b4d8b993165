#ifndef SIGILUM_CSQLITE_DEFENCE_H
#define SIGILUM_CSQLITE_DEFENCE_H
/* sqlite3_db_config takes a variable number of arguments, which Swift cannot call. */

/* Turns on SQLite's defensive mode (no writes to shadow tables, no journal_mode tricks) and turns off views and
   triggers of an untrusted schema. `connection` is a sqlite3*. Returns SQLite's result code: 0 for success. */
int sigilum_sqlite_defend(void *connection);

#endif
