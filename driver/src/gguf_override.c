/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata that the user sets over the file's: KEY=TYPE:VALUE becomes an entry like those of the file, in
 * memory of its own, so that everything which reads keys sees it. */
#define _POSIX_C_SOURCE 200809L /* strnlen */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gguf_priv.h"
#include "msg.h"

enum { KEY_MAX = 127, VALUE_MAX = 65535 };

static enum quin_err bad_form(const char *text, const char *what, struct quin_msg *msg)
{
    return quin_msg_set(msg, QUIN_ERR_ARG,
                        "override '%.100s': %s; write KEY=TYPE:VALUE with TYPE int, float, bool or str", text,
                        what);
}

static void put64(uint8_t *to, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        to[i] = (uint8_t)(v >> 8 * i);
}

/* The value's bytes as a file has them, into `to` [8 + strlen(value)]; what is wrong with it, or NULL. */
static const char *encode(const char *type, size_t n, const char *value, uint8_t *to,
                          enum quin_gguf_kind *kind)
{
    char *end;
    errno = 0;
    if (n == 3 && !memcmp(type, "str", n)) {
        *kind = QUIN_GGUF_STR;
        put64(to, strlen(value));
        memcpy(to + 8, value, strlen(value));
        return NULL;
    }
    if (n == 4 && !memcmp(type, "bool", n)) {
        *kind = QUIN_GGUF_BOOL;
        to[0] = !strcmp(value, "true");
        return to[0] || !strcmp(value, "false") ? NULL : "a bool is true or false";
    }
    if (n == 3 && !memcmp(type, "int", n)) {
        *kind = QUIN_GGUF_I64;
        put64(to, (uint64_t)strtoll(value, &end, 10));
        return *value && !*end && !errno ? NULL : "the value is not a whole number";
    }
    if (n == 5 && !memcmp(type, "float", n)) {
        double d = strtod(value, &end);
        uint64_t u;
        *kind = QUIN_GGUF_F64;
        memcpy(&u, &d, sizeof u);
        put64(to, u);
        return *value && !*end ? NULL : "the value is not a number";
    }
    return "the type is none of the four";
}

/* Puts the entry in the place of the one of its key, or at the end. */
static enum quin_err insert(struct quin_gguf *g, const struct quin_gguf_kv *kv, const char *key,
                            struct quin_msg *msg)
{
    const struct quin_gguf_kv *old = quin_gguf_find(g, key);
    if (old) {
        g->kv[old - g->kv] = *kv;
        quin_gguf_sort_keys(g);
        return QUIN_OK;
    }
    struct quin_gguf_kv *grown = realloc(g->kv, (g->n_kv + 2) * sizeof *grown);
    if (grown) {
        g->kv = grown;
        quin_gguf_sort_keys(g); /* its pointers must be right whatever comes next */
    }
    const struct quin_gguf_kv **sorted = realloc(g->kv_sorted, (g->n_kv + 2) * sizeof *sorted);
    if (sorted)
        g->kv_sorted = sorted;
    if (!grown || !sorted)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for an override; close other programs");
    g->kv[g->n_kv++] = *kv;
    quin_gguf_sort_keys(g);
    return QUIN_OK;
}

enum quin_err quin_gguf_override(struct quin_gguf *g, const char *text, struct quin_msg *msg)
{
    const char *equals = strchr(text, '='), *colon = equals ? strchr(equals, ':') : NULL;
    char key[KEY_MAX + 1] = "";
    if (!colon || equals == text)
        return bad_form(text, "it has no key, type or value", msg);
    size_t length = (size_t)(equals - text), value = strnlen(colon + 1, VALUE_MAX + 1);
    if (length > KEY_MAX || value > VALUE_MAX)
        return bad_form(text, "its key or value is too long", msg);
    struct quin_gguf_owned *o = malloc(sizeof *o + 8 + value + length);
    if (!o)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for an override; close other programs");
    memcpy(key, text, length);
    struct quin_gguf_kv kv = {.count = 1, .data = o->bytes};
    const char *wrong = encode(equals + 1, (size_t)(colon - equals - 1), colon + 1, o->bytes, &kv.kind);
    if (wrong) {
        free(o);
        return bad_form(text, wrong, msg);
    }
    kv.elem = kv.kind;
    memcpy(o->bytes + 8 + value, key, length);
    kv.key = (struct quin_str){(const char *)o->bytes + 8 + value, length};
    o->next = g->owned;
    g->owned = o;
    return insert(g, &kv, key, msg);
}
