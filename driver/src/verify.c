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

/* Squared errors over positions, in variances of the reference's logits. */
struct tally {
    double error_sum;
    size_t values;
};

static double rms(const struct tally *t)
{
    return t->values ? sqrt(t->error_sum / (double)t->values) : 0;
}

/* Adds a position to the tally; returns the largest error, in *deviation the spread of the reference. */
static double add(struct tally *t, const float *device, const float *reference, size_t vocab, double *deviation)
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
    *deviation = variance > 0 ? sqrt(variance) : 1;
    t->error_sum += squares / (*deviation * *deviation);
    t->values += vocab;
    return worst;
}

/* Everything that is compared; logits are [vocab]. */
struct verify {
    struct quin_engine *engine;
    struct quin_reference *plain, *quantised; /* the second has the device's quantisers */
    struct quin_tensors *tensors;
    float *device, *expected, *explaining;
    size_t vocab;
    struct tally plain_tally, quantised_tally;
    struct quin_verify_result *result;
};

static void compare(struct verify *v, size_t position)
{
    struct quin_verify_result *r = v->result;
    double deviation;
    double worst = add(&v->plain_tally, v->device, v->expected, v->vocab, &deviation);
    r->max_error = fmax(r->max_error, worst / deviation);
    (void)add(&v->quantised_tally, v->device, v->explaining, v->vocab, &deviation);
    uint32_t d = largest(v->device, v->vocab), f = largest(v->expected, v->vocab);
    uint32_t q = largest(v->explaining, v->vocab);
    r->quantised_differ += d != q;
    r->tokens++;
    if (d == f)
        return;
    double gap = (double)v->expected[f] - v->expected[d];
    if (!r->differ++) {
        r->first = position;
        r->device_token = d;
        r->reference_token = f;
        r->gap = gap;
    }
    if (d == q)
        r->explained++;
    else
        r->near_ties += gap <= 2 * worst;
}

/* One position: the reference first, so that its tensors are there when the device's come. */
static enum quin_err step(struct verify *v, uint32_t token, size_t position, struct quin_msg *msg)
{
    if (v->tensors)
        quin_tensors_position(v->tensors, position);
    enum quin_err err = quin_reference_forward(v->plain, token, position, v->expected, msg);
    if (!err)
        err = quin_reference_forward(v->quantised, token, position, v->explaining, msg);
    if (!err)
        err = quin_engine_feed(v->engine, 0, (uint32_t)position, &token, 1, false, v->device, NULL, msg);
    if (!err)
        compare(v, position);
    return err;
}

/* The device's quantisers, from how its program was compiled. */
static struct quin_reference_quantisers quantisers_of(const struct quin_layout *l)
{
    uint32_t activation = l->precision.attention_bits == 16 ? QUIN_INT8_MAX * 256 : QUIN_INT8_MAX;
    return (struct quin_reference_quantisers){
        .kv = l->precision.kv_trits == 10 ? QUIN_TRIT10_MAX : QUIN_TRIT5_MAX,
        .query = activation, .probability = activation, .block = l->decode.positions,
        .head = l->precision.head_trits == 10 ? QUIN_TRIT10_MAX : QUIN_TRIT5_MAX,
        .activation = l->precision.activation_bits == 16 ? QUIN_INT8_MAX * 256 : QUIN_INT8_MAX,
    };
}

static enum quin_err prepare(struct verify *v, struct quin_model *model, double tolerance, struct quin_msg *msg)
{
    const struct quin_layout *layout = quin_engine_layout(v->engine);
    struct quin_reference_options options = quin_reference_defaults();
    options.context = layout->context;
    v->vocab = model->hyper.vocab;
    v->device = malloc(3 * v->vocab * sizeof *v->device);
    if (!v->device)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for logits");
    v->expected = v->device + v->vocab;
    v->explaining = v->expected + v->vocab;
    enum quin_err err = quin_model_fetch(model, msg);
    if (!err)
        err = quin_reference_create(model, &options, &v->plain, msg);
    options.quantisers = quantisers_of(layout);
    options.head_int8_activations = layout->precision.head_bits == 8;
    if (!err)
        err = quin_reference_create(model, &options, &v->quantised, msg);
    if (!err)
        err = quin_tensors_create(v->engine, v->quantised, tolerance, &v->tensors, msg);
    return err;
}

enum quin_err quin_verify(const struct quin_lm *lm, struct quin_engine *engine, const uint32_t *prompt, size_t length,
                          size_t count, double tolerance, quin_token_fn *fn, void *user,
                          struct quin_verify_result *r, struct quin_msg *msg)
{
    struct verify v = {.engine = engine, .result = r};
    *r = (struct quin_verify_result){0};
    if (!length)
        return quin_msg_set(msg, QUIN_ERR_ARG, "verify needs a prompt of at least one token");
    enum quin_err err = prepare(&v, lm->model, tolerance, msg);
    for (size_t i = 0; i < length + count && !err; i++) {
        uint32_t token = i < length ? prompt[i] : largest(v.device, v.vocab);
        if (i >= length) {
            r->nll_device += quin_nll(v.device, v.vocab, token) / (double)count;
            r->nll_reference += quin_nll(v.expected, v.vocab, token) / (double)count;
            if (fn && !fn(user, token))
                break;
        }
        if (i + 1 < length + count) /* nothing is predicted from the last token */
            err = step(&v, token, i, msg);
    }
    r->rms_error = rms(&v.plain_tally);
    r->quantised_rms_error = rms(&v.quantised_tally);
    if (v.tensors && !err)
        err = quin_tensors_result(v.tensors, r, msg);
    quin_tensors_free(v.tensors);
    quin_reference_free(v.quantised);
    quin_reference_free(v.plain);
    free(v.device);
    return err;
}
