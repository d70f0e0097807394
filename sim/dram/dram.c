/* SPDX-License-Identifier: Apache-2.0
 *
 * DRAM model. Bursts are served in the order of acceptance on one data bus, a beat a cycle, reads and writes apart. While
 * one uses the bus, the rows of those behind it are opened, one a cycle, unless an older burst still needs the bank.
 * A write takes its place when its data are complete.
 */
#include "dram.h"

#include <stdlib.h>
#include <string.h>

struct burst {
    uint64_t address;  /* of the next beat, aligned to the bus */
    uint64_t earliest; /* cycle of its first beat if its row is open */
    uint64_t ready;    /* cycle from which beats of the row may use the bus, once `opened` */
    uint32_t beats, id, resp;
    int opened; /* the row of the next beat has been opened for it */
};

/* A ring of bursts, oldest first. */
struct queue {
    struct burst burst[QUIN_DRAM_QUEUE_MAX];
    uint32_t head, count;
};

struct quin_dram {
    struct quin_dram_params p;
    uint8_t *memory;
    uint64_t bytes;
    uint64_t now, bus_free, next_refresh, refresh_end;
    uint64_t open_row[QUIN_DRAM_BANKS_MAX], bank_free[QUIN_DRAM_BANKS_MAX];
    struct queue read, fill, write, answer; /* fill: writes whose data come; write: complete; answer: B due */
    uint32_t fill_beats; /* of fill's oldest burst that have come */
    int last_write, silent;
    uint64_t random;
    struct quin_dram_stats stats;
    uint64_t breaches;
    const char *breach;
};

static const uint64_t NO_ROW = UINT64_MAX;
enum { WRITE_PATIENCE = 64 }; /* cycles that a complete write lets reads pass */

struct quin_dram_params quin_dram_ddr3(uint32_t bus_bytes)
{
    return (struct quin_dram_params){
        .bus_bytes = bus_bytes, .latency = 20, .row_miss = 4, .turnaround = 4, .banks = 8, .row_bytes = 2048,
        .refresh_interval = 780, .refresh_cycles = 26, .outstanding = 8, .seed = 1,
    };
}

struct quin_dram_params quin_dram_ideal(uint32_t bus_bytes)
{
    return (struct quin_dram_params){
        .bus_bytes = bus_bytes, .latency = 2, .banks = 8, .row_bytes = 2048, .outstanding = 16, .seed = 1,
    };
}

static int power_of_two(uint32_t x)
{
    return x && !(x & (x - 1));
}

struct quin_dram *quin_dram_create(const struct quin_dram_params *params, uint8_t *memory, uint64_t bytes)
{
    const struct quin_dram_params *p = params;
    if (!power_of_two(p->bus_bytes) || p->bus_bytes > QUIN_DRAM_BUS_MAX || !power_of_two(p->banks) ||
        p->banks > QUIN_DRAM_BANKS_MAX || !power_of_two(p->row_bytes) || p->row_bytes < p->bus_bytes ||
        !p->outstanding || p->outstanding > QUIN_DRAM_QUEUE_MAX || p->stall_percent >= 100 ||
        bytes % p->bus_bytes || (p->refresh_interval && p->refresh_cycles >= p->refresh_interval))
        return NULL;
    struct quin_dram *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->p = *p;
    d->memory = memory;
    d->bytes = bytes;
    d->next_refresh = p->refresh_interval;
    d->random = p->seed;
    for (uint32_t i = 0; i < QUIN_DRAM_BANKS_MAX; i++)
        d->open_row[i] = NO_ROW;
    return d;
}

void quin_dram_destroy(struct quin_dram *d)
{
    free(d);
}

void quin_dram_set_silent(struct quin_dram *d, int silent)
{
    d->silent = silent;
}

void quin_dram_set_error(struct quin_dram *d, uint64_t base, uint64_t limit)
{
    d->p.error_base = base;
    d->p.error_limit = limit;
}

const struct quin_dram_stats *quin_dram_stats(const struct quin_dram *d)
{
    return &d->stats;
}

void quin_dram_clear_stats(struct quin_dram *d)
{
    memset(&d->stats, 0, sizeof d->stats);
}

uint64_t quin_dram_breaches(const struct quin_dram *d, const char **text)
{
    if (text)
        *text = d->breach ? d->breach : "";
    return d->breaches;
}

static void breach(struct quin_dram *d, const char *text)
{
    if (!d->breaches++)
        d->breach = text;
}

