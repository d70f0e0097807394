/* SPDX-License-Identifier: Apache-2.0
 *
 * Perplexity and bits per byte of stories, on the device or on the float reference.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "lm.h"
#include "msg.h"
#include "reference.h"
#include "verify.h"

#define SEPARATOR "<|endoftext|>"

struct scorer {
    const struct quin_lm *lm;
    struct quin_engine *engine;       /* or */
    struct quin_reference *reference;
    size_t context;
    float *logits; /* [context][vocab] */
    struct quin_perplexity *result;
    struct quin_msg *msg;
};

static enum quin_err predict(struct scorer *s, const uint32_t *tokens, size_t count)
{
    size_t vocab = s->lm->model->hyper.vocab;
    enum quin_err err = QUIN_OK;
    if (s->engine)
        return quin_engine_feed(s->engine, 0, 0, tokens, count, true, s->logits, NULL, s->msg);
    for (size_t i = 0; i < count && !err; i++)
        err = quin_reference_forward(s->reference, tokens[i], i, s->logits + i * vocab, s->msg);
    return err;
}

/* One story: tokens [bos, text..., eos]; the prediction of token i + 1 comes from tokens 0..i. */
static enum quin_err score(struct scorer *s, const char *text, size_t length)
{
    size_t vocab = s->lm->model->hyper.vocab, count = 0;
    uint32_t *tokens = NULL, *grown;
    enum quin_err err = quin_lm_encode(s->lm, text, length, true, false, &tokens, &count, s->msg);
    if (err)
        return err;
    grown = realloc(tokens, (count + 1) * sizeof *tokens);
    if (!grown) {
        free(tokens);
        return quin_msg_set(s->msg, QUIN_ERR_MEMORY, "no memory for a story");
    }
    tokens = grown;
    tokens[count++] = quin_lm_eos(s->lm);
    size_t predictions = count - 1 < s->context ? count - 1 : s->context;
    err = predict(s, tokens, predictions);
    for (size_t i = 0; i < predictions && !err; i++) {
        const char *bytes;
        size_t n = 0;
        err = quin_lm_decode(s->lm, tokens[i + 1], &bytes, &n, s->msg);
        s->result->nll += quin_nll(s->logits + i * vocab, vocab, tokens[i + 1]);
        s->result->bytes += n;
    }
    s->result->tokens += predictions;
    s->result->stories++;
    free(tokens);
    return err;
}

static int is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Cuts the next story out of the text; *at moves behind it. Returns 0 at the end. */
static int next_story(const char *text, size_t length, size_t *at, const char **story, size_t *size)
{
    while (*at < length) {
        size_t end = *at, skip = 0;
        while (end < length && !(length - end >= strlen(SEPARATOR) && !memcmp(text + end, SEPARATOR, strlen(SEPARATOR))))
            end++;
        skip = end < length ? strlen(SEPARATOR) : 0;
        const char *from = text + *at, *to = text + end;
        while (from < to && is_space(*from))
            from++;
        while (to > from && is_space(to[-1]))
            to--;
        *at = end + skip;
        if (from < to) {
            *story = from;
            *size = (size_t)(to - from);
            return 1;
        }
    }
    return 0;
}

enum quin_err quin_perplexity_run(const struct quin_lm *lm, struct quin_engine *engine, bool reference,
                                  const char *text, size_t length, size_t most, const struct quin_progress *progress,
                                  struct quin_perplexity *result, struct quin_msg *msg)
{
    const size_t model_context = lm->model->hyper.context;
    struct scorer s = {.lm = lm, .engine = reference ? NULL : engine, .result = result, .msg = msg,
                       .context = engine ? quin_engine_layout(engine)->context : model_context};
    size_t at = 0, size, total = 0;
    const char *story;
    enum quin_err err = QUIN_OK;
    *result = (struct quin_perplexity){0};
    if (quin_lm_eos(lm) == QUIN_TOKEN_NONE || quin_lm_bos(lm) == QUIN_TOKEN_NONE)
        return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED, "perplexity needs a tokenizer with bos and eos tokens");
    if (!reference && !engine)
        return quin_msg_set(msg, QUIN_ERR_ARG, "perplexity needs an engine, or the reference");
    s.logits = malloc(s.context * lm->model->hyper.vocab * sizeof *s.logits);
    if (!s.logits)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for the logits of %zu positions", s.context);
    if (reference) {
        struct quin_reference_options options = quin_reference_defaults();
        options.context = s.context;
        err = quin_model_fetch(lm->model, msg);
        if (!err)
            err = quin_reference_create(lm->model, &options, &s.reference, msg);
    }
    while (!err && next_story(text, length, &at, &story, &size))
        total++;
    if (most && total > most)
        total = most;
    for (at = 0; !err && result->stories < total && next_story(text, length, &at, &story, &size);) {
        err = score(&s, story, size);
        if (progress && progress->fn)
            progress->fn(progress->user, (double)result->stories / (double)total);
    }
    if (!err && !result->tokens)
        err = quin_msg_set(msg, QUIN_ERR_FORMAT, "the text holds no story");
    if (!err) {
        result->perplexity = exp(result->nll / (double)result->tokens);
        result->bits_per_byte = result->bytes ? result->nll / log(2) / (double)result->bytes : 0;
    }
    quin_reference_free(s.reference);
    free(s.logits);
    return err;
}
