/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine's thread. Each slot with a task has one short submission under way: a piece of the prompt; a few
 * greedy tokens, chosen on the device; or one token whose logits come back, for a task that is sampled. All
 * events that are there are taken, and what follows is submitted, before the device is waited for: so the
 * next run has a row for every slot. Submissions are short so that a task that ends early frees its slot
 * soon.
 */
#include "scheduler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "msg.h"
#include "task.h"

enum { RUN_TOKENS = 8, PROMPT_RUNS = 8 }; /* greedy tokens, prefill runs of a submission */
enum { EVENTS = 64 };                       /* taken before the queue is looked at */

/* tokens [count] are what the slot's sequence is known to be, the first `held` of them are in its KV cache;
 * they stay when the task is over, for a task that begins in the same way. */
struct slot {
    struct quin_task *task; /* NULL: free */
    uint32_t *tokens;       /* [context + 1] */
    size_t count, held;
    bool sampled;           /* the submission under way is for logits */
    bool prompt;            /* the submission under way is part of a prompt, its token counts for nothing */
    struct quin_sampler *sampler; /* NULL: greedy */
    uint64_t used;          /* when the slot got its last task */
};

struct quin_scheduler {
    const struct quin_lm *lm;
    struct quin_engine *engine;
    struct quin_scheduler_options options;
    size_t vocab, piece; /* tokens of a prompt that are submitted at a time */
    struct slot *slot;   /* [options.slots]; of the engine's thread, but for slot.task */
    float *logits;       /* [vocab] */
    uint64_t clock;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows, and tasks */
    pthread_cond_t work, idle;
    struct quin_task *first, *last; /* the queue */
    struct quin_scheduler_state state;
    bool ended; /* the engine's thread */
};

/* ---- submissions ---- */

/* Submits what slot i's task needs next. */
static enum quin_err step(struct quin_scheduler *s, uint32_t i, struct quin_msg *msg)
{
    struct slot *slot = &s->slot[i];
    const struct quin_task *t = slot->task;
    const uint32_t *tokens = slot->tokens + slot->held;
    size_t n = slot->count - slot->held;
    uint32_t at = (uint32_t)slot->held, left = t->most - t->made;
    slot->prompt = n > s->piece;
    slot->sampled = !slot->prompt && slot->sampler;
    if (slot->prompt)
        return quin_engine_submit(s->engine, i, at, tokens, s->piece, 0, UINT32_MAX, msg);
    if (slot->sampled)
        return quin_engine_submit_logits(s->engine, i, at, tokens, n, msg);
    return quin_engine_submit(s->engine, i, at, tokens, n, left < RUN_TOKENS ? left : RUN_TOKENS, t->ends[0],
                              msg);
}

/* A token that follows in slot i; it is only told if the task has not ended. */
static void put(struct quin_scheduler *s, struct slot *slot, uint32_t token)
{
    const char *bytes = "";
    size_t length = 0;
    if (quin_lm_decode(s->lm, token, &bytes, &length, NULL))
        length = 0; /* a row of the embedding without a token has no text */
    slot->tokens[slot->count++] = token;
    pthread_mutex_lock(&s->lock);
    if (!slot->task->finish)
        s->state.tokens++;
    quin_task_put(slot->task, token, bytes, length);
    pthread_mutex_unlock(&s->lock);
}

/* ---- slots and tasks ---- */

static size_t common(const struct slot *slot, const struct quin_task *t)
{
    size_t n = 0, most = slot->held < t->count - 1 ? slot->held : t->count - 1;
    while (n < most && slot->tokens[n] == t->tokens[n])
        n++;
    return n;
}

/* The free slot that has most of the task's tokens, of several the one that has been free longest; NULL: none
 * is. */
static struct slot *find_slot(struct quin_scheduler *s, const struct quin_task *t)
{
    struct slot *best = NULL;
    size_t most = 0;
    for (uint32_t i = 0; i < s->options.slots; i++) {
        struct slot *slot = &s->slot[i];
        if (slot->task)
            continue;
        size_t n = common(slot, t);
        if (!best || n > most || (n == most && slot->used < best->used)) {
            best = slot;
            most = n;
        }
    }
    return best;
}

/* With the lock held. The slot's reference goes. */
static void leave(struct quin_scheduler *s, struct slot *slot)
{
    quin_sampler_free(slot->sampler);
    slot->sampler = NULL;
    s->state.busy--;
    s->state.tasks++;
    quin_task_drop(slot->task);
    slot->task = NULL;
}

/* Ends the task of a slot on an error of its own. */
static void fail(struct quin_scheduler *s, struct slot *slot, const struct quin_msg *msg)
{
    slot->held = slot->count = 0;
    pthread_mutex_lock(&s->lock);
    quin_task_end(slot->task, QUIN_FINISH_FAILED, msg->text);
    leave(s, slot);
    pthread_mutex_unlock(&s->lock);
}

