/* What the programs in this folder share: the parts of a vault as docs/format.md says, by libsodium and SQLite alone. Whoever
 * includes it says who is written into the log: PROGRAM. Anything unexpected ends the program with 1. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef unsigned char u8;

#define FAIL() fail(__LINE__)
#define NEED(condition) \
    do { \
        if (!(condition)) FAIL(); \
    } while (0)

static void fail(int line) {
    fprintf(stderr, "line %d\n", line);
    exit(1);
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

typedef struct {
    u8 *at;
    size_t n;
} bytes;

static void little(u8 *out, uint64_t value, int width) {
    for (int i = 0; i < width; i++) out[i] = (u8)(value >> (8 * i));
}

static void big(u8 *out, uint64_t value, int width) {
    for (int i = 0; i < width; i++) out[i] = (u8)(value >> (8 * (width - 1 - i)));
}

static uint64_t number(const u8 *at, int width) {
    uint64_t value = 0;
    for (int i = 0; i < width; i++) value |= (uint64_t)at[i] << (8 * i);
    return value;
}

/* A buffer that is added to. */
typedef struct {
    u8 at[70000];
    size_t n;
} buffer;

static void add(buffer *out, const void *at, size_t n) {
    NEED(out->n + n <= sizeof out->at);
    memcpy(out->at + out->n, at, n);
    out->n += n;
}

static void add_number(buffer *out, uint64_t value, int width) {
    u8 bytes[8];
    little(bytes, value, width);
    add(out, bytes, (size_t)width);
}

static void add_framed(buffer *out, const void *at, size_t n) {
    add_number(out, n, 4);
    add(out, at, n);
}

/* ---- hashing ----------------------------------------------------------------------------------------------------- */

static void derive(const u8 key[32], const char *purpose, const u8 *salt, const u8 *message, size_t n, u8 *out, size_t size) {
    u8 personal[16] = {0}, zeros[16] = {0};
    memcpy(personal, purpose, strlen(purpose));
    NEED(!crypto_generichash_blake2b_salt_personal(out, size, message, n, key, 32, salt ? salt : zeros, personal));
}

static void hash(const u8 key[32], const char *purpose, const buffer *message, u8 out[32]) {
    derive(key, purpose, NULL, message->at, message->n, out, 32);
}

static void digest(const u8 *message, size_t n, u8 out[32]) { NEED(!crypto_generichash_blake2b(out, 32, message, n, NULL, 0)); }

static int same(const u8 *left, const u8 *right, size_t n) { return sodium_memcmp(left, right, n) == 0; }

/* ---- the store --------------------------------------------------------------------------------------------------- */

static sqlite3 *db;

static void run(const char *sql) { NEED(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK); }

static bytes copy(sqlite3_stmt *row, int column) {
    bytes value = {.n = (size_t)sqlite3_column_bytes(row, column)};
    value.at = malloc(value.n + 1);
    NEED(value.at);
    memcpy(value.at, sqlite3_column_blob(row, column), value.n);
    return value;
}

/* A statement, prepared once. */
static sqlite3_stmt *prepared(const char *format, const char *table) {
    static struct {
        const char *format, *table;
        sqlite3_stmt *statement;
    } known[20];
    int i = 0;
    while (known[i].format && (known[i].format != format || strcmp(known[i].table, table))) i++;
    NEED(i < 19);
    if (!known[i].format) {
        char sql[160];
        snprintf(sql, sizeof sql, format, table);
        NEED(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &known[i].statement, NULL) == SQLITE_OK);
        known[i].format = format;
        known[i].table = table;
    }
    return known[i].statement;
}

static const char get_sql[] = "SELECT value FROM %s WHERE key = ?";
static const char set_sql[] = "INSERT INTO %s (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value";

static bytes get_row(const char *table, const u8 *key, int n) {
    sqlite3_stmt *query = prepared(get_sql, table);
    sqlite3_bind_blob(query, 1, key, n, SQLITE_STATIC);
    NEED(sqlite3_step(query) == SQLITE_ROW);
    bytes value = copy(query, 0);
    sqlite3_reset(query);
    return value;
}

