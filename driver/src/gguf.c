/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a GGUF: maps the file and walks its structure once, checking every length, count and offset against
 * the file's size before it is used or allocated for. Layout: magic, version, counts, metadata, tensor list,
 * padding, data. */
#define _DEFAULT_SOURCE /* madvise */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gguf_priv.h"
#include "msg.h"

/* The shortest possible entries; a count that needs more bytes than the file has is refused before any
 * allocation. */
#define KV_MIN_BYTES (8 + 1 + 4 + 1)         /* key length, key, type, value */
#define TENSOR_MIN_BYTES (8 + 1 + 4 + 4 + 8) /* name length, name, dimensions, type, offset */
#define KEY_MAX 65535                        /* by the GGUF specification */

#define ADVICE "the file is damaged or incomplete; download or convert it again"

/* A position in the file. pos <= len always holds, so that left() cannot wrap; every read compares what it
 * wants with left(), never pos + size with len, since such a sum may wrap. */
struct cursor {
    const uint8_t *buf;
    size_t len, pos;
    struct quin_msg *msg;
};

static size_t left(const struct cursor *c)
{
    return c->len - c->pos;
}

static enum quin_err truncated(const struct cursor *c, const char *what)
{
    return quin_msg_set(c->msg, QUIN_ERR_FORMAT, "GGUF ends inside %s (at byte %zu of %zu); " ADVICE, what,
                        c->pos, c->len);
}

/* Reads advance the cursor; `what` names the field for the message. */
static enum quin_err read_u32(struct cursor *c, uint32_t *v, const char *what)
{
    if (left(c) < 4)
        return truncated(c, what);
    *v = quin_le32(c->buf + c->pos);
    c->pos += 4;
    return QUIN_OK;
}

static enum quin_err read_u64(struct cursor *c, uint64_t *v, const char *what)
{
    if (left(c) < 8)
        return truncated(c, what);
    *v = quin_le64(c->buf + c->pos);
    c->pos += 8;
    return QUIN_OK;
}

/* A string is a 64-bit length and the bytes, without a NUL. The result points into the file. */
static enum quin_err read_str(struct cursor *c, struct quin_str *s, const char *what)
{
    uint64_t n;
    enum quin_err e = read_u64(c, &n, what);
    if (e)
        return e;
    if (n > left(c))
        return quin_msg_set(c->msg, QUIN_ERR_FORMAT,
                            "GGUF: %s at byte %zu claims %llu bytes, but only %zu follow; " ADVICE, what,
                            c->pos - 8, (unsigned long long)n, left(c));
    s->ptr = (const char *)c->buf + c->pos;
    s->len = (size_t)n;
    c->pos += (size_t)n;
    return QUIN_OK;
}

/* ---- metadata ---- */

/* Walks over an array: element type, count, elements. Strings are walked one by one, so that a later loop
 * over the same strings needs no checks. */
static enum quin_err skip_array(struct cursor *c, struct quin_gguf_kv *kv)
{
    uint32_t elem;
    uint64_t n;
    enum quin_err e;
    if ((e = read_u32(c, &elem, "the element type of an array")) ||
        (e = read_u64(c, &n, "the length of an array")))
        return e;
    if (elem == QUIN_GGUF_ARRAY)
        return quin_msg_set(c->msg, QUIN_ERR_UNSUPPORTED,
                            "GGUF key '%.*s' is an array of arrays, which is not supported; remove the key "
                            "from the file",
                            quin_msg_clip(kv->key.len), kv->key.ptr);
    if (elem >= QUIN_GGUF_KINDS)
        return quin_msg_set(c->msg, QUIN_ERR_FORMAT,
                            "GGUF key '%.*s': array elements have unknown type %u; " ADVICE,
                            quin_msg_clip(kv->key.len), kv->key.ptr, (unsigned)elem);
    /* A string takes at least the 8 bytes of its length. */
    size_t unit = elem == QUIN_GGUF_STR ? 8 : quin_gguf_kind_size(elem);
    if (n > left(c) / unit)
        return quin_msg_set(c->msg, QUIN_ERR_FORMAT,
                            "GGUF key '%.*s' claims an array of %llu elements, but only %zu bytes "
                            "follow; " ADVICE,
                            quin_msg_clip(kv->key.len), kv->key.ptr, (unsigned long long)n, left(c));
    kv->elem = elem;
    kv->count = (size_t)n;
    kv->data = c->buf + c->pos;
    if (elem != QUIN_GGUF_STR) {
        c->pos += (size_t)n * unit;
        return QUIN_OK;
    }
    struct quin_str s;
    for (size_t i = 0; i < kv->count; i++)
        if ((e = read_str(c, &s, "a string of an array")))
            return e;
    return QUIN_OK;
}