/* With the lock held: tasks that have ended while they waited leave the queue. */
static void purge(struct quin_scheduler *s)
{
    struct quin_task **link = &s->first, *t;
    s->last = NULL;
    while ((t = *link)) {
        if (!t->finish) {
            s->last = t;
            link = &t->next;
            continue;
        }
        *link = t->next;
        s->state.waiting--;
        quin_task_drop(t);
    }
}

/* With the lock held: the first task of the queue gets a slot. NULL: no task, or no slot. */
static struct slot *admit(struct quin_scheduler *s)
{
    purge(s);
    struct quin_task *t = s->first;
    struct slot *slot = t ? find_slot(s, t) : NULL;
    if (!slot)
        return NULL;
    s->first = t->next;
    if (!s->first)
        s->last = NULL;
    s->state.waiting--;
    s->state.busy++;
    slot->task = t;
    return slot;
}

/* The first submission of a task that has been admitted. */
static enum quin_err begin(struct quin_scheduler *s, struct slot *slot, struct quin_msg *msg)
{
    struct quin_task *t = slot->task;
    size_t same = common(slot, t);
    slot->used = ++s->clock;
    slot->held = same;
    slot->count = t->count;
    memcpy(slot->tokens + same, t->tokens + same, (t->count - same) * sizeof *t->tokens);
    pthread_mutex_lock(&s->lock);
    t->reused = same;
    pthread_mutex_unlock(&s->lock);
    enum quin_err err = QUIN_OK;
    if (t->sampling.temperature > 0)
        err = quin_sampler_create(&t->sampling, s->vocab, &slot->sampler, msg);
    return err ? err : step(s, (uint32_t)(slot - s->slot), msg);
}

/* ---- events ---- */

/* What an event means for its slot; may submit what comes next. */
static enum quin_err follow(struct quin_scheduler *s, const struct quin_event *event, struct quin_msg *msg)
{
    struct slot *slot = &s->slot[event->slot];
    uint32_t token = event->token;
    slot->held = event->position;
    if (slot->sampled) {
        enum quin_err err = quin_engine_logits(s->engine, event->slot, s->logits, msg);
        if (!err)
            err = quin_sampler_pick(slot->sampler, s->logits, &token, msg);
        if (err)
            return err;
    }
    if (!slot->prompt)
        put(s, slot, token);
    if (!event->last)
        return QUIN_OK;
    pthread_mutex_lock(&s->lock);
    bool over = slot->task->finish != QUIN_FINISH_NONE;
    if (over)
        leave(s, slot);
    pthread_mutex_unlock(&s->lock);
    return over ? QUIN_OK : step(s, event->slot, msg);
}

/* Waits for one event and takes all that are there. False: the engine is of no use any more. */
static bool take_events(struct quin_scheduler *s, struct quin_msg *msg)
{
    unsigned taken = 0;
    do {
        struct quin_event event;
        enum quin_err err = quin_engine_next(s->engine, &event, msg);
        if (err && (err != QUIN_ERR_DEVICE || event.slot >= s->options.slots))
            return false;
        if (!err)
            err = follow(s, &event, msg);
        if (err)
            fail(s, &s->slot[event.slot], msg);
        /* a fast device must not keep those who wait for a slot waiting; busy is only changed by this thread
         */
    } while (++taken < EVENTS && s->state.busy && quin_engine_ready(s->engine));
    return true;
}

/* ---- the thread ---- */

/* With the lock held: all tasks end, in slots and in the queue. */
static void end_all(struct quin_scheduler *s, bool running, enum quin_finish finish, const char *why)
{
    for (uint32_t i = 0; running && i < s->options.slots; i++)
        if (s->slot[i].task)
            quin_task_end(s->slot[i].task, finish, why);
    for (struct quin_task *t = s->first; t; t = t->next)
        quin_task_end(t, finish, why);
}

/* With the lock held: the engine has failed. Slots give their tasks back, the queue is emptied. */
static void break_down(struct quin_scheduler *s, const char *why)
{
    s->state.broken = s->state.closed = true;
    end_all(s, true, QUIN_FINISH_FAILED, why);
    for (uint32_t i = 0; i < s->options.slots; i++)
        if (s->slot[i].task)
            leave(s, &s->slot[i]);
    purge(s);
}

/* With the lock held on entry and return: gives slots to the tasks that wait. */
static void admit_all(struct quin_scheduler *s, struct quin_msg *msg)
{
    struct slot *slot;
    while ((slot = admit(s))) {
        pthread_mutex_unlock(&s->lock);
        if (begin(s, slot, msg))
            fail(s, slot, msg);
        pthread_mutex_lock(&s->lock);
    }
}

static void *serve(void *user)
{
    struct quin_scheduler *s = user;
    struct quin_msg msg = {""};
    bool good = true;
    pthread_mutex_lock(&s->lock);
    while (good) {
        admit_all(s, &msg);
        if (!s->state.busy && s->state.closed)
            break;
        if (!s->state.busy) {
            pthread_cond_wait(&s->work, &s->lock);
            continue;
        }
        pthread_mutex_unlock(&s->lock);
        good = take_events(s, &msg);
        pthread_mutex_lock(&s->lock);
    }
    if (!good)
        break_down(s, msg.text);
    s->ended = true;
    pthread_cond_broadcast(&s->idle);
    pthread_mutex_unlock(&s->lock);
    if (!good)
        s->options.broken(s->options.user, msg.text);
    return NULL;
}

