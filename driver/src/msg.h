/* SPDX-License-Identifier: Apache-2.0 */
/* Fills in the message of a failing function. */
#ifndef QUIN_MSG_H
#define QUIN_MSG_H

#include "quin_err.h"

/* Writes the formatted text to m (may be NULL) and returns e, so that a caller can write
 * `return quin_msg_set(msg, QUIN_ERR_FORMAT, "...", ...);`. Text that does not fit is cut; control
 * characters, which may come from a hostile file, become '?' so that they never reach a terminal. */
enum quin_err quin_msg_set(struct quin_msg *m, enum quin_err e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Limits how much of a string of a file goes into a message: the precision for "%.*s". */
int quin_msg_clip(unsigned long long len);

#endif