/* One metadata entry: key, type, value. The value stays in the file; kv keeps where it is. */
static enum quin_err read_kv(struct cursor *c, struct quin_gguf_kv *kv)
{
    uint32_t kind;
    enum quin_err e;
    if ((e = read_str(c, &kv->key, "a metadata key")))
        return e;
    if (kv->key.len == 0 || kv->key.len > KEY_MAX)
        return quin_msg_set(c->msg, QUIN_ERR_FORMAT,
                            "GGUF: a metadata key has %zu bytes (1 to %d allowed); " ADVICE, kv->key.len,
                            KEY_MAX);
    if ((e = read_u32(c, &kind, "the type of a metadata value")))
        return e;
    if (kind >= QUIN_GGUF_KINDS)
        return quin_msg_set(c->msg, QUIN_ERR_FORMAT, "GGUF key '%.*s' has unknown value type %u; " ADVICE,
                            quin_msg_clip(kv->key.len), kv->key.ptr, (unsigned)kind);
    kv->kind = kind;
    if (kind == QUIN_GGUF_ARRAY)
        return skip_array(c, kv);
    kv->elem = kind;
    kv->count = 1;
    kv->data = c->buf + c->pos;
    if (kind == QUIN_GGUF_STR) {
        struct quin_str s;
        return read_str(c, &s, "a string value");
    }
    if (left(c) < quin_gguf_kind_size(kind))
        return truncated(c, "a metadata value");
    c->pos += quin_gguf_kind_size(kind);
    return QUIN_OK;
}

int quin_str_cmp(struct quin_str a, struct quin_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int r = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return r ? r : (a.len > b.len) - (a.len < b.len);
}

static int kv_order(const void *a, const void *b)
{
    const struct quin_gguf_kv *const *x = a, *const *y = b;
    return quin_str_cmp((*x)->key, (*y)->key);
}

void quin_gguf_sort_keys(struct quin_gguf *g)
{
    for (size_t i = 0; i < g->n_kv; i++)
        g->kv_sorted[i] = &g->kv[i];
    qsort(g->kv_sorted, g->n_kv, sizeof *g->kv_sorted, kv_order);
}

/* All metadata entries, and an index sorted by key for look-ups. */
static enum quin_err read_metadata(struct cursor *c, struct quin_gguf *g)
{
    g->kv = calloc(g->n_kv + 1, sizeof *g->kv); /* + 1: never a request for 0 bytes */
    g->kv_sorted = calloc(g->n_kv + 1, sizeof *g->kv_sorted);
    if (!g->kv || !g->kv_sorted)
        return quin_msg_set(c->msg, QUIN_ERR_MEMORY,
                            "no memory for %zu metadata entries; close other programs", g->n_kv);
    for (size_t i = 0; i < g->n_kv; i++) {
        enum quin_err e = read_kv(c, &g->kv[i]);
        if (e)
            return e;
    }
    /* Sorting finds duplicates without the quadratic time that a file with many keys could otherwise cost. */
    quin_gguf_sort_keys(g);
    for (size_t i = 1; i < g->n_kv; i++)
        if (kv_order(&g->kv_sorted[i - 1], &g->kv_sorted[i]) == 0)
            return quin_msg_set(c->msg, QUIN_ERR_FORMAT,
                                "GGUF key '%.*s' appears twice; convert the model again",
                                quin_msg_clip(g->kv_sorted[i]->key.len), g->kv_sorted[i]->key.ptr);
    return QUIN_OK;
}

/* ---- tensor list ---- */

