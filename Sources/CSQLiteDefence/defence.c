#include "CSQLiteDefence.h"
#include <sqlite3.h>

int sigilum_sqlite_defend(void *connection) {
    sqlite3 *db = connection;
    int result = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
    if (result == SQLITE_OK) result = sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
    if (result == SQLITE_OK) result = sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)0);
    if (result == SQLITE_OK) result = sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, (int *)0);
    return result;
}

int sigilum_sqlite_keep_wal(void *connection) {
    return sqlite3_db_config((sqlite3 *)connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

int sigilum_sqlite_is_read_only(void *connection) { return sqlite3_db_readonly((sqlite3 *)connection, "main"); }

const char *sigilum_sqlite_version(void) { return sqlite3_libversion(); }
