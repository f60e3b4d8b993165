/* What `sigilum vault import FILE --format env` and `sigilum vault verify` do with the rows of a vault, by libsodium and
 * SQLite alone, as floor.c does it for one entry.
 *
 *     bulk import HOME FILE.env    every line NAME=value into a vault without entries
 *     bulk verify HOME             proves every row
 *
 * `import` seals each value and its overview, with their commitments, fingerprint, digest and history; appends one record to
 * the log for each; builds the tree in one pass; all of it in one transaction with a full sync, after which the log of
 * writes is copied into the file, as the program does. `verify` opens what `import` sealed: the tree from its top, each
 * overview and each value, the whole log, the number of rows; then it asks SQLite. `sigilum vault verify` accepts
 * what the one wrote, and the other accepts what the program wrote.
 *
 *     cc -O2 -o bulk bulk.c -lsodium -lsqlite3
 */
#define PROGRAM "bulk"
#include "vault.h"

static int by_tag(const void *left, const void *right) { return memcmp(left, right, 16); }

/* ---- import ------------------------------------------------------------------------------------------------------ */

typedef struct {
    char *name;
    u8 *value;
    size_t n;
} line;

/* What the tree is made of: the first member is what they are sorted by. */
typedef struct {
    u8 tag[16], hash[32];
    bytes row;
} leaf;

static int by_name(const void *left, const void *right) { return strcmp(((const line *)left)->name, ((const line *)right)->name); }

/* Names and values, in the order of the names. The file is read into guarded memory, and the values stay there. */
static line *read_lines(const char *path, size_t *count) {
    struct stat status;
    int file = open(path, O_RDONLY);
    NEED(file >= 0 && !fstat(file, &status));
    size_t size = (size_t)status.st_size, room = 1024;
    u8 *text = sodium_malloc(size + 1);
    NEED(text);
    for (size_t n = 0; n < size;) {
        ssize_t got = read(file, text + n, size - n);
        NEED(got > 0);
        n += (size_t)got;
    }
    close(file);
    line *lines = malloc(room * sizeof *lines);
    *count = 0;
    for (u8 *at = text, *end; at < text + size; at = end + 1) {
        end = memchr(at, '\n', (size_t)(text + size - at));
        if (!end) end = text + size;
        u8 *sign = memchr(at, '=', (size_t)(end - at));
        NEED(sign && sign > at && sign + 1 < end);
        if (*count == room) lines = realloc(lines, (room *= 2) * sizeof *lines);
        NEED(lines);
        lines[(*count)++] = (line){strndup((char *)at, (size_t)(sign - at)), sign + 1, (size_t)(end - sign - 1)};
    }
    qsort(lines, *count, sizeof *lines, by_name);
    for (size_t i = 1; i < *count; i++) NEED(strcmp(lines[i - 1].name, lines[i].name));
    return lines;
}

/* Seals one value and writes its body; the entry's row is kept for the tree. */
static leaf store(const line *given, uint64_t time, u8 *padded, u8 id[16]) {
    static buffer data, row, overview, message;
    u8 key[20], digest_now[32], print[32], zeros[32] = {0};
    leaf new;
    make_tag(given->name, new.tag);
    randombytes_buf(id, 16);
    memcpy(key, id, 16);
    big(key + 16, 1, 4);
    row.n = 0;
    add_number(&row, time, 8);
    add(&row, "\0", 1);
    body_bound(&data, key, row.at);
    size_t n = pad(padded, given->value, given->n);
    seal_committed(k_bodies, &data, padded, n, &row);
    sodium_memzero(padded, n);
    set_row("body", key, 20, row.at, row.n);
    body_digest(key, row.at, row.n, digest_now);
    derive(k_prints, "fingerprint", NULL, given->value, given->n, print, 32);

    overview.n = 0;
    add(&overview, "\1", 1);
    add_number(&overview, 6, 2);
    u8 eight[8];
    little(eight, time, 8);
    add_field(&overview, "created", eight, 8);
    add_field(&overview, "deliveries", "", 0);
    add_field(&overview, "fingerprint", print, 32);
    add_field(&overview, "name", given->name, strlen(given->name));
    add_field(&overview, "prefix", "", 0);
    add_field(&overview, "updated", eight, 8);

    message.n = 0;
    add(&message, zeros, 32);
    add(&message, "\0\0\0\1", 4);
    add(&message, digest_now, 32);
    row.n = 0;
    add(&row, id, 16);
    add_number(&row, 1, 8);
    add_number(&row, 1, 4);
    add_number(&row, 1, 4);
    add(&row, digest_now, 32);
    hash(k_state, "history", &message, row.at + row.n);
    row.n += 32;
    overview_bound(&data, new.tag, row.at);
    u8 open[4 + 1024];
    seal_committed(k_overviews, &data, open, pad(open, overview.at, overview.n), &row);
    new.row = (bytes){malloc(row.n), row.n};
    NEED(new.row.at);
    memcpy(new.row.at, row.at, row.n);
    entry_hash(new.tag, row.at, row.n, new.hash);
    return new;
}