/* I2_S has no blocks within rows, but one scale after the last block of the tensor. */
static enum quin_err i2_s_size(struct quin_gguf_tensor *t, uint64_t n, struct quin_msg *msg)
{
    if (n % QUIN_I2_S_BLOCK)
        return quin_msg_set(
            msg, QUIN_ERR_FORMAT,
            "GGUF tensor '%s' has %llu weights, not a multiple of the %d of an I2_S block; use another "
            "type for this tensor",
            t->name, (unsigned long long)n, QUIN_I2_S_BLOCK);
    t->size = (size_t)(n / 4 + QUIN_I2_S_TAIL);
    return QUIN_OK;
}

/* Bytes of t from its shape; QUIN_OK with 0 when the type's size is not known. */
static enum quin_err tensor_size(struct quin_gguf_tensor *t, struct quin_msg *msg)
{
    uint64_t n = 1;
    for (int i = 0; i < QUIN_GGUF_DIMS; i++)
        if (__builtin_mul_overflow(n, t->ne[i], &n) || n > INT64_MAX)
            return quin_msg_set(msg, QUIN_ERR_FORMAT, "GGUF tensor '%s' has more than 2^63 elements; " ADVICE,
                                t->name);
    uint32_t weights, bytes;
    if (t->type == QUIN_GGML_I2_S)
        return i2_s_size(t, n, msg);
    if (!quin_ggml_type_block(t->type, &weights, &bytes))
        return QUIN_OK;
    if (t->ne[0] % weights)
        return quin_msg_set(msg, QUIN_ERR_FORMAT,
                            "GGUF tensor '%s': rows of %llu are not a multiple of the %u weights of a block "
                            "of type %s; "
                            "use another type for this tensor",
                            t->name, (unsigned long long)t->ne[0], (unsigned)weights,
                            quin_ggml_type_name(t->type));
    uint64_t size;
    if (__builtin_mul_overflow(n / weights, (uint64_t)bytes, &size) || size > SIZE_MAX)
        return quin_msg_set(msg, QUIN_ERR_FORMAT, "GGUF tensor '%s' has a size beyond 2^64 bytes; " ADVICE,
                            t->name);
    t->size = (size_t)size;
    return QUIN_OK;
}

/* Names are copied, since callers and messages want them NUL-terminated. */
static enum quin_err read_name(struct cursor *c, struct quin_gguf_tensor *t)
{
    struct quin_str s;
    enum quin_err e = read_str(c, &s, "a tensor name");
    if (e)
        return e;
    if (s.len == 0 || s.len > QUIN_GGUF_NAME_MAX || memchr(s.ptr, 0, s.len))
        return quin_msg_set(c->msg, QUIN_ERR_FORMAT,
                            "GGUF: tensor name '%.*s' is empty, longer than %d bytes or holds a NUL; rename "
                            "the tensor",
                            quin_msg_clip(s.len), s.ptr, QUIN_GGUF_NAME_MAX);
    memcpy(t->name, s.ptr, s.len);
    return QUIN_OK;
}

/* One entry of the tensor list: name, shape, type, offset. Its data is placed later, when the end of the list
 * and so the start of the data section is known. */
static enum quin_err read_tensor(struct cursor *c, struct quin_gguf_tensor *t)
{
    enum quin_err e;
    if ((e = read_name(c, t)) || (e = read_u32(c, &t->n_dims, "the dimensions of a tensor")))
        return e;
    if (t->n_dims > QUIN_GGUF_DIMS)
        return quin_msg_set(c->msg, QUIN_ERR_FORMAT,
                            "GGUF tensor '%s' has %u dimensions (at most %d); " ADVICE, t->name,
                            (unsigned)t->n_dims, QUIN_GGUF_DIMS);
    for (uint32_t i = 0; i < QUIN_GGUF_DIMS; i++) {
        t->ne[i] = 1;
        if (i < t->n_dims && (e = read_u64(c, &t->ne[i], "the shape of a tensor")))
            return e;
        if (t->ne[i] == 0)
            return quin_msg_set(c->msg, QUIN_ERR_FORMAT,
                                "GGUF tensor '%s' is empty (dimension %u is 0); " ADVICE, t->name,
                                (unsigned)i);
    }
    if ((e = read_u32(c, &t->type, "the type of a tensor")) ||
        (e = read_u64(c, &t->offset, "the offset of a tensor")))
        return e;
    return tensor_size(t, c->msg);
}

