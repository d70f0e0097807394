/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands share: a model, an engine, a prompt; errors become a line on stderr and an exit code.
 */
#ifndef QUIN_SESSION_H
#define QUIN_SESSION_H

#include "options.h"
#include "quintrit.h"

struct quin_session {
    struct quin_lm *lm;
    struct quin_engine *engine;
    struct quin_lm_info model;
    struct quin_engine_info device;
};

/* Tells the message; wrong arguments are 2, all else 1. */
enum quin_exit quin_session_fail(enum quin_err err, const struct quin_msg *msg);

struct quin_lm_options quin_session_lm_options(const struct quin_options *o);
enum quin_exit quin_session_open_model(const struct quin_options *o, struct quin_session *s);
/* Refuses a configuration that does not exist, which is wrong usage, before any long work. */
enum quin_exit quin_session_check_device(const struct quin_options *o);
enum quin_err quin_session_try_engine(const struct quin_options *o, struct quin_session *s,
                                      struct quin_msg *msg);
enum quin_exit quin_session_open(const struct quin_options *o, struct quin_session *s); /* all of these */
void quin_session_close(struct quin_session *s);

/* A whole file, or stdin for "-"; *text is to be freed. */
enum quin_exit quin_session_read(const char *path, char **text, size_t *length);

struct quin_prompt {
    char *text; /* [length] */
    size_t length;
    uint32_t *tokens; /* [count] */
    size_t count;
};
/* --prompt, --file or the default as tokens, at most as many as the context has positions. */
enum quin_exit quin_session_prompt(const struct quin_options *o, const struct quin_session *s,
                                   struct quin_prompt *p);
void quin_prompt_free(struct quin_prompt *p);

/* Tokens that may be generated: the option, or what fits; the last one needs no position. */
uint32_t quin_session_room(const struct quin_options *o, const struct quin_session *s,
                           const struct quin_prompt *p);

/* The sampler of the options, and its seed if seed is not NULL; NULL with no temperature: greedy. */
enum quin_exit quin_session_sampler(const struct quin_options *o, size_t vocab, struct quin_sampler **sampler,
                                    uint64_t *seed);

/* What stdout's errors mean for the exit code: a reader that went away is no failure. */
enum quin_exit quin_session_end_output(int error, enum quin_exit code);

/* Bytes of a token; a row of the embedding without a token has none. */
void quin_session_piece(const struct quin_session *s, uint32_t token, const char **bytes, size_t *length);

/* The model's name, fit to be printed. */
void quin_session_quote_name(const struct quin_session *s, char *out, size_t size);

/* v in groups of three figures, e.g. 12,345. */
const char *quin_session_group(uint64_t v, char text[32]);

#endif
