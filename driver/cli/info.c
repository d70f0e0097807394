/* SPDX-License-Identifier: Apache-2.0
 *
 * quintrit info: what is in a model file, and what becomes of it in a device.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "session.h"
#include "text.h"

/* A line of the table. */
__attribute__((format(printf, 2, 3))) static void row(const char *what, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%-22s ", what);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

static void number(const char *what, uint64_t v, const char *unit)
{
    char group[32];
    row(what, "%s%s", quin_session_group(v, group), unit);
}

static void print_model(const struct quin_session *s)
{
    const struct quin_lm_info *m = &s->model;
    char name[512];
    quin_session_quote_name(s, name, sizeof name);
    row("name", "%s", name);
    row("architecture", "%s, %s%s%s", m->arch, m->activation, m->attn_sub_norm ? ", attention sub-norm" : "",
        m->ffn_sub_norm ? ", FFN sub-norm" : "");
    number("file", m->file_bytes, " bytes");
    number("vocabulary", m->vocab, " tokens");
    number("context", m->context, " positions");
    row("layers", "%zu", m->layers);
    row("embedding", "%zu", m->dim);
    row("heads", "%zu of %zu, KV heads %zu", m->heads, m->head_size, m->kv_heads);
    row("FFN", "%zu", m->ffn);
    row("RMSNorm epsilon", "%g", (double)m->rms_eps);
    if (m->rope_scale > 1)
        row("RoPE base", "%g, positions divided by %g", (double)m->rope_base, (double)m->rope_scale);
    else if (m->yarn_factor > 0)
        row("RoPE base", "%g, YaRN: %g times %zu positions, attention factor %.4g", (double)m->rope_base,
            (double)m->yarn_factor, m->yarn_context, (double)m->yarn_attention);
    else
        row("RoPE base", "%g%s", (double)m->rope_base, m->rope_factors ? ", scaled as in Llama 3.1" : "");
    if (m->float_activations)
        row("activations", "float; the device takes 8 bits, or with --exact 16");
    row("lm_head", "%s", m->tied_head ? "tied to the embedding" : "a matrix of its own");
    number("ternary parameters", m->ternary_params, "");
    row("  of these zero", "%.1f %%", 100 * m->zero_share);
    number("float parameters", m->float_params, "");
    number("streamed for a token", m->token_bytes, " bytes");
    number("  layers, 1.6 bit", m->token_bytes - m->head_bytes, " bytes");
    number("  lm_head, 8 bit", m->head_bytes, " bytes");
    const char *note;
    bool loud;
    for (size_t i = 0; (note = quin_lm_note(s->lm, i, &loud)); i++)
        row("note", "%s", note);
}

/* How the model compiles: what it takes of the device and of its DRAM. */
static void print_device(const struct quin_engine_info *d)
{
    row("  array", "%" PRIu32 " rows x %" PRIu32 " columns, %" PRIu32 " lanes", d->rows, d->stream_bytes * 5,
        d->lanes);
    char used[32], all[32];
    row("  scratchpad", "%s of %s words", quin_session_group(d->scratchpad_used, used),
        quin_session_group(d->scratchpad_words, all));
    number("  context", d->context, " positions");
    row("  tokens at a time", "prefill %" PRIu32 ", decode %" PRIu32, d->prefill_rows, d->decode_rows);
    number("  attention block", d->attention_block, " positions");
    row("  commands", "prefill %s, decode %s", quin_session_group(d->prefill_commands, used),
        quin_session_group(d->decode_commands, all));
    number("  DRAM", d->dram_bytes, " bytes");
    number("  KV cache", d->kv_bytes, " bytes of it");
}

/* Names come from the file, so they are quoted. */
static void print_tensors(const struct quin_session *s)
{
    char text[512], clean[512];
    puts("\ntensors");
    for (size_t i = 0; quin_lm_tensor(s->lm, i, text, sizeof text); i++) {
        quin_text_quote(text, strlen(text), clean, sizeof clean);
        printf("  %s\n", clean);
    }
}

enum quin_exit quin_info_main(const struct quin_options *o)
{
    struct quin_session s = {0};
    struct quin_msg msg = {""};
    enum quin_exit code = quin_session_check_device(o);
    if (!code)
        code = quin_session_open_model(o, &s);
    if (!code) {
        print_model(&s);
        enum quin_err err = quin_session_try_engine(o, &s, &msg);
        /* that the model does not fit the device is an answer, too, not a failure */
        printf("\n%-22s %s%s\n", "in configuration", o->config, o->exact ? ", exact" : "");
        if (err == QUIN_ERR_ARG)
            code = quin_session_fail(err, &msg); /* no such backend: the model has no part in it */
        else if (err)
            row("  does not fit", "%s", msg.text);
        else
            print_device(&s.device);
    }
    if (!code && o->tensors)
        print_tensors(&s);
    quin_session_close(&s);
    return code;
}
