/* SPDX-License-Identifier: Apache-2.0
 *
 * A run as a timeline: a file of trace events (JSON) that ui.perfetto.dev and chrome://tracing open. A track
 * for each unit with a slice for each command, and tracks of the share of cycles in which the stream
 * delivered and the array waited.
 */
#ifndef QUIN_TIMELINE_H
#define QUIN_TIMELINE_H

#include <stdint.h>

#include "contract.h"
#include "quin_err.h"

struct quin_timeline;

enum {
    QUIN_TIMELINE_CYCLE_NS = 10, /* a cycle at 100 MHz */
    QUIN_TIMELINE_PERIOD = 256   /* cycles of a sample of the counters, for a device that is asked for them */
};

/* Begins the file; events go out as they come. At most `most_bytes` are written, 0: 256 MiB; what happens
 * later is left out, and the file says from which cycle on. Errors: IO, MEMORY. */
enum quin_err quin_timeline_open(const char *path, const char *config, uint64_t most_bytes,
                                 struct quin_timeline **out, struct quin_msg *msg);

/* General register i when the command was dispatched. */
typedef uint64_t quin_timeline_greg(const void *user, uint32_t i);
/* What command number `index` of the run does, for the slice that comes when it retires. */
void quin_timeline_command(struct quin_timeline *t, uint32_t index, const struct quin_cmd *cmd,
                           quin_timeline_greg *greg, const void *user);
/* A command retired in cycle `cycle`. */
void quin_timeline_retired(struct quin_timeline *t, uint64_t cycle, uint32_t unit,
                           const struct quin_retire *record);
/* The device's counters [QUIN_COUNTERS] at a cycle, by index of counters.def. */
void quin_timeline_counters(struct quin_timeline *t, uint64_t cycle, const uint64_t *counters);

/* IO if something could not be written: the rest of the run need not be waited for. */
enum quin_err quin_timeline_check(const struct quin_timeline *t, struct quin_msg *msg);
/* Ends the file and frees t, which may be NULL. */
enum quin_err quin_timeline_close(struct quin_timeline *t, struct quin_msg *msg);

#endif
