/* SPDX-License-Identifier: Apache-2.0
 *
 * One table lists the fields of a body: which of the two endpoints takes it, and what becomes of it. A field
 * that would change the answer in a way that the server cannot is refused, unless it says what happens
 * anyway; null is as good as absent.
 */
#include "request.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    struct quin_request *r;
    struct quin_fault *fault;
    const char *field;
};

/* Takes the value of p->field. */
typedef bool take_fn(struct reader *p, const json_t *v);

static bool bad(const struct reader *p, const char *what)
{
    return quin_fault_set(p->fault, 400, "invalid_value", p->field, "'%s' must be %s", p->field, what);
}

static bool refuse(const struct reader *p, const char *why)
{
    return quin_fault_set(p->fault, 400, "unsupported_parameter", p->field, "'%s' is not supported: %s",
                          p->field, why);
}

static bool no_memory(const struct reader *p)
{
    return quin_fault_set(p->fault, 500, "no_memory", NULL, "no memory for the request; try again later");
}

/* ---- simple values ---- */

static bool to_flag(struct reader *p, const json_t *v, bool *out)
{
    if (!json_is_boolean(v))
        return bad(p, "true or false");
    *out = json_is_true(v);
    return true;
}

static bool to_real(struct reader *p, const json_t *v, double low, double high, double *out)
{
    double x = json_number_value(v);
    if (!json_is_number(v) || !(x >= low && x <= high))
        return quin_fault_set(p->fault, 400, "invalid_value", p->field, "'%s' must be a number from %g to %g",
                              p->field, low, high);
    *out = x;
    return true;
}

static bool to_integer(struct reader *p, const json_t *v, int64_t low, int64_t *out)
{
    if (!json_is_integer(v) || json_integer_value(v) < low)
        return quin_fault_set(p->fault, 400, "invalid_value", p->field,
                              "'%s' must be a whole number, at least %lld", p->field, (long long)low);
    *out = json_integer_value(v);
    return true;
}

static bool take_model(struct reader *p, const json_t *v)
{
    p->r->model = json_string_value(v);
    return p->r->model ? true : bad(p, "a string");
}

static bool take_stream(struct reader *p, const json_t *v)
{
    return to_flag(p, v, &p->r->stream);
}

static bool take_echo(struct reader *p, const json_t *v)
{
    return to_flag(p, v, &p->r->echo);
}

static bool take_most(struct reader *p, const json_t *v)
{
    return to_integer(p, v, 1, &p->r->most);
}

static bool take_temperature(struct reader *p, const json_t *v)
{
    return to_real(p, v, 0, 2, &p->r->sampling.temperature);
}

/* 0 keeps the likeliest token alone, as the smallest share does. */
static bool take_top_p(struct reader *p, const json_t *v)
{
    double *top = &p->r->sampling.top_p;
    if (!to_real(p, v, 0, 1, top))
        return false;
    if (*top < 1e-9)
        *top = 1e-9;
    return true;
}

static bool take_top_k(struct reader *p, const json_t *v)
{
    int64_t k = 0;
    if (!to_integer(p, v, 0, &k))
        return false;
    p->r->sampling.top_k = (size_t)k;
    return true;
}

static bool take_seed(struct reader *p, const json_t *v)
{
    int64_t seed = 0;
    if (!to_integer(p, v, INT64_MIN, &seed))
        return false;
    p->r->sampling.seed = (uint64_t)seed;
    p->r->seed_given = true;
    return true;
}

static bool take_stream_options(struct reader *p, const json_t *v)
{
    const char *key;
    json_t *value;
    if (!json_is_object(v))
        return bad(p, "an object");
    json_object_foreach((json_t *)v, key, value)
    {
        if (!strcmp(key, "include_usage") && json_is_boolean(value))
            p->r->usage = json_is_true(value);
        else if (strcmp(key, "include_obfuscation") || !json_is_boolean(value))
            return bad(p, "an object with include_usage true or false");
    }
    return true;
}