/* Writes the rows of the tree below some digits; answers its hash. */
static void build(u8 digits[3], int level, const leaf *leaves, size_t count, u8 out[32]) {
    u8 row[8 + 64 * 32] = {0}, key[4] = {(u8)level};
    if (level == 3) {
        static buffer bucket;
        bucket.n = 0;
        for (size_t i = 0; i < count; i++) {
            add(&bucket, leaves[i].tag, 16);
            add(&bucket, leaves[i].hash, 32);
        }
        set_row("bucket", digits, 3, bucket.at, bucket.n);
        node_hash("bucket", digits, 3, bucket.at, bucket.n, out);
        return;
    }
    uint64_t bitmap = 0;
    size_t n = 8;
    for (size_t i = 0, end; i < count; i = end) {
        u8 first[3], next[3];
        make_digits(leaves[i].tag, first);
        for (end = i + 1; end < count; end++) {
            make_digits(leaves[end].tag, next);
            if (next[level] != first[level]) break;
        }
        digits[level] = first[level];
        bitmap |= (uint64_t)1 << first[level];
        build(digits, level + 1, leaves + i, end - i, row + n);
        n += 32;
    }
    little(row, bitmap, 8);
    memcpy(key + 1, digits, (size_t)level);
    set_row("node", key, 1 + level, row, n);
    node_hash("node", digits, level, row, n, out);
}

static void import(const char *path) {
    size_t count;
    line *lines = read_lines(path, &count);
    NEED(count > 0 && number(head + COUNT, 8) == 0);
    leaf *leaves = malloc(count * sizeof *leaves);
    u8 *padded = sodium_malloc(4 + 65536), audit_key[32], digits[3], id[16];
    NEED(leaves && padded);
    uint64_t time = now();
    open_audit_key(audit_key);
    little(head + GENERATION, number(head + GENERATION, 8) + 1, 8);
    for (size_t i = 0; i < count; i++) {
        leaves[i] = store(&lines[i], time, padded, id);
        append(audit_key, 2, id, lines[i].name, "origin", "given", 1);
    }
    qsort(leaves, count, sizeof *leaves, by_tag);
    for (size_t i = 0; i < count; i++) set_row("entry", leaves[i].tag, 16, leaves[i].row.at, leaves[i].row.n);
    build(digits, 0, leaves, count, head + TOP);
    little(head + COUNT, count, 8);
    commit(audit_key);
    raise_anchor(1);
    run("PRAGMA wal_checkpoint(TRUNCATE)");
}

/* ---- verify ------------------------------------------------------------------------------------------------------ */

static struct {
    uint64_t nodes, buckets, entries, bodies, records;
} seen;

/* The content of padded bytes, which are zeros behind it. */
static bytes unpadded(bytes padded) {
    bytes content = {padded.at + 4, number(padded.at, 4)};
    NEED(padded.n == 260 || padded.n == 1028 || padded.n == 4100 || padded.n == 16388 || padded.n == 65540);
    NEED(content.n <= padded.n - 4 && (padded.n == 260 || content.n > 256));
    u8 rest = 0;
    for (u8 *at = content.at + content.n; at < padded.at + padded.n; at++) rest |= *at;
    NEED(!rest);
    return content;
}