static void set_row(const char *table, const u8 *key, int n, const u8 *value, size_t size) {
    sqlite3_stmt *query = prepared(set_sql, table);
    sqlite3_bind_blob(query, 1, key, n, SQLITE_STATIC);
    sqlite3_bind_blob(query, 2, value, (int)size, SQLITE_STATIC);
    NEED(sqlite3_step(query) == SQLITE_DONE);
    sqlite3_reset(query);
}

/* ---- the vault --------------------------------------------------------------------------------------------------- */

static u8 vault_id[16], epoch[4];
static u8 k_names[32], k_state[32], k_overviews[32], k_bodies[32], k_commit[32], k_prints[32], k_audit[32], k_ratchet[32];

/* The head's places. */
enum { GENERATION = 24, COUNT = 32, TOP = 40, SLOTS = 72, SEQUENCE = 104, TIME = 112, CHAIN = 120, MAC = 152, NONCE = 184, KEY = 208, HEAD_MAC = 256, HEAD = 288 };

static u8 head[HEAD];

static void begin_bound(buffer *out) {
    static const u8 format_and_suite[4] = {1, 0, 1, 0};
    out->n = 0;
    add(out, format_and_suite, 4);
    add(out, vault_id, 16);
    add(out, epoch, 4);
    add_framed(out, "", 0);
    out->n -= 4;
}

static void part(buffer *out, const void *at, size_t n) { add_framed(out, at, n); }

static void commit_to(const buffer *data, const u8 nonce[24], const u8 *sealed, size_t n, u8 out[32]) {
    static buffer message;
    message.n = 0;
    add_framed(&message, data->at, data->n);
    add(&message, nonce, 24);
    add(&message, sealed, n);
    hash(k_commit, "commitment", &message, out);
}

/* nonce, sealed bytes and commitment, opened. */
static bytes open_committed(const u8 key[32], const buffer *data, const u8 *nonce, size_t n) {
    NEED(n > 24 + 16 + 32);
    const u8 *sealed = nonce + 24;
    size_t size = n - 24 - 32;
    u8 commitment[32];
    commit_to(data, nonce, sealed, size, commitment);
    NEED(same(commitment, sealed + size, 32));
    bytes plain = {malloc(size), size - 16};
    NEED(!crypto_aead_xchacha20poly1305_ietf_decrypt(plain.at, NULL, NULL, sealed, size, data->at, data->n, nonce, key));
    return plain;
}

static void seal_committed(const u8 key[32], const buffer *data, const u8 *plain, size_t n, buffer *out) {
    u8 *nonce = out->at + out->n, commitment[32];
    randombytes_buf(nonce, 24);
    out->n += 24;
    unsigned long long size;
    NEED(out->n + n + 16 + 32 <= sizeof out->at);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out->at + out->n, &size, plain, n, data->at, data->n, NULL, nonce, key);
    commit_to(data, nonce, out->at + out->n, size, commitment);
    out->n += size;
    add(out, commitment, 32);
}

static size_t pad(u8 *out, const u8 *content, size_t n) {
    size_t size = n <= 256 ? 256 : n <= 1024 ? 1024 : n <= 4096 ? 4096 : n <= 16384 ? 16384 : 65536;
    NEED(n <= size);
    memset(out, 0, 4 + size);
    little(out, n, 4);
    memcpy(out + 4, content, n);
    return 4 + size;
}