static int tensor_order(const void *a, const void *b)
{
    const struct quin_gguf_tensor *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* All entries of the tensor list, and an index sorted by name. */
static enum quin_err read_tensors(struct cursor *c, struct quin_gguf *g)
{
    g->tensors = calloc(g->n_tensors + 1, sizeof *g->tensors);
    g->tensor_sorted = calloc(g->n_tensors + 1, sizeof *g->tensor_sorted);
    if (!g->tensors || !g->tensor_sorted)
        return quin_msg_set(c->msg, QUIN_ERR_MEMORY,
                            "no memory for a list of %zu tensors; close other programs", g->n_tensors);
    for (size_t i = 0; i < g->n_tensors; i++) {
        enum quin_err e = read_tensor(c, &g->tensors[i]);
        if (e)
            return e;
        g->tensor_sorted[i] = &g->tensors[i];
    }
    qsort(g->tensor_sorted, g->n_tensors, sizeof *g->tensor_sorted, tensor_order);
    for (size_t i = 1; i < g->n_tensors; i++)
        if (tensor_order(&g->tensor_sorted[i - 1], &g->tensor_sorted[i]) == 0)
            return quin_msg_set(c->msg, QUIN_ERR_FORMAT,
                                "GGUF tensor '%s' appears twice; convert the model again",
                                g->tensor_sorted[i]->name);
    return QUIN_OK;
}

/* Turns offsets into pointers; the data section starts at the first multiple of the alignment after the
 * tensor list. */
static enum quin_err place_tensors(struct cursor *c, struct quin_gguf *g)
{
    uint32_t align;
    enum quin_err e = quin_gguf_get_u32_or(g, "general.alignment", 32, &align, c->msg);
    if (e)
        return e;
    if (align == 0 || (align & (align - 1)))
        return quin_msg_set(c->msg, QUIN_ERR_FORMAT,
                            "GGUF key 'general.alignment' is %u, not a power of two; " ADVICE,
                            (unsigned)align);
    size_t pad = -c->pos & ((size_t)align - 1);
    for (size_t i = 0; i < g->n_tensors; i++) {
        struct quin_gguf_tensor *t = &g->tensors[i];
        if (t->offset % align)
            return quin_msg_set(c->msg, QUIN_ERR_FORMAT,
                                "GGUF tensor '%s': offset %llu is not a multiple of %u; " ADVICE, t->name,
                                (unsigned long long)t->offset, (unsigned)align);
        if (pad > left(c) || t->offset > left(c) - pad || t->size > left(c) - pad - t->offset)
            return quin_msg_set(c->msg, QUIN_ERR_FORMAT,
                                "GGUF tensor '%s' (%zu bytes at offset %llu) reaches beyond the end of the "
                                "file; " ADVICE,
                                t->name, t->size, (unsigned long long)t->offset);
        t->data = c->buf + c->pos + pad + (size_t)t->offset;
    }
    return QUIN_OK;
}

/* ---- open and close ---- */

/* Magic, version and the two counts. A big-endian file shows by its version: 3 reads as 0x03000000. */
static enum quin_err read_header(struct cursor *c, struct quin_gguf *g)
{
    uint64_t n_tensors, n_kv;
    enum quin_err e;
    if (c->len < 4 || memcmp(c->buf, "GGUF", 4) != 0)
        return quin_msg_set(c->msg, QUIN_ERR_FORMAT,
                            "not a GGUF file (its first four bytes are not \"GGUF\"); give a model in GGUF "
                            "form");
    c->pos = 4;
    if ((e = read_u32(c, &g->version, "the header")))
        return e;
    if (g->version && (g->version & 0xffff) == 0)
        return quin_msg_set(c->msg, QUIN_ERR_UNSUPPORTED,
                            "the GGUF is big endian; convert it to little endian (gguf-py has a script for "
                            "it)");
    if (g->version != 2 && g->version != 3)
        return quin_msg_set(c->msg, QUIN_ERR_UNSUPPORTED,
                            "GGUF version %u is not supported (2 and 3 are); convert the model again",
                            (unsigned)g->version);
    if ((e = read_u64(c, &n_tensors, "the header")) || (e = read_u64(c, &n_kv, "the header")))
        return e;
    if (n_kv > left(c) / KV_MIN_BYTES || n_tensors > left(c) / TENSOR_MIN_BYTES)
        return quin_msg_set(c->msg, QUIN_ERR_FORMAT,
                            "GGUF claims %llu metadata entries and %llu tensors, more than fit in %zu "
                            "bytes; " ADVICE,
                            (unsigned long long)n_kv, (unsigned long long)n_tensors, c->len);
    g->n_kv = (size_t)n_kv;
    g->n_tensors = (size_t)n_tensors;
    return QUIN_OK;
}

enum quin_err quin_gguf_open_memory(const uint8_t *buf, size_t len, struct quin_gguf **out,
                                    struct quin_msg *msg)
{
    if (!out || (!buf && len))
        return quin_msg_set(msg, QUIN_ERR_ARG, "quin_gguf_open_memory: buffer or result pointer is missing");
    *out = NULL;
    struct quin_gguf *g = calloc(1, sizeof *g);
    if (!g)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory to open a GGUF; close other programs");
    g->buf = buf;
    g->len = len;
    struct cursor c = {buf, len, 0, msg};
    enum quin_err e;
    if ((e = read_header(&c, g)) || (e = read_metadata(&c, g)) || (e = read_tensors(&c, g)) ||
        (e = place_tensors(&c, g))) {
        quin_gguf_free(g);
        return e;
    }
    *out = g;
    return QUIN_OK;
}

enum quin_err quin_gguf_open_file(const char *path, struct quin_gguf **out, struct quin_msg *msg)
{
    if (!path || !out)
        return quin_msg_set(msg, QUIN_ERR_ARG, "quin_gguf_open_file: path or result pointer is missing");
    *out = NULL;
    enum quin_err e;
    struct stat st;
    void *map = MAP_FAILED;
    size_t len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        e = quin_msg_set(msg, QUIN_ERR_IO, "cannot open '%.200s': %s; check the path and its permissions",
                         path, strerror(errno));
        goto done;
    }
    if (!S_ISREG(st.st_mode)) {
        e = quin_msg_set(msg, QUIN_ERR_IO, "'%.200s' is not a regular file; give the path of a GGUF file",
                         path);
        goto done;
    }
    if (st.st_size == 0 || (uintmax_t)st.st_size > SIZE_MAX) {
        e = quin_msg_set(msg, QUIN_ERR_FORMAT, "'%.200s' is empty or too large to map; give a GGUF file",
                         path);
        goto done;
    }
    len = (size_t)st.st_size;
    map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) {
        e = quin_msg_set(msg, QUIN_ERR_IO, "cannot map '%.200s': %s; copy it to a local disk", path,
                         strerror(errno));
        goto done;
    }
    e = quin_gguf_open_memory(map, len, out, msg);