/* Field by field, the names ascending. */
static void check_fields(bytes fields) {
    u8 *at = fields.at + 2, *end = fields.at + fields.n, *last = NULL;
    for (uint64_t left = number(fields.at, 2); left > 0; left--) {
        NEED(at < end && at + 1 + *at + 4 <= end);
        if (last) {
            int order = memcmp(last + 1, at + 1, *last < *at ? *last : *at);
            NEED(order < 0 || (order == 0 && *last < *at));
        }
        last = at;
        uint64_t n = number(at + 1 + *at, 4);
        NEED(n <= (size_t)(end - at - 5 - *at));
        at += 1 + *at + 4 + n;
    }
    NEED(at == end);
}

static void verify_body(const u8 *entry, uint32_t version, u8 history[32], const u8 *print, u8 *guarded) {
    static buffer data, message;
    u8 key[20], digest_now[32], result[32];
    memcpy(key, entry, 16);
    big(key + 16, version, 4);
    bytes row = get_row("body", key, 20);
    body_digest(key, row.at, row.n, digest_now);
    message.n = 0;
    add(&message, history, 32);
    add(&message, key + 16, 4);
    add(&message, digest_now, 32);
    hash(k_state, "history", &message, history);
    body_bound(&data, key, row.at);
    const u8 *nonce = row.at + 9, *sealed = nonce + 24;
    NEED(row.n > 9 + 24 + 16 + 32);
    size_t size = row.n - 9 - 24 - 32;
    commit_to(&data, nonce, sealed, size, result);
    NEED(same(result, sealed + size, 32));
    NEED(!crypto_aead_xchacha20poly1305_ietf_decrypt(guarded, NULL, NULL, sealed, size, data.at, data.n, nonce, k_bodies));
    if (print) {
        bytes value = unpadded((bytes){guarded, size - 16});
        NEED(same(digest_now, entry + BODY_DIGEST, 32));
        derive(k_prints, "fingerprint", NULL, value.at, value.n, result, 32);
        NEED(same(result, print, 32));
    }
    sodium_memzero(guarded, size - 16);
    free(row.at);
    seen.bodies++;
}

static void verify_entry(const u8 *item, u8 *guarded) {
    static buffer data;
    u8 result[32], tag[16], history[32] = {0};
    char name[201] = {0};
    bytes row = get_row("entry", item, 16);
    entry_hash(item, row.at, row.n, result);
    NEED(same(result, item + 16, 32) && row.n > OVERVIEW);
    overview_bound(&data, item, row.at);
    bytes padded = open_committed(k_overviews, &data, row.at + OVERVIEW, row.n - OVERVIEW), overview = unpadded(padded);
    seen.entries++;
    if (overview.at[0] == 1) {
        check_fields((bytes){overview.at + 1, overview.n - 1});
        size_t n = field_length(padded, "name");
        NEED(n > 0 && n <= 200);
        memcpy(name, field(padded, "name", n), n);
        make_tag(name, tag);
        NEED(same(tag, item, 16));
        uint32_t first = (uint32_t)number(row.at + FIRST, 4), current = (uint32_t)number(row.at + CURRENT, 4);
        NEED(first > 0 && first <= current);
        for (uint32_t version = first; version <= current; version++)
            verify_body(row.at, version, history, version == current ? field(padded, "fingerprint", 32) : NULL, guarded);
        NEED(same(history, row.at + HISTORY, 32));
    }
    free(padded.at);
    free(row.at);
}