static void open_vault(const char *home) {
    char path[4096], text[65] = {0};
    snprintf(path, sizeof path, "%s/gateway-master-key", home);
    int file = open(path, O_RDONLY);
    NEED(file >= 0 && read(file, text, 64) == 64);
    close(file);
    u8 *root = sodium_malloc(32), *data_key = sodium_malloc(32);
    NEED(root && data_key && !sodium_hex2bin(root, 32, text, 64, NULL, NULL, NULL));

    snprintf(path, sizeof path, "%s/vault.db", home);
    NEED(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    run("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA trusted_schema = OFF");
    run("BEGIN IMMEDIATE");
    sqlite3_stmt *query;
    NEED(sqlite3_prepare_v2(db, "SELECT value FROM head", -1, &query, NULL) == SQLITE_OK && sqlite3_step(query) == SQLITE_ROW);
    NEED(sqlite3_column_bytes(query, 0) == HEAD);
    memcpy(head, sqlite3_column_blob(query, 0), HEAD);
    sqlite3_finalize(query);
    NEED(sqlite3_prepare_v2(db, "SELECT value FROM slot ORDER BY key", -1, &query, NULL) == SQLITE_OK && sqlite3_step(query) == SQLITE_ROW);
    bytes slot = copy(query, 0);
    NEED(sqlite3_step(query) == SQLITE_DONE);
    sqlite3_finalize(query);
    memcpy(vault_id, head + 4, 16);
    memcpy(epoch, head + 20, 4);

    static buffer message;
    u8 result[64];
    message.n = 0;
    add_framed(&message, "\0", 1);
    add_framed(&message, slot.at, slot.n);
    digest(message.at, message.n, result);
    NEED(same(result, head + SLOTS, 32));

    /* header 58, nonce 24, sealed key 48, commitment 32 */
    derive(root, "sigilum1.slot", slot.at + 42, slot.at, 58, result, 64);
    u8 commitment[32];
    message.n = 0;
    add(&message, slot.at, 58 + 24 + 48);
    hash(result + 32, "slot commitment", &message, commitment);
    NEED(same(commitment, slot.at + 130, 32));
    NEED(!crypto_aead_xchacha20poly1305_ietf_decrypt(data_key, NULL, NULL, slot.at + 82, 48, slot.at, 58, slot.at + 58, result));

    u8 scope[20];
    memcpy(scope, vault_id, 16);
    memcpy(scope + 16, epoch, 4);
    const struct {
        const char *purpose;
        u8 *key;
    } keys[] = {{"sigilum1.names", k_names}, {"sigilum1.state", k_state}, {"sigilum1.entries", k_overviews}, {"sigilum1.bodies", k_bodies},
                {"sigilum1.commit", k_commit}, {"sigilum1.prints", k_prints}, {"sigilum1.audit", k_audit}, {"sigilum1.ratchet", k_ratchet}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) derive(data_key, keys[i].purpose, NULL, scope, 20, keys[i].key, 32);
    sodium_free(root);
    sodium_free(data_key);

    message.n = 0;
    add(&message, head, HEAD_MAC);
    hash(k_state, "head", &message, result);
    NEED(same(result, head + HEAD_MAC, 32));
}

/* ---- the tree ---------------------------------------------------------------------------------------------------- */

static void make_tag(const char *name, u8 tag[16]) {
    static buffer message;
    u8 result[32];
    message.n = 0;
    add(&message, "\1", 1);
    add(&message, name, strlen(name));
    hash(k_names, "tag", &message, result);
    memcpy(tag, result, 16);
}

static void make_digits(const u8 tag[16], u8 digits[3]) {
    digits[0] = tag[0] >> 2;
    digits[1] = (u8)((tag[0] & 3) << 4 | tag[1] >> 4);
    digits[2] = (u8)((tag[1] & 15) << 2 | tag[2] >> 6);
}

static void node_hash(const char *purpose, const u8 *digits, int level, const u8 *row, size_t n, u8 out[32]) {
    static buffer message;
    u8 mark = (u8)level;
    message.n = 0;
    add(&message, &mark, 1);
    add(&message, digits, (size_t)level);
    add(&message, row, n);
    hash(k_state, purpose, &message, out);
}

static void entry_hash(const u8 tag[16], const u8 *row, size_t n, u8 out[32]) {
    static buffer message;
    message.n = 0;
    add(&message, tag, 16);
    add(&message, row, n);
    hash(k_state, "entry", &message, out);
}

/* ---- entries ----------------------------------------------------------------------------------------------------- */

/* An entry row's places. */
enum { ID = 0, REVISION = 16, FIRST = 24, CURRENT = 28, BODY_DIGEST = 32, HISTORY = 64, OVERVIEW = 96 };

static void overview_bound(buffer *data, const u8 tag[16], const u8 *entry) {
    u8 revision[8];
    big(revision, number(entry + REVISION, 8), 8);
    begin_bound(data);
    part(data, "overview", 8);
    part(data, tag, 16);
    part(data, entry, 16);
    part(data, revision, 8);
}

static void body_bound(buffer *data, const u8 key[20], const u8 *row) {
    u8 time[8];
    big(time, number(row, 8), 8);
    begin_bound(data);
    part(data, "value", 5);
    part(data, key, 16);
    part(data, key + 16, 4);
    part(data, time, 8);
    part(data, row + 8, 1);
}

static void body_digest(const u8 key[20], const u8 *row, size_t n, u8 out[32]) {
    static buffer message;
    message.n = 0;
    add(&message, key, 20);
    add(&message, row, n);
    hash(k_state, "body", &message, out);
}

/* The field of an overview, padded: class, count, then name and value of each. */
static u8 *find_field(bytes overview, const char *name, size_t *size) {
    u8 *at = overview.at + 4 + 1, *end = overview.at + 4 + number(overview.at, 4);
    for (at += 2; at < end;) {
        size_t n = *at, value = number(at + 1 + n, 4);
        if (n == strlen(name) && !memcmp(at + 1, name, n)) {
            *size = value;
            return at + 1 + n + 4;
        }
        at += 1 + n + 4 + value;
    }
    FAIL();
    return NULL;
}

static inline u8 *field(bytes overview, const char *name, size_t size) {
    size_t found;
    u8 *at = find_field(overview, name, &found);
    NEED(found == size);
    return at;
}

static inline size_t field_length(bytes overview, const char *name) {
    size_t found;
    find_field(overview, name, &found);
    return found;
}

/* ---- the log ----------------------------------------------------------------------------------------------------- */

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    uint64_t milliseconds = (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
    return milliseconds > number(head + TIME, 8) ? milliseconds : number(head + TIME, 8);
}

static void add_field(buffer *out, const char *name, const void *value, size_t n) {
    add_number(out, strlen(name), 1);
    add(out, name, strlen(name));
    add_number(out, n, 4);
    add(out, value, n);
}

static void open_audit_key(u8 key[32]) {
    static buffer data;
    u8 last[8];
    big(last, number(head + SEQUENCE, 8), 8);
    begin_bound(&data);
    part(&data, "audit key", 9);
    part(&data, last, 8);
    NEED(!crypto_aead_xchacha20poly1305_ietf_decrypt(key, NULL, NULL, head + KEY, 48, data.at, data.n, head + NONCE, k_ratchet));
}

/* Adds a row of the entry with that id, and ratchets the key. */
static void append(u8 key[32], int operation, const u8 id[16], const char *name, const char *fact, const char *value, uint32_t version) {
    static buffer data, fields, row, message;
    u8 place[8], proof[32], padded[4 + 1024];
    char digits_of_version[12];
    snprintf(digits_of_version, sizeof digits_of_version, "%u", version);
    uint64_t sequence = number(head + SEQUENCE, 8) + 1, time = now();
    big(place, sequence, 8);
    row.n = 0;
    add_number(&row, time, 8);
    add_number(&row, (uint64_t)operation, 2);
    add_number(&row, getuid(), 4);
    add_number(&row, (uint64_t)getpid(), 4);
    add(&row, id, 16);
    add(&row, head + GENERATION, 8);
    begin_bound(&data);
    part(&data, "audit", 5);
    part(&data, place, 8);
    part(&data, row.at, 42);
    u8 nonce[24];
    randombytes_buf(nonce, 24);
    add(&row, nonce, 24);

    /* Fields in the order of their names, first without the proof, then with it. */
    for (int with_proof = 0; with_proof < 2; with_proof++) {
        fields.n = 0;
        add_number(&fields, 4 + (uint64_t)with_proof, 2);
        int is_early = strcmp(fact, "program") < 0;
        add_field(&fields, "name", name, strlen(name));
        if (is_early) add_field(&fields, fact, value, strlen(value));
        add_field(&fields, "program", PROGRAM, strlen(PROGRAM));
        if (with_proof) add_field(&fields, "proof", proof, 16);
        if (!is_early) add_field(&fields, fact, value, strlen(value));
        add_field(&fields, "version", digits_of_version, strlen(digits_of_version));
        if (with_proof) break;
        message.n = 0;
        add(&message, head + MAC, 32);
        add(&message, place, 8);
        add(&message, row.at, 66);
        add(&message, fields.at, fields.n);
        hash(key, "audit proof", &message, proof);
    }
    NEED(fields.n <= 1024);
    size_t n = pad(padded, fields.at, fields.n);
    unsigned long long size;
    crypto_aead_xchacha20poly1305_ietf_encrypt(row.at + row.n, &size, padded, n, data.at, data.n, NULL, nonce, k_audit);
    row.n += size;

    message.n = 0;
    add(&message, head + CHAIN, 32);
    add(&message, place, 8);
    add(&message, row.at, row.n);
    u8 chain[32];
    hash(k_state, "audit", &message, chain);
    memcpy(message.at, head + MAC, 32);
    u8 mac[32], next[32];
    hash(key, "audit mac", &message, mac);
    derive(key, "audit ratchet", NULL, NULL, 0, next, 32);
    memcpy(head + CHAIN, chain, 32);
    memcpy(head + MAC, mac, 32);
    little(head + SEQUENCE, sequence, 8);
    little(head + TIME, time, 8);
    memcpy(key, next, 32);
    sodium_memzero(next, 32);
    set_row("audit", place, 8, row.at, row.n);
}

/* Writes the head with the key for the next row, and commits. */
static void commit(u8 key[32]) {
    static buffer data, message;
    u8 place[8];
    big(place, number(head + SEQUENCE, 8), 8);
    begin_bound(&data);
    part(&data, "audit key", 9);
    part(&data, place, 8);
    randombytes_buf(head + NONCE, 24);
    crypto_aead_xchacha20poly1305_ietf_encrypt(head + KEY, NULL, key, 32, data.at, data.n, NULL, head + NONCE, k_ratchet);
    sodium_memzero(key, 32);
    message.n = 0;
    add(&message, head, HEAD_MAC);
    hash(k_state, "head", &message, head + HEAD_MAC);
    sqlite3_stmt *query;
    NEED(sqlite3_prepare_v2(db, "UPDATE head SET value = ?", -1, &query, NULL) == SQLITE_OK);
    sqlite3_bind_blob(query, 1, head, HEAD, SQLITE_STATIC);
    NEED(sqlite3_step(query) == SQLITE_DONE);
    sqlite3_finalize(query);
    run("COMMIT");
}

/* ---- the anchor -------------------------------------------------------------------------------------------------- */

static char anchor_path[4200], vault_path[4096];

static void check_anchor(const char *home) {
    char text[8192] = {0}, hex[65], *line;
    const char *state = getenv("XDG_STATE_HOME");
    snprintf(text, sizeof text, "%s/vault.db", home);
    NEED(realpath(text, vault_path));
    u8 name[32];
    digest((u8 *)vault_path, strlen(vault_path), name);
    sodium_bin2hex(hex, sizeof hex, name, 32);
    snprintf(anchor_path, sizeof anchor_path, "%s%s/sigilum/anchors/%s", state ? state : getenv("HOME"), state ? "" : "/.local/state", hex);
    int file = open(anchor_path, O_RDONLY);
    NEED(file >= 0);
    ssize_t n = read(file, text, sizeof text - 1);
    NEED(n > 0);
    text[n] = 0;
    close(file);
    sodium_bin2hex(hex, sizeof hex, vault_id, 16);
    NEED((line = strstr(text, "vault-id ")) && !memcmp(line + 9, hex, 32));
    NEED((line = strstr(text, "audit-sequence ")) && strtoull(line + 15, NULL, 10) <= number(head + SEQUENCE, 8));
    if (strtoull(line + 15, NULL, 10) < number(head + SEQUENCE, 8)) return;
    sodium_bin2hex(hex, sizeof hex, head + CHAIN, 32);
    NEED((line = strstr(text, "audit-head ")) && !memcmp(line + 11, hex, 64));
}

static void raise_anchor(int durably) {
    char text[8192], temporary[4300], id[33], chain[65];
    sodium_bin2hex(id, sizeof id, vault_id, 16);
    sodium_bin2hex(chain, sizeof chain, head + CHAIN, 32);
    int n = snprintf(text, sizeof text, "sigilum anchor 1\nvault-path %s\nvault-id %s\ngeneration %llu\naudit-sequence %llu\naudit-head %s\n", vault_path, id,
                     (unsigned long long)number(head + GENERATION, 8), (unsigned long long)number(head + SEQUENCE, 8), chain);
    snprintf(temporary, sizeof temporary, "%s.%d", anchor_path, getpid());
    int file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    NEED(file >= 0 && write(file, text, (size_t)n) == n);
    if (durably) NEED(!fsync(file));
    close(file);
    NEED(!rename(temporary, anchor_path));
}