static bool add_stop(struct reader *p, const json_t *v)
{
    const char *text = json_string_value(v);
    if (!text || !*text || strlen(text) > QUIN_REQUEST_STOP_BYTES || p->r->stops == QUIN_REQUEST_STOPS)
        return quin_fault_set(p->fault, 400, "invalid_value", p->field,
                              "'stop' must be a text of 1 to %d bytes, or a list of at most %d such texts",
                              QUIN_REQUEST_STOP_BYTES, QUIN_REQUEST_STOPS);
    p->r->stop[p->r->stops++] = text;
    return true;
}

static bool take_stop(struct reader *p, const json_t *v)
{
    if (!json_is_array(v))
        return add_stop(p, v);
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!add_stop(p, json_array_get(v, i)))
            return false;
    return true;
}

/* ---- what goes in ---- */

static bool take_tokens(struct reader *p, const json_t *v)
{
    size_t n = json_array_size(v);
    p->r->tokens = calloc(n, sizeof *p->r->tokens);
    if (!p->r->tokens)
        return no_memory(p);
    for (size_t i = 0; i < n; i++) {
        const json_t *token = json_array_get(v, i);
        json_int_t id = json_integer_value(token);
        if (!json_is_integer(token) || id < 0 || id >= UINT32_MAX)
            return bad(p, "a text or a list of tokens");
        p->r->tokens[i] = (uint32_t)id;
    }
    p->r->token_count = n;
    return true;
}

static bool take_prompt(struct reader *p, const json_t *v)
{
    if (json_is_array(v) && json_array_size(v) == 1 && !json_is_integer(json_array_get(v, 0)))
        v = json_array_get(v, 0); /* a list of one prompt is that prompt */
    if (json_is_array(v) && json_is_integer(json_array_get(v, 0)))
        return take_tokens(p, v);
    if (json_is_array(v) && json_array_size(v) > 1)
        return refuse(p,
                      "a list of several prompts; send a request for each, they are computed side by side");
    if (!json_is_string(v))
        return bad(p, "a text or a list of tokens");
    p->r->prompt = json_string_value(v);
    p->r->prompt_length = json_string_length(v);
    return true;
}

/* Text of one part of a content, NULL if it is no text. */
static const json_t *part_text(const json_t *part)
{
    const char *type = json_string_value(json_object_get(part, "type"));
    const json_t *text = json_object_get(part, "text");
    return type && !strcmp(type, "text") && json_is_string(text) ? text : NULL;
}

/* A content is a text, or a list of texts that are joined. */
static bool take_content(struct reader *p, const json_t *v, struct quin_chat_message *m)
{
    size_t length = 0, n = json_is_array(v) ? json_array_size(v) : 1;
    p->field = "messages.content";
    for (size_t i = 0; i < n; i++) {
        const json_t *text = json_is_array(v) ? part_text(json_array_get(v, i)) : v;
        if (!json_is_string(text))
            return bad(p, "a text, or a list of {\"type\": \"text\", \"text\": ...}");
        length += json_string_length(text);
    }
    char *content = malloc(length + 1);
    if (!content)
        return no_memory(p);
    m->content = content;
    m->length = length;
    for (size_t i = 0; i < n; i++) {
        const json_t *text = json_is_array(v) ? part_text(json_array_get(v, i)) : v;
        memcpy(content, json_string_value(text), json_string_length(text));
        content += json_string_length(text);
    }
    *content = '\0';
    return true;
}

static bool take_role(struct reader *p, const json_t *v, struct quin_chat_message *m)
{
    const char *role = json_string_value(v);
    p->field = "messages.role";
    if (role && !strcmp(role, "developer"))
        role = "system";
    if (!role || (strcmp(role, "system") && strcmp(role, "user") && strcmp(role, "assistant")))
        return bad(p, "\"system\", \"user\" or \"assistant\"");
    m->role = role;
    return true;
}

