/* The floor: what `sigilum vault get` and `put` do with the rows of a vault, by libsodium and SQLite alone.
 *
 *     floor get HOME NAME            prints the value, after its release was recorded
 *     floor put HOME NAME < VALUE    a new version of an entry that is there
 *
 * It reads and writes real vaults, as docs/format.md says, with a random key in HOME/gateway-master-key: head, slot, the
 * path of the tree, entry and body are proven, the audit row is committed with a full sync before the value is printed, and
 * the anchor is compared and replaced. `sigilum vault verify` accepts what it wrote, which shows that
 * it did the work. What it leaves out is what a program owes its user besides: no permissions, no settings, no other
 * process's lock beside SQLite's, no message that helps. It is not a tool: anything unexpected ends it with 1.
 *
 *     cc -O2 -o floor floor.c -lsodium -lsqlite3
 */
#define PROGRAM "floor"
#include "vault.h"

/* ---- the tree ---------------------------------------------------------------------------------------------------- */

static u8 tag[16], digits[3];
static bytes nodes[3], bucket, entry;
static size_t place_in_node[3], place_in_bucket;

static void rehash(u8 out[32]) { entry_hash(tag, entry.at, entry.n, out); }

static void find(const char *name) {
    u8 result[32], key[4];
    make_tag(name, tag);
    make_digits(tag, digits);

    const u8 *expected = head + TOP;
    for (int level = 0; level < 3; level++) {
        key[0] = (u8)level;
        memcpy(key + 1, digits, (size_t)level);
        nodes[level] = get_row("node", key, 1 + level);
        node_hash("node", digits, level, nodes[level].at, nodes[level].n, result);
        NEED(same(result, expected, 32));
        uint64_t bitmap = number(nodes[level].at, 8), bit = (uint64_t)1 << digits[level];
        NEED(bitmap & bit);
        place_in_node[level] = 8 + 32 * (size_t)__builtin_popcountll(bitmap & (bit - 1));
        expected = nodes[level].at + place_in_node[level];
    }
    bucket = get_row("bucket", digits, 3);
    node_hash("bucket", digits, 3, bucket.at, bucket.n, result);
    NEED(same(result, expected, 32));
    for (place_in_bucket = 0; place_in_bucket < bucket.n && !same(bucket.at + place_in_bucket, tag, 16);) place_in_bucket += 48;
    NEED(place_in_bucket < bucket.n);
    entry = get_row("entry", tag, 16);
    rehash(result);
    NEED(same(result, bucket.at + place_in_bucket + 16, 32));
}

/* The path from the entry up to the head. */
static void rewrite(void) {
    set_row("entry", tag, 16, entry.at, entry.n);
    rehash(bucket.at + place_in_bucket + 16);
    set_row("bucket", digits, 3, bucket.at, bucket.n);
    node_hash("bucket", digits, 3, bucket.at, bucket.n, nodes[2].at + place_in_node[2]);
    for (int level = 2; level >= 0; level--) {
        u8 key[4] = {(u8)level};
        memcpy(key + 1, digits, (size_t)level);
        set_row("node", key, 1 + level, nodes[level].at, nodes[level].n);
        node_hash("node", digits, level, nodes[level].at, nodes[level].n, level ? nodes[level - 1].at + place_in_node[level - 1] : head + TOP);
    }
    little(head + GENERATION, number(head + GENERATION, 8) + 1, 8);
}

/* ---- entries -------------------------------------------------------------------------------------------------------- */

static bytes open_overview(void) {
    static buffer data;
    overview_bound(&data, tag, entry.at);
    return open_committed(k_overviews, &data, entry.at + OVERVIEW, entry.n - OVERVIEW);
}

static bytes open_body(void) {
    static buffer data;
    u8 key[20], result[32];
    memcpy(key, entry.at, 16);
    big(key + 16, number(entry.at + CURRENT, 4), 4);
    bytes row = get_row("body", key, 20);
    body_digest(key, row.at, row.n, result);
    NEED(same(result, entry.at + BODY_DIGEST, 32));
    body_bound(&data, key, row.at);
    bytes padded = open_committed(k_bodies, &data, row.at + 9, row.n - 9);
    bytes value = {padded.at + 4, number(padded.at, 4)};
    NEED(value.n <= padded.n - 4);
    return value;
}

/* One row of the log, and the head. */
static void record(int operation, const char *name, const char *fact, const char *value, uint32_t version) {
    u8 key[32];
    open_audit_key(key);
    append(key, operation, entry.at, name, fact, value, version);
    commit(key);
}

/* ---- get and put ------------------------------------------------------------------------------------------------- */

static void put(const char *name, const u8 *value, size_t n) {
    static buffer data, row, message;
    static u8 padded[4 + 65536];
    uint64_t time = now();
    uint32_t version = (uint32_t)number(entry.at + CURRENT, 4) + 1;
    u8 key[20], digest_now[32];
    memcpy(key, entry.at, 16);
    big(key + 16, version, 4);
    row.n = 0;
    add_number(&row, time, 8);
    add(&row, "\0", 1);
    body_bound(&data, key, row.at);
    seal_committed(k_bodies, &data, padded, pad(padded, value, n), &row);
    set_row("body", key, 20, row.at, row.n);
    body_digest(key, row.at, row.n, digest_now);

    bytes overview = open_overview();
    u8 version_big[4];
    big(version_big, version, 4);
    message.n = 0;
    add(&message, value, n);
    hash(k_prints, "fingerprint", &message, field(overview, "fingerprint", 32));
    little(field(overview, "updated", 8), time, 8);
    message.n = 0;
    add(&message, entry.at + HISTORY, 32);
    add(&message, version_big, 4);
    add(&message, digest_now, 32);
    hash(k_state, "history", &message, entry.at + HISTORY);
    memcpy(entry.at + BODY_DIGEST, digest_now, 32);
    little(entry.at + CURRENT, version, 4);
    little(entry.at + REVISION, number(entry.at + REVISION, 8) + 1, 8);
    overview_bound(&data, tag, entry.at);
    row.n = 0;
    seal_committed(k_overviews, &data, overview.at, overview.n, &row);
    NEED(row.n == entry.n - OVERVIEW);
    memcpy(entry.at + OVERVIEW, row.at, row.n);
    rewrite();
    record(2, name, "origin", "given", version);
}

int main(int count, char **words) {
    NEED(count == 4 && sodium_init() >= 0);
    const char *command = words[1], *home = words[2], *name = words[3];
    static u8 value[16385];
    ssize_t n = 0;
    if (!strcmp(command, "put")) NEED((n = read(0, value, sizeof value)) >= 0);
    open_vault(home);
    check_anchor(home);
    find(name);
    if (!strcmp(command, "put")) {
        put(name, value, (size_t)n);
        raise_anchor(1);
    } else {
        free(open_overview().at);
        bytes opened = open_body();
        record(3, name, "purpose", "show", (uint32_t)number(entry.at + CURRENT, 4));
        raise_anchor(0);
        NEED(write(1, opened.at, opened.n) == (ssize_t)opened.n && write(1, "\n", 1) == 1);
    }
    return 0;
}