static void verify_tree(u8 digits[3], int level, const u8 *expected, u8 *guarded) {
    u8 key[4] = {(u8)level}, result[32];
    memcpy(key + 1, digits, (size_t)level);
    bytes row = level == 3 ? get_row("bucket", digits, 3) : get_row("node", key, 1 + level);
    node_hash(level == 3 ? "bucket" : "node", digits, level, row.at, row.n, result);
    NEED(same(result, expected, 32));
    if (level == 3) {
        seen.buckets++;
        NEED(row.n > 0 && row.n % 48 == 0);
        for (size_t i = 0; i < row.n; i += 48) {
            u8 path[3];
            make_digits(row.at + i, path);
            NEED(!memcmp(path, digits, 3) && (i == 0 || memcmp(row.at + i - 48, row.at + i, 16) < 0));
            verify_entry(row.at + i, guarded);
        }
    } else {
        seen.nodes++;
        uint64_t bitmap = number(row.at, 8);
        NEED(bitmap && row.n == 8 + 32 * (size_t)__builtin_popcountll(bitmap));
        const u8 *child = row.at + 8;
        for (u8 digit = 0; digit < 64; digit++) {
            if (!(bitmap >> digit & 1)) continue;
            digits[level] = digit;
            verify_tree(digits, level + 1, child, guarded);
            child += 32;
        }
    }
    free(row.at);
}

static void verify_log(void) {
    static buffer data, message;
    static u8 opened[70000];
    u8 chain[32], place[8];
    begin_bound(&data);
    hash(k_state, "audit start", &data, chain);
    sqlite3_stmt *query;
    NEED(sqlite3_prepare_v2(db, "SELECT key, value FROM audit ORDER BY key", -1, &query, NULL) == SQLITE_OK);
    while (sqlite3_step(query) == SQLITE_ROW) {
        const u8 *key = sqlite3_column_blob(query, 0), *row = sqlite3_column_blob(query, 1);
        size_t n = (size_t)sqlite3_column_bytes(query, 1);
        big(place, ++seen.records, 8);
        NEED(sqlite3_column_bytes(query, 0) == 8 && !memcmp(key, place, 8) && n > 66 + 16 && n < sizeof opened);
        begin_bound(&data);
        part(&data, "audit", 5);
        part(&data, place, 8);
        part(&data, row, 42);
        NEED(!crypto_aead_xchacha20poly1305_ietf_decrypt(opened, NULL, NULL, row + 66, n - 66, data.at, data.n, row + 42, k_audit));
        check_fields(unpadded((bytes){opened, n - 66 - 16}));
        message.n = 0;
        add(&message, chain, 32);
        add(&message, place, 8);
        add(&message, row, n);
        hash(k_state, "audit", &message, chain);
    }
    sqlite3_finalize(query);
    NEED(seen.records == number(head + SEQUENCE, 8) && same(chain, head + CHAIN, 32));
}

static uint64_t count(const char *table) {
    char sql[80];
    sqlite3_stmt *query;
    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM %s", table);
    NEED(sqlite3_prepare_v2(db, sql, -1, &query, NULL) == SQLITE_OK && sqlite3_step(query) == SQLITE_ROW);
    uint64_t rows = (uint64_t)sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    return rows;
}

static void verify(void) {
    u8 digits[3], *guarded = sodium_malloc(70000);
    NEED(guarded);
    if (number(head + COUNT, 8)) verify_tree(digits, 0, head + TOP, guarded);
    NEED(seen.entries == number(head + COUNT, 8));
    verify_log();
    NEED(count("node") == seen.nodes && count("bucket") == seen.buckets && count("entry") == seen.entries);
    NEED(count("body") == seen.bodies && count("audit") == seen.records);
    sqlite3_stmt *query;
    NEED(sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &query, NULL) == SQLITE_OK && sqlite3_step(query) == SQLITE_ROW);
    NEED(!strcmp((const char *)sqlite3_column_text(query, 0), "ok"));
    sqlite3_finalize(query);
    run("COMMIT");
    printf("%llu entries, %llu versions, %llu records of the log\n", (unsigned long long)seen.entries,
           (unsigned long long)seen.bodies, (unsigned long long)seen.records);
}

int main(int words, char **word) {
    NEED(words >= 3 && sodium_init() >= 0);
    int imports = !strcmp(word[1], "import");
    NEED(words == (imports ? 4 : 3) && (imports || !strcmp(word[1], "verify")));
    open_vault(word[2]);
    check_anchor(word[2]);
    if (imports) import(word[3]);
    else verify();
    return 0;
}
