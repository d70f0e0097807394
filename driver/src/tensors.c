/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference's probe fills a list of tensors for a position; the device's commands that complete a tensor are known
 * from the compiler's marks, so that after each of them the scratchpad is compared with the list.
 */
#include "tensors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "msg.h"

struct kept {
    size_t layer, n, capacity;
    const char *name;
    float *values;
};

struct quin_tensors {
    struct quin_engine *engine;
    struct quin_program *program; /* owns the marks */
    const struct quin_mark *mark;
    uint32_t marks;
    struct kept *kept;
    size_t count, capacity;
    double tolerance;
    size_t position, layer, layers; /* layer: of the device, counted from 1 */
    int out_of_memory;
    struct quin_verify_result first; /* its tensor fields only */
};

static void probe(void *user, size_t layer, const char *name, const float *values, size_t n)
{
    struct quin_tensors *t = user;
    if (t->count == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 256;
        struct kept *grown = realloc(t->kept, capacity * sizeof *grown);
        if (!grown) {
            t->out_of_memory = 1;
            return;
        }
        memset(grown + t->capacity, 0, (capacity - t->capacity) * sizeof *grown);
        t->kept = grown;
        t->capacity = capacity;
    }
    struct kept *k = &t->kept[t->count];
    if (k->capacity < n) {
        float *grown = realloc(k->values, n * sizeof *grown);
        if (!grown) {
            t->out_of_memory = 1;
            return;
        }
        k->values = grown;
        k->capacity = n;
    }
    k->layer = layer;
    k->name = name;
    k->n = n;
    memcpy(k->values, values, n * sizeof *values);
    t->count++;
}

static const struct kept *find(const struct quin_tensors *t, size_t layer, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->kept[i].layer == layer && !strcmp(t->kept[i].name, name))
            return &t->kept[i];
    return NULL;
}

static void compare(struct quin_tensors *t, const struct quin_mark *m, size_t layer, const uint32_t *scratchpad)
{
    const struct kept *k = find(t, layer, m->name);
    double largest = 0;
    if (!k || m->first + (size_t)m->groups * m->n > k->n)
        return;
    t->first.tensors++;
    for (size_t i = 0; i < k->n; i++)
        largest = fmax(largest, fabs(k->values[i]));
    for (size_t i = 0; i < (size_t)m->groups * m->n && !t->first.tensor[0]; i++) {
        float found;
        memcpy(&found, scratchpad + m->view.base + i / m->n * m->view.group + i % m->n, sizeof found);
        double wanted = k->values[m->first + i];
        if (fabs(found - wanted) <= t->tolerance * largest)
            continue; /* a NaN goes on */
        strncat(t->first.tensor, m->name, sizeof t->first.tensor - 1);
        t->first.tensor_position = t->position;
        t->first.tensor_layer = layer;
        t->first.tensor_column = m->first + i;
        t->first.tensor_device = found;
        t->first.tensor_reference = wanted;
    }
}

static void retired(void *user, uint32_t command, const uint32_t *scratchpad)
{
    struct quin_tensors *t = user;
    for (uint32_t i = 0; i < t->marks; i++) {
        const struct quin_mark *m = &t->mark[i];
        if (m->command != command)
            continue;
        if (!strcmp(m->name, "attn_norm"))
            t->layer++;
        compare(t, m, strcmp(m->name, "output_norm") ? t->layer - 1 : t->layers, scratchpad);
    }
}

enum quin_err quin_tensors_create(struct quin_engine *engine, struct quin_reference *reference, double tolerance,
                                  struct quin_tensors **out, struct quin_msg *msg)
{
    const struct quin_cmd *cmds;
    uint32_t count;
    struct quin_tensors *t = calloc(1, sizeof *t);
    *out = NULL;
    if (t)
        t->program = quin_program_create();
    if (!t || !t->program) {
        quin_tensors_free(t);
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory to compare tensors");
    }
    t->engine = engine;
    t->tolerance = tolerance;
    t->layers = quin_engine_layout(engine)->hyper.layers;
    quin_compile(t->program, quin_engine_layout(engine), QUIN_COMPILE_DECODE);
    enum quin_err err = quin_program_finish(t->program, &cmds, &count, msg);
    t->mark = quin_program_marks(t->program, &t->marks);
    if (err || !quin_engine_observe(engine, retired, t)) {
        t->engine = NULL;
        quin_tensors_free(t);
        return err;
    }
    quin_reference_set_probe(reference, probe, t);
    *out = t;
    return QUIN_OK;
}

void quin_tensors_free(struct quin_tensors *t)
{
    if (!t)
        return;
    if (t->engine)
        (void)quin_engine_observe(t->engine, NULL, NULL);
    for (size_t i = 0; i < t->capacity; i++)
        free(t->kept[i].values);
    free(t->kept);
    quin_program_free(t->program);
    free(t);
}

void quin_tensors_position(struct quin_tensors *t, size_t position)
{
    t->position = position;
    t->count = t->layer = 0;
}

enum quin_err quin_tensors_result(const struct quin_tensors *t, struct quin_verify_result *r, struct quin_msg *msg)
{
    if (t->out_of_memory)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory to keep the reference's tensors");
    memcpy(r->tensor, t->first.tensor, sizeof r->tensor);
    r->tensor_position = t->first.tensor_position;
    r->tensor_layer = t->first.tensor_layer;
    r->tensor_column = t->first.tensor_column;
    r->tensor_device = t->first.tensor_device;
    r->tensor_reference = t->first.tensor_reference;
    r->tensors = t->first.tensors;
    return QUIN_OK;
}