/* ---- the outside ---- */

static void release_memory(struct quin_scheduler *s)
{
    for (uint32_t i = 0; s->slot && i < s->options.slots; i++)
        free(s->slot[i].tokens);
    free(s->slot);
    free(s->logits);
    free(s);
}

static bool take_memory(struct quin_scheduler *s, size_t context)
{
    bool good = true;
    s->slot = calloc(s->options.slots, sizeof *s->slot);
    s->logits = calloc(s->vocab, sizeof *s->logits);
    for (uint32_t i = 0; s->slot && i < s->options.slots; i++) {
        s->slot[i].tokens = calloc(context + 1, sizeof *s->slot[i].tokens);
        good = good && s->slot[i].tokens;
    }
    return good && s->slot && s->logits;
}

enum quin_err quin_scheduler_open(const struct quin_lm *lm, struct quin_engine *engine,
                                  const struct quin_scheduler_options *options, struct quin_scheduler **out,
                                  struct quin_msg *msg)
{
    struct quin_lm_info model;
    struct quin_engine_info device;
    struct quin_scheduler *s = calloc(1, sizeof *s);
    quin_lm_info(lm, &model);
    quin_engine_info(engine, &device);
    if (s) {
        s->lm = lm;
        s->engine = engine;
        s->options = *options;
        s->vocab = model.vocab;
        s->piece = (size_t)device.prefill_rows * PROMPT_RUNS;
        s->state.slots = options->slots;
    }
    if (!s || !take_memory(s, device.context) || pthread_mutex_init(&s->lock, NULL) ||
        !quin_cond_init(&s->work) || !quin_cond_init(&s->idle) ||
        pthread_create(&s->thread, NULL, serve, s)) {
        if (s)
            release_memory(s);
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory or no thread to serve %u slots; take fewer",
                            options->slots);
    }
    *out = s;
    return QUIN_OK;
}

enum quin_admission quin_scheduler_submit(struct quin_scheduler *s, const struct quin_task_options *o,
                                          struct quin_task **task)
{
    enum quin_admission result = QUIN_ADMITTED;
    struct quin_task *t = quin_task_create(o, &s->lock);
    if (!t)
        return QUIN_REFUSED_MEMORY;
    pthread_mutex_lock(&s->lock);
    purge(s);
    if (s->state.closed)
        result = QUIN_REFUSED_CLOSED;
    else if (s->state.busy + s->state.waiting >= s->options.slots + s->options.waiting)
        result = QUIN_REFUSED_FULL;
    if (result) {
        quin_task_drop(t);
    } else {
        t->references = 2;
        s->state.waiting++;
        if (s->last)
            s->last->next = t;
        else
            s->first = t;
        s->last = t;
        *task = t;
        pthread_cond_signal(&s->work);
    }
    pthread_mutex_unlock(&s->lock);
    return result;
}

void quin_scheduler_cut(struct quin_scheduler *s)
{
    pthread_mutex_lock(&s->lock);
    s->state.closed = true;
    end_all(s, true, QUIN_FINISH_CLOSED, "the server is shutting down");
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
}

/* Waits for the thread's end; true when it has come. With the lock held. */
static bool wait_end(struct quin_scheduler *s, double seconds)
{
    struct timespec until = quin_deadline(seconds);
    while (!s->ended)
        if (pthread_cond_timedwait(&s->idle, &s->lock, &until) == ETIMEDOUT)
            break;
    return s->ended;
}

bool quin_scheduler_stop(struct quin_scheduler *s, double seconds)
{
    const double let_go = 2; /* for the submissions under way */
    pthread_mutex_lock(&s->lock);
    s->state.closed = true;
    end_all(s, false, QUIN_FINISH_CLOSED, "the server is shutting down");
    pthread_cond_signal(&s->work);
    bool ended = wait_end(s, seconds);
    if (!ended) {
        end_all(s, true, QUIN_FINISH_CLOSED, "the server is shutting down");
        ended = wait_end(s, let_go);
    }
    pthread_mutex_unlock(&s->lock);
    if (ended)
        pthread_join(s->thread, NULL);
    return ended;
}

void quin_scheduler_close(struct quin_scheduler *s)
{
    if (!s)
        return;
    pthread_cond_destroy(&s->work);
    pthread_cond_destroy(&s->idle);
    pthread_mutex_destroy(&s->lock);
    release_memory(s);
}

void quin_scheduler_state(struct quin_scheduler *s, struct quin_scheduler_state *state)
{
    pthread_mutex_lock(&s->lock);
    *state = s->state;
    pthread_mutex_unlock(&s->lock);
}
