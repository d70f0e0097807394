/* SPDX-License-Identifier: Apache-2.0
 *
 * The device against the float reference: the same tokens through both, logits compared position by position.
 */
#include <math.h>
#include <stdlib.h>

#include "engine.h"
#include "lm.h"
#include "msg.h"
#include "reference.h"
#include "tensors.h"
#include "verify.h"

static uint32_t largest(const float *logits, size_t vocab)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < vocab; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

double quin_nll(const float *logits, size_t vocab, uint32_t token)
{
    double sum = 0, top = logits[largest(logits, vocab)];
    for (size_t i = 0; i < vocab; i++)
        sum += exp(logits[i] - top);
    return log(sum) + top - logits[token];
}

/* Sums over positions, from which the result is made. */
struct tally {
    double error_sum;
    size_t values;
};

static void compare(struct quin_verify_result *r, struct tally *t, size_t position, const float *device,
                    const float *reference, size_t vocab)
{
    double mean = 0, variance = 0, worst = 0, squares = 0;
    for (size_t i = 0; i < vocab; i++)
        mean += reference[i] / (double)vocab;
    for (size_t i = 0; i < vocab; i++) {
        double spread = reference[i] - mean, error = fabs((double)device[i] - reference[i]);
        variance += spread * spread / (double)vocab;
        squares += error * error;
        worst = fmax(worst, error);
    }
    double deviation = variance > 0 ? sqrt(variance) : 1;
    t->error_sum += squares / (deviation * deviation);
    t->values += vocab;
    r->max_error = fmax(r->max_error, worst / deviation);
    uint32_t d = largest(device, vocab), f = largest(reference, vocab);
    if (d == f)
        return;
    double gap = (double)reference[f] - reference[d];
    if (!r->differ++) {
        r->first = position;
        r->device_token = d;
        r->reference_token = f;
        r->gap = gap;
    }
    r->near_ties += gap <= 2 * worst;
}

/* One position: the reference first, so that its tensors are there when the device's come. */
static enum quin_err step(struct quin_engine *engine, struct quin_reference *reference, struct quin_tensors *tensors,
                          uint32_t token, size_t position, float *device, float *expected, struct quin_msg *msg)
{
    if (tensors)
        quin_tensors_position(tensors, position);
    enum quin_err err = quin_reference_forward(reference, token, position, expected, msg);
    return err ? err : quin_engine_feed(engine, 0, (uint32_t)position, &token, 1, false, device, NULL, msg);
}

enum quin_err quin_verify(const struct quin_lm *lm, struct quin_engine *engine, const uint32_t *prompt, size_t length,
                          size_t count, double tolerance, quin_token_fn *fn, void *user,
                          struct quin_verify_result *r, struct quin_msg *msg)
{
    size_t vocab = lm->model->hyper.vocab;
    struct quin_reference_options options = quin_reference_defaults();
    struct quin_reference *reference = NULL;
    struct quin_tensors *tensors = NULL;
    struct tally tally = {0};
    float *device = malloc(2 * vocab * sizeof *device), *expected = device ? device + vocab : NULL;
    uint32_t token = 0;
    options.context = quin_engine_layout(engine)->context;
    *r = (struct quin_verify_result){0};
    enum quin_err err = quin_reference_create(lm->model, &options, &reference, msg);
    if (!err && !device)
        err = quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for logits");
    if (!err && !length)
        err = quin_msg_set(msg, QUIN_ERR_ARG, "verify needs a prompt of at least one token");
    if (!err)
        err = quin_tensors_create(engine, reference, tolerance, &tensors, msg);
    for (size_t i = 0; i < length + count && !err; i++) {
        token = i < length ? prompt[i] : largest(device, vocab);
        if (i >= length) {
            r->nll_device += quin_nll(device, vocab, token) / (double)count;
            r->nll_reference += quin_nll(expected, vocab, token) / (double)count;
            if (fn && !fn(user, token))
                break;
        }
        if (i + 1 == length + count)
            break; /* nothing is predicted from the last token */
        err = step(engine, reference, tensors, token, i, device, expected, msg);
        if (!err) {
            compare(r, &tally, i, device, expected, vocab);
            r->tokens++;
        }
    }
    r->rms_error = tally.values ? sqrt(tally.error_sum / (double)tally.values) : 0;
    if (tensors && !err)
        err = quin_tensors_result(tensors, r, msg);
    quin_tensors_free(tensors);
    quin_reference_free(reference);
    free(device);
    return err;
}