done:
    if (fd >= 0)
        close(fd);
    if (!e)
        (*out)->map = map;
    else if (map != MAP_FAILED)
        munmap(map, len);
    return e;
}

void quin_gguf_rows_release(const struct quin_gguf *g, const struct quin_gguf_tensor *t, uint64_t first, uint64_t n)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    size_t row = t->size / (size_t)quin_gguf_tensor_rows(t);
    uintptr_t from = (uintptr_t)t->data + (size_t)first * row, to = from + (size_t)n * row;
    from -= from % page;
    if (g->map) /* advice only: nothing depends on whether it is taken */
        (void)madvise((void *)from, to - from, MADV_DONTNEED);
}

void quin_gguf_free(struct quin_gguf *g)
{
    if (!g)
        return;
    if (g->map)
        munmap(g->map, g->len);
    while (g->owned) {
        struct quin_gguf_owned *next = g->owned->next;
        free(g->owned);
        g->owned = next;
    }
    free(g->kv);
    free(g->kv_sorted);
    free(g->tensors);
    free(g->tensor_sorted);
    free(g);
}

uint32_t quin_gguf_version(const struct quin_gguf *g)
{
    return g->version;
}

size_t quin_gguf_file_size(const struct quin_gguf *g)
{
    return g->len;
}