/* Says the value nothing? */
static bool is_empty(const json_t *v)
{
    return json_is_null(v) || json_is_false(v) || (json_is_array(v) && !json_array_size(v)) ||
           (json_is_object(v) && !json_object_size(v)) || (json_is_string(v) && !json_string_length(v));
}

static bool take_message(struct reader *p, const json_t *v, struct quin_chat_message *m)
{
    const char *key;
    json_t *value;
    if (!json_is_object(v))
        return bad(p, "a list of objects with role and content");
    json_object_foreach((json_t *)v, key, value)
    {
        if (strcmp(key, "role") && strcmp(key, "content") && strcmp(key, "name") && !is_empty(value))
            return quin_fault_set(
                p->fault, 400, "unsupported_parameter", "messages",
                "a message of 'messages' has the field '%.64s'; only role, content and name are supported",
                key);
    }
    return take_role(p, json_object_get(v, "role"), m) && take_content(p, json_object_get(v, "content"), m);
}

static bool take_messages(struct reader *p, const json_t *v)
{
    size_t n = json_array_size(v);
    if (!json_is_array(v) || !n || n > QUIN_REQUEST_MESSAGES)
        return quin_fault_set(p->fault, 400, "invalid_value", p->field,
                              "'messages' must be a list of 1 to %d messages", QUIN_REQUEST_MESSAGES);
    p->r->messages = calloc(n, sizeof *p->r->messages);
    if (!p->r->messages)
        return no_memory(p);
    p->r->message_count = n;
    for (size_t i = 0; i < n; i++, p->field = "messages")
        if (!take_message(p, json_array_get(v, i), &p->r->messages[i]))
            return false;
    return true;
}

/* ---- what may only be said if it says nothing ---- */

static bool only_one(struct reader *p, const json_t *v)
{
    return json_is_integer(v) && json_integer_value(v) == 1
               ? true
               : refuse(p, "a request has one answer; leave it at 1");
}

static bool only_zero(struct reader *p, const json_t *v)
{
    return json_is_number(v) && json_number_value(v) == 0 ? true : refuse(p, "leave it at 0");
}

static bool only_empty(struct reader *p, const json_t *v)
{
    return is_empty(v) ? true : refuse(p, "leave it out");
}

static bool only_text(struct reader *p, const json_t *v)
{
    const char *type = json_string_value(json_object_get(v, "type"));
    return type && !strcmp(type, "text") ? true : refuse(p, "answers are text; leave it out");
}

static bool only_none(struct reader *p, const json_t *v)
{
    const char *text = json_string_value(v);
    return text && (!strcmp(text, "none") || !strcmp(text, "auto"))
               ? true
               : refuse(p, "there are no tools; leave it out");
}

static bool only_words(struct reader *p, const json_t *v)
{
    const char *text = json_array_size(v) == 1 ? json_string_value(json_array_get(v, 0)) : NULL;
    return text && !strcmp(text, "text") ? true : refuse(p, "answers are text; leave it out");
}

static bool ignore(struct reader *p, const json_t *v)
{
    (void)p;
    (void)v;
    return true;
}

/* ---- the table ---- */

enum { TEXT = 1, CHAT = 2, BOTH = TEXT | CHAT };