/* splitmix64 */
static uint32_t rnd(struct quin_dram *d)
{
    uint64_t z = (d->random += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

static int held_back(struct quin_dram *d)
{
    return d->p.stall_percent && rnd(d) % 100 < d->p.stall_percent;
}

/* ---- queues ---- */

static struct burst *queue_at(struct queue *q, uint32_t i)
{
    return &q->burst[(q->head + i) % QUIN_DRAM_QUEUE_MAX];
}

static void queue_push(struct queue *q, const struct burst *b)
{
    *queue_at(q, q->count++) = *b;
}

/* Takes entry i out; older ones move up by one. */
static void queue_take(struct queue *q, uint32_t i)
{
    for (; i > 0; i--)
        *queue_at(q, i) = *queue_at(q, i - 1);
    q->head = (q->head + 1) % QUIN_DRAM_QUEUE_MAX;
    q->count--;
}

/* ---- rows ---- */

static uint32_t bank_of(const struct quin_dram *d, const struct burst *b)
{
    return (uint32_t)(b->address / d->p.row_bytes % d->p.banks);
}

/* The burst needs the row of its next beat: opens it if it is closed, and says from when on it may be used. */
static void open_row(struct quin_dram *d, struct burst *b)
{
    uint64_t row = b->address / d->p.row_bytes;
    uint32_t bank = bank_of(d, b);
    b->ready = d->now > d->bank_free[bank] ? d->now : d->bank_free[bank];
    b->opened = 1;
    if (d->open_row[bank] == row) {
        d->stats.row_hits++;
    } else {
        d->stats.row_misses++;
        b->ready += d->p.row_miss;
        b->earliest += d->p.row_miss;
        d->open_row[bank] = row;
        d->bank_free[bank] = b->ready;
    }
    if (b->ready < b->earliest)
        b->ready = b->earliest;
}

/* Opens a row for the oldest burst that has none and whose bank no older burst uses. */
static void look_ahead(struct quin_dram *d, struct queue *q)
{
    uint64_t used = 0; /* banks of older bursts */
    for (uint32_t i = 0; i < q->count; i++) {
        struct burst *b = queue_at(q, i);
        uint64_t bank = (uint64_t)1 << bank_of(d, b);
        if (!b->opened && !(used & bank)) {
            open_row(d, b);
            return;
        }
        used |= bank;
    }
}

static void refresh(struct quin_dram *d)
{
    if (!d->p.refresh_interval || d->now < d->next_refresh)
        return;
    d->next_refresh += d->p.refresh_interval;
    d->refresh_end = d->now + d->p.refresh_cycles;
    d->stats.refreshes++;
    for (uint32_t i = 0; i < d->p.banks; i++) {
        d->open_row[i] = NO_ROW;
        d->bank_free[i] = d->refresh_end;
    }
    for (uint32_t i = 0; i < d->read.count; i++)
        queue_at(&d->read, i)->opened = 0;
    for (uint32_t i = 0; i < d->write.count; i++)
        queue_at(&d->write, i)->opened = 0;
}

/* Whether the burst's next beat may use the bus in this cycle. */
static int beat_ready(const struct quin_dram *d, const struct burst *b)
{
    return d->now >= d->refresh_end && d->now >= d->bus_free && b->opened && d->now >= b->ready;
}

/* The burst's next beat used the bus. Returns 1 if it was the last one. */
static int beat_done(struct quin_dram *d, struct burst *b)
{
    b->address += d->p.bus_bytes;
    if (b->address % d->p.row_bytes == 0) /* it goes on in the next row */
        b->opened = 0;
    return --b->beats == 0;
}

/* A burst in the other direction than the one before it leaves the bus empty for a while. */
static int turn_bus(struct quin_dram *d, int write)
{
    if (d->last_write == write)
        return 0;
    d->last_write = write;
    d->bus_free = d->now + d->p.turnaround;
    return d->p.turnaround != 0;
}

/* ---- channels ---- */

static uint32_t check_burst(struct quin_dram *d, uint64_t address, uint32_t beats)
{
    uint64_t first = address & ~(uint64_t)(d->p.bus_bytes - 1), bytes = (uint64_t)beats * d->p.bus_bytes;
    if (first / 4096 != (first + bytes - 1) / 4096)
        breach(d, "a burst crosses a 4 KiB page");
    if (beats > 256)
        breach(d, "a burst has more than 256 beats");
    if (first > d->bytes || bytes > d->bytes - first)
        return 3; /* DECERR */
    return first < d->p.error_limit && first + bytes > d->p.error_base ? 2 : 0; /* SLVERR */
}

static void accept_bursts(struct quin_dram *d, const struct quin_dram_axi *x)
{
    uint64_t mask = ~(uint64_t)(d->p.bus_bytes - 1);
    if (x->ar_valid && x->ar_ready) {
        struct burst b = {.address = x->ar_addr & mask, .beats = x->ar_len + 1, .id = x->ar_id,
                          .earliest = d->now + d->p.latency, .resp = check_burst(d, x->ar_addr, x->ar_len + 1)};
        queue_push(&d->read, &b);
        d->stats.read_bursts++;
    }
    if (x->aw_valid && x->aw_ready) {
        struct burst b = {.address = x->aw_addr & mask, .beats = x->aw_len + 1, .id = x->aw_id,
                          .resp = check_burst(d, x->aw_addr, x->aw_len + 1)};
        queue_push(&d->fill, &b);
        d->stats.write_bursts++;
    }
}

static void accept_data(struct quin_dram *d, const struct quin_dram_axi *x)
{
    if (!x->w_valid || !x->w_ready)
        return;
    struct burst *b = queue_at(&d->fill, 0);
    uint64_t at = b->address + (uint64_t)d->fill_beats * d->p.bus_bytes;
    for (uint32_t i = 0; i < d->p.bus_bytes && !b->resp; i++)
        if (x->w_strb >> i & 1)
            d->memory[at + i] = x->w_data[i];
    int last = ++d->fill_beats == b->beats;
    if (last != !!x->w_last)
        breach(d, "w_last is not with the last beat");
    if (!last)
        return;
    d->fill_beats = 0;
    b->earliest = d->now;
    queue_push(&d->write, b);
    queue_take(&d->fill, 0);
}

/* Which read gives the next beat: the oldest, or with `interleave` any that is the oldest of its id. */
static uint32_t choose_read(struct quin_dram *d)
{
    if (!d->p.interleave || d->read.count < 2)
        return 0;
    uint32_t i = rnd(d) % d->read.count;
    for (uint32_t j = 0; j < i; j++)
        if (queue_at(&d->read, j)->id == queue_at(&d->read, i)->id)
            return j;
    return i;
}

static void serve_read(struct quin_dram *d, struct quin_dram_axi *x)
{
    uint32_t i = choose_read(d);
    struct burst *b = queue_at(&d->read, i);
    if (!beat_ready(d, b) || turn_bus(d, 0))
        return;
    x->r_valid = 1;
    x->r_id = b->id;
    x->r_resp = b->resp;
    x->r_last = b->beats == 1;
    if (b->resp)
        memset(x->r_data, 0xee, d->p.bus_bytes);
    else
        memcpy(x->r_data, d->memory + b->address, d->p.bus_bytes);
    d->stats.read_beats++;
    if (beat_done(d, b))
        queue_take(&d->read, i);
}

static void serve_write(struct quin_dram *d)
{
    struct burst *b = queue_at(&d->write, 0);
    if (!beat_ready(d, b) || turn_bus(d, 1))
        return;
    d->stats.write_beats++;
    if (beat_done(d, b)) {
        queue_push(&d->answer, b);
        queue_take(&d->write, 0);
    }
}

/* Reads come first until half of the room for writes is used or a write has waited long; once the bus has turned,
 * all complete writes go. */
static int write_first(struct quin_dram *d)
{
    return d->write.count && (!d->read.count || d->last_write || d->write.count > d->p.outstanding / 2 ||
                              d->now > queue_at(&d->write, 0)->earliest + WRITE_PATIENCE);
}

static void serve(struct quin_dram *d, struct quin_dram_axi *x)
{
    if (write_first(d)) {
        serve_write(d);
    } else if (d->read.count && !x->r_valid) {
        if (!held_back(d))
            serve_read(d, x);
    } else if (d->write.count) {
        serve_write(d);
    }
}

void quin_dram_tick(struct quin_dram *d, struct quin_dram_axi *x)
{
    d->now++;
    d->stats.cycles++;
    d->stats.busy_cycles += d->read.count || d->fill.count || d->write.count || x->r_valid;
    d->stats.master_stalls += x->r_valid && !x->r_ready;
    accept_data(d, x);
    accept_bursts(d, x);
    if (x->r_valid && x->r_ready)
        x->r_valid = 0;
    if (x->b_valid && x->b_ready)
        x->b_valid = 0;
    refresh(d);
    look_ahead(d, &d->read);
    look_ahead(d, &d->write);
    if (!d->silent) {
        serve(d, x);
        if (!x->b_valid && d->answer.count && !held_back(d)) {
            struct burst *b = queue_at(&d->answer, 0);
            x->b_valid = 1;
            x->b_id = b->id;
            x->b_resp = b->resp;
            queue_take(&d->answer, 0);
        }
    }
    uint32_t writes = d->fill.count + d->write.count + d->answer.count;
    x->ar_ready = d->read.count < d->p.outstanding && !held_back(d);
    x->aw_ready = writes < d->p.outstanding && !held_back(d);
    x->w_ready = d->fill.count && !held_back(d);
}