static const struct field {
    const char *name;
    unsigned where;
    take_fn *take;
} fields[] = {
    {"model", BOTH, take_model},
    {"prompt", TEXT, take_prompt},
    {"messages", CHAT, take_messages},
    {"max_tokens", BOTH, take_most},
    {"max_completion_tokens", CHAT, take_most}, /* behind max_tokens: it counts if both are given */
    {"temperature", BOTH, take_temperature},
    {"top_p", BOTH, take_top_p},
    {"top_k", BOTH, take_top_k},
    {"seed", BOTH, take_seed},
    {"stop", BOTH, take_stop},
    {"stream", BOTH, take_stream},
    {"stream_options", BOTH, take_stream_options},
    {"echo", TEXT, take_echo},
    {"n", BOTH, only_one},
    {"best_of", TEXT, only_one},
    {"presence_penalty", BOTH, only_zero},
    {"frequency_penalty", BOTH, only_zero},
    {"logprobs", BOTH, only_empty},
    {"top_logprobs", CHAT, only_zero},
    {"logit_bias", BOTH, only_empty},
    {"suffix", TEXT, only_empty},
    {"tools", CHAT, only_empty},
    {"functions", CHAT, only_empty},
    {"tool_choice", CHAT, only_none},
    {"function_call", CHAT, only_none},
    {"response_format", CHAT, only_text},
    {"modalities", CHAT, only_words},
    {"audio", CHAT, only_empty},
    {"prediction", CHAT, only_empty},
    {"web_search_options", CHAT, only_empty},
    {"parallel_tool_calls", CHAT, ignore},
    {"reasoning_effort", CHAT, ignore},
    {"verbosity", CHAT, ignore},
    {"user", BOTH, ignore},
    {"metadata", BOTH, ignore},
    {"store", BOTH, ignore},
    {"service_tier", BOTH, ignore},
    {"safety_identifier", BOTH, ignore},
    {"prompt_cache_key", BOTH, ignore},
    {"prompt_cache_retention", BOTH, ignore},
};

enum { FIELDS = sizeof fields / sizeof fields[0] };

static bool is_known(const char *name, unsigned where)
{
    for (int i = 0; i < FIELDS; i++)
        if ((fields[i].where & where) && !strcmp(fields[i].name, name))
            return true;
    return false;
}

static bool take_fields(struct reader *p, unsigned where)
{
    const char *key;
    json_t *value;
    json_object_foreach(p->r->document, key, value)
    {
        if (!is_known(key, where))
            return quin_fault_set(p->fault, 400, "unknown_parameter", NULL,
                                  "there is no field '%.64s'; docs/server.md lists "
                                  "the fields",
                                  key);
    }
    for (int i = 0; i < FIELDS; i++) {
        const json_t *v = json_object_get(p->r->document, fields[i].name);
        p->field = fields[i].name;
        if ((fields[i].where & where) && v && !json_is_null(v) && !fields[i].take(p, v))
            return false;
    }
    return true;
}

/* What several fields say together. */
static bool check_whole(struct reader *p)
{
    const struct quin_request *r = p->r;
    p->field = r->chat ? "messages" : "prompt";
    if (r->chat ? !r->messages : !r->prompt && !r->tokens)
        return quin_fault_set(p->fault, 400, "missing_required_parameter", p->field, "'%s' is missing",
                              p->field);
    p->field = "stream_options";
    if (!r->stream && json_is_object(json_object_get(r->document, p->field)))
        return quin_fault_set(p->fault, 400, "invalid_value", p->field,
                              "'stream_options' goes with \"stream\": true");
    return true;
}

bool quin_request_parse(const char *body, size_t length, bool chat,
                        const struct quin_sampler_options *sampling, struct quin_request *r,
                        struct quin_fault *fault)
{
    json_error_t error;
    struct reader p = {r, fault, NULL};
    *r = (struct quin_request){.chat = chat, .most = -1, .sampling = *sampling};
    *fault = (struct quin_fault){0};
    r->document = json_loadb(body, length, JSON_REJECT_DUPLICATES, &error);
    if (!r->document)
        return quin_fault_set(fault, 400, "invalid_json", NULL,
                              "the body is no JSON that can be taken: %s (line %d, "
                              "column %d)",
                              error.text, error.line, error.column);
    bool good = json_is_object(r->document) ? take_fields(&p, chat ? CHAT : TEXT) && check_whole(&p)
                                            : quin_fault_set(fault, 400, "invalid_json", NULL,
                                                             "the body must be a JSON object");
    if (!good)
        quin_request_free(r);
    return good;
}

void quin_request_free(struct quin_request *r)
{
    for (size_t i = 0; i < r->message_count; i++)
        free((char *)r->messages[i].content);
    free(r->messages);
    free(r->tokens);
    json_decref(r->document);
    *r = (struct quin_request){0};
}
